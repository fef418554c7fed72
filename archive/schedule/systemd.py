"""Units of systemd in place of a crontab: a service and a timer for each job."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from archive.cli import exit_codes
from archive.errors import ScheduleError
from archive.schedule.jobs import Job

MADE_BY = "# Made by `taz-archive schedule --systemd`, which puts it anew, or takes it out with --remove."
SERVICE = """\
{made_by}
[Unit]
Description=taz-archive {name} {archive}
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
{settings}
ExecStart={command}
# Some pages failed, or another run goes on: nothing for a person to do.
SuccessExitStatus={well}
"""
TIMER = """\
{made_by}
[Unit]
Description=taz-archive {name} {archive}

[Timer]
OnCalendar={calendar}
Persistent=true

[Install]
WantedBy=timers.target
"""
WELL = (exit_codes.SOME_FAILED, exit_codes.BUSY)


def units(archive: Path, jobs: Sequence[Job]) -> dict[str, str]:
    """Files by their names. Raises :exc:`ScheduleError` for what no unit can hold."""
    files = {}
    for at, job in enumerate(jobs):
        unit = f"{_name(archive)}-{at + 1}-{job.name}"
        told = {"made_by": MADE_BY, "name": job.name, "archive": escaped(str(archive))}
        settings = "\n".join(_settings(job))
        command = " ".join(map(quoted, job.words))
        well = " ".join(map(str, WELL))
        files[f"{unit}.service"] = SERVICE.format(settings=settings, command=command, well=well, **told)
        files[f"{unit}.timer"] = TIMER.format(calendar=job.rhythm.calendar, **told)
    return files


def _name(archive: Path) -> str:
    """One per archive, such as a unit may have."""
    slug = re.sub(r"[^a-z0-9]+", "-", archive.stem.lower()).strip("-")
    return f"taz-archive-{slug}-{sha256(os.fsencode(archive)).hexdigest()[:6]}"


def _settings(job: Job) -> Iterator[str]:
    if job.folder:
        yield f"WorkingDirectory={escaped(str(job.folder))}"
    for name, value in job.environment.items():
        yield f"Environment={quoted(f'{name}={value}', command=False)}"


def quoted(word: str, *, command: bool = True) -> str:
    """A word as ``ExecStart`` takes it (systemd.service(5), "Command lines"), or ``Environment``."""
    text = escaped(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text.replace("$", "$$") if command else text}"'


def escaped(text: str) -> str:
    """% begins a specifier everywhere in a unit."""
    if "\n" in text or "\r" in text:
        raise ScheduleError(f"{text!r}: a unit cannot hold a line break")
    return text.replace("%", "%%")


def folder() -> Path:
    """Where the user's units are; root's are the system's."""
    if os.geteuid() == 0:
        return Path("/etc/systemd/system")
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "systemd" / "user"


def install(archive: Path, files: dict[str, str]) -> bool:
    """Write the units and start their timers; whether that changed anything. Raises :exc:`OSError`."""
    known = _ours(archive)
    if {path.name: path.read_text(encoding="utf-8") for path in known} == files:
        return False
    remove(archive)
    folder().mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        beside = folder() / f".{name}.new"
        beside.write_text(text, encoding="utf-8")
        beside.replace(folder() / name)
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", *(name for name in files if name.endswith(".timer")))
    return True


def remove(archive: Path) -> bool:
    """Stop the timers and take the units out; whether there were any."""
    known = _ours(archive)
    if timers := [path.name for path in known if path.suffix == ".timer"]:
        _systemctl("disable", "--now", *timers)
    for path in known:
        path.unlink()
    if known:
        _systemctl("daemon-reload")
    return bool(known)


def _ours(archive: Path) -> list[Path]:
    """The archive's units; a file of such a name that somebody else made is not touched."""
    found = sorted(folder().glob(f"{_name(archive)}-*"))
    return [path for path in found if path.read_text(encoding="utf-8").startswith(MADE_BY)]


def _systemctl(*words: str) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise ScheduleError("no systemctl is here; the units are written to be started where there is one")
    user = [] if os.geteuid() == 0 else ["--user"]
    done = subprocess.run([program, *user, *words], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise ScheduleError(f"systemctl {' '.join([*user, *words])}: {said}")
