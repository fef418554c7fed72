"""Debian's cron, run as the system runs it but isolated from it.

It has its own spool and ``sendmail`` (in a mount namespace), and a clock that runs faster
(libfaketime; a minute in some seconds). The jobs it starts see the true clock. It takes root.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from tests.support import ROOT
from tests.support.running.crawls import Done, wait_for
from tests.support.running.time_limit import LONGEST

SPEED = int(os.environ.get("CRON_SPEED", "10"))  # CRON_SPEED=1 is real time
DISK = "150m"
PROGRAMS = ("cron", "crontab", "unshare", "nsenter", "faketime")
FAKETIME = "faketime/libfaketime.so.1"
START = """\
set -e
mount --bind spool /var/spool/cron/crontabs
mount --bind sbin /usr/sbin
mount --bind run /run
mount --bind cron.d /etc/cron.d
mount --bind crontab /etc/crontab
export LD_PRELOAD=$1 FAKETIME="+0 x$2" NO_FAKE_STAT=1 DONT_FAKE_MONOTONIC=1
exec /usr/sbin/cron -f
"""
SENDMAIL = """\
#!/bin/sh
cat > {folder}/.mail && mv {folder}/.mail {folder}/mails/$(date +%s%N)
"""


def missing() -> str | None:
    """Return why cron cannot run here."""
    lacking = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if lacking:
        return f"no {', '.join(lacking)}"
    return None if os.geteuid() == 0 else "only root can have a cron of its own"


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Cron:
    """A running cron whose files are in ``folder``."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    @property
    def disk(self) -> Path:
        """The small disk of this cron."""
        return self.folder / "disk"

    def run(self, *words: str) -> Done:
        """Run a command that sees this cron's crontab."""
        inside = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", "--", *words]
        # A clone in the system's temporary folder is to be one that stays.
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.folder / "tmp")}
        return subprocess.run(inside, capture_output=True, text=True, timeout=LONGEST, check=False, env=env)

    def is_reminded(self) -> bool:
        """Make cron read its crontabs again, even one of the second it last looked. Return True."""
        os.utime(self.folder / "spool")
        return True

    def mails(self) -> list[tuple[str, str]]:
        """Return all mails so far as pairs of subject and text."""
        found = sorted((self.folder / "mails").iterdir())
        return [_mail(path.read_bytes()) for path in found]


def _mail(text: bytes) -> tuple[str, str]:
    """Return subject and text as a mail program shows them, decoded by the charset in the header."""
    message = message_from_bytes(text, policy=policy.default)
    return str(message["Subject"]), str(message.get_content())


@contextmanager
def cron_running(folder: Path) -> Iterator[Cron]:
    """Run a cron with an empty crontab until the block ends."""
    for name in ("spool", "sbin", "run", "cron.d", "disk", "mails"):
        (folder / name).mkdir(parents=True)
    (folder / "crontab").touch()
    shutil.chown(folder / "spool", group="crontab")
    (folder / "spool").chmod(0o1730)
    shutil.copy(str(shutil.which("cron", path=_path())), folder / "sbin")
    sendmail = folder / "sbin" / "sendmail"
    sendmail.write_text(SENDMAIL.format(folder=folder))
    sendmail.chmod(0o755)
    [library, *_] = Path("/usr/lib").glob(f"*/{FAKETIME}")
    words = ["unshare", "--mount", "--propagation", "private"]
    words += ["sh", "-c", START, "cron", str(library), str(SPEED)]
    with small_disk(folder / "disk"), subprocess.Popen(words, cwd=folder, env=_environment()) as process:
        try:
            wait_for((folder / "run" / "crond.pid").exists, "cron")
            time.sleep(1.1)  # what is installed in the second that it looks for crontabs in, it never sees
            yield Cron(process, folder)
        finally:
            process.terminate()


def _environment() -> dict[str, str]:
    """Return a daemon's environment: without a locale, so that cron takes output for US-ASCII."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("LANG", "LC_"))}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small disk while the block runs."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def kill_job(words: Sequence[str]) -> None:
    """Kill the first Python process that was started with these words."""
    found = [number for number, said in _processes() if set(words) <= set(said) and _is_python(said)]
    os.kill(min(found), signal.SIGKILL)


def _is_python(words: Sequence[str]) -> bool:
    return "python" in Path(words[0]).name


def _processes() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                said = (entry / "cmdline").read_bytes()
            except OSError:  # gone
                continue
            yield int(entry.name), said.decode("utf-8", "replace").split("\0")


def fill(path: Path, *, but: int) -> None:
    """Let a file grow until only so many bytes are free on its disk."""
    with path.open("wb") as file:
        free = shutil.disk_usage(path.parent).free
        os.posix_fallocate(file.fileno(), 0, free - but)


def await_it(claim: Callable[[], bool], what: str) -> None:
    """Wait for something that takes some of cron's minutes, longer on a busy machine."""
    wait_for(claim, what, longest=LONGEST + 10 * 60 / SPEED)


def pause(minutes: float) -> None:
    """Sleep for so many of cron's minutes."""
    time.sleep(60 * minutes / SPEED)
