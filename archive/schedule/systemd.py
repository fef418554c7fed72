"""Systemd units instead of a crontab: a service and a timer for each job."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from archive.cli import exit_codes
from archive.errors import ScheduleError
from archive.schedule.jobs import ScheduledJob

_COMMENT = "# By `taz-archive schedule --systemd`: repeat it to change this unit, with --remove to delete it."
_SERVICE = """\
{comment}
[Unit]
Description=taz-archive {name} {archive}
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
{settings}
ExecStart={command}
# Some pages failed, or another run holds the lock: no action needed.
SuccessExitStatus={success}
"""
_TIMER = """\
{comment}
[Unit]
Description=taz-archive {name} {archive}

[Timer]
OnCalendar={calendar}
Persistent=true

[Install]
WantedBy=timers.target
"""
_SUCCESS = (exit_codes.SOME_FAILED, exit_codes.BUSY)


def units(archive: Path, jobs: Sequence[ScheduledJob]) -> dict[str, str]:
    """Return units, names mapped to contents. Raise :exc:`ScheduleError` for a line break in a word."""
    files = {}
    for at, job in enumerate(jobs):
        unit = f"{_name(archive)}-{at + 1}-{job.name}"
        common = {"comment": _COMMENT, "name": job.name, "archive": escaped(str(archive))}
        settings = "\n".join(_settings(job))
        command = " ".join(map(quoted, job.words))
        success = " ".join(map(str, _SUCCESS))
        files[f"{unit}.service"] = _SERVICE.format(
            settings=settings, command=command, success=success, **common
        )
        files[f"{unit}.timer"] = _TIMER.format(calendar=job.rhythm.calendar, **common)
    return files


def _name(archive: Path) -> str:
    """Return a unit name that is unique to an archive."""
    slug = re.sub(r"[^a-z0-9]+", "-", archive.stem.lower()).strip("-")
    return f"taz-archive-{slug}-{sha256(os.fsencode(archive)).hexdigest()[:6]}"


def _settings(job: ScheduledJob) -> Iterator[str]:
    if job.folder:
        yield f"WorkingDirectory={escaped(str(job.folder))}"
    for name, value in job.environment.items():
        yield f"Environment={quoted(f'{name}={value}', command=False)}"


def quoted(word: str, *, command: bool = True) -> str:
    """Quote a word for ``ExecStart`` (systemd.service(5), "Command lines"), or for ``Environment``."""
    text = escaped(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text.replace("$", "$$") if command else text}"'


def escaped(text: str) -> str:
    """Escape %, which begins a specifier everywhere in a unit."""
    if "\n" in text or "\r" in text:
        raise ScheduleError(f"{text!r}: a unit cannot hold a line break")
    return text.replace("%", "%%")


def folder() -> Path:
    """Return the folder of the user's units; root's are the system's."""
    if os.geteuid() == 0:
        return Path("/etc/systemd/system")
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "systemd" / "user"


def install(archive: Path, files: dict[str, str]) -> bool:
    """Write the units and start their timers. Return whether any changed. Raise :exc:`OSError`."""
    known = _ours(archive)
    if {path.name: path.read_text(encoding="utf-8") for path in known} == files:
        return False
    remove(archive)
    folder().mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        unfinished = folder() / f".{name}.new"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(folder() / name)
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", *(name for name in files if name.endswith(".timer")))
    return True


def remove(archive: Path) -> bool:
    """Stop the timers and delete the units. Return whether there were any."""
    known = _ours(archive)
    if timers := [path.name for path in known if path.suffix == ".timer"]:
        _systemctl("disable", "--now", *timers)
    for path in known:
        path.unlink()
    if known:
        _systemctl("daemon-reload")
    return bool(known)


def _ours(archive: Path) -> list[Path]:
    """Return the archive's units, without files that have such a name but not our comment."""
    found = sorted(folder().glob(f"{_name(archive)}-*"))
    return [path for path in found if path.read_text(encoding="utf-8").startswith(_COMMENT)]


def _systemctl(*words: str) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise ScheduleError("cannot start systemctl: not found; run the command on a machine with systemd")
    user = [] if os.geteuid() == 0 else ["--user"]
    done = subprocess.run([program, *user, *words], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        message = " ".join(done.stderr.split()) or f"exited with {done.returncode}"
        raise ScheduleError(f"systemctl {' '.join([*user, *words])}: {message}")
