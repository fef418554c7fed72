"""The user's crontab, of which only the block between our own marks is changed."""

import fcntl
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.errors import ScheduleError
from archive.schedule.jobs import ScheduledJob

OPENING_MARK, CLOSING_MARK = "# >>> taz-archive {} >>>", "# <<< taz-archive {} <<<"
_COMMENT = "# By `taz-archive schedule`: repeat it to change this block, with --remove to delete it."
# Jobs print UTF-8. Without this, cron labels its mails with the charset of its locale, or as US-ASCII.
# busybox's crond ignores the line.
_CONTENT_TYPE = 'CONTENT_TYPE="text/plain; charset=UTF-8"'
# cron reads % as a newline; Debian's cron and cronie can escape it, busybox cannot.
_PERCENT = "\"$(printf '\\045')\""
# Messages for a user without a crontab: of Debian's cron and cronie, and of busybox.
_NO_CRONTAB = ("no crontab for", "can't open")


def line(job: ScheduledJob) -> str:
    """Return a job as a crontab line. Raise :exc:`ScheduleError` for a line break in it."""
    setting = [f"{name}={quoted(value)}" for name, value in job.environment.items()]
    command = " ".join([*(["env", *setting] if setting else []), *map(quoted, job.words)])
    folder = f"cd {quoted(str(job.folder))} && " if job.folder else ""
    # Without exec the shell would print "Killed" for a killed run, and cron would mail it.
    return f"{job.rhythm.crontab} {folder}exec {command}"


def quoted(word: str) -> str:
    """Quote a word for cron, and for the shell that cron starts."""
    if "\n" in word or "\r" in word:
        raise ScheduleError(f"{word!r}: a crontab cannot hold a line break")
    parts = word.split("%")
    return _PERCENT.join(shlex.quote(part) if part or len(parts) == 1 else "" for part in parts)


def block(archive: Path, jobs: Sequence[ScheduledJob]) -> list[str]:
    """Return the lines of an archive's block, with its marks."""
    return [
        OPENING_MARK.format(archive),
        _COMMENT,
        _CONTENT_TYPE,
        *map(line, jobs),
        CLOSING_MARK.format(archive),
    ]


def with_block(crontab: str, archive: Path, lines: Sequence[str]) -> str:
    """Return a crontab with ``lines`` in place of the archive's block; without lines, without the block.

    Other lines are not changed. Raise :exc:`ScheduleError` if one of the block's marks is missing.
    """
    marks = OPENING_MARK.format(archive), CLOSING_MARK.format(archive)
    kept = crontab.splitlines(keepends=True)
    found = [at for at, text in enumerate(kept) if text.rstrip("\r\n") in marks]
    if found:
        if [kept[at].rstrip("\r\n") for at in found] != list(marks):
            raise ScheduleError(
                f"the crontab has half a block of {archive}; delete the rest of it with `crontab -e`"
            )
        kept[found[0] : found[1] + 1] = [f"{text}\n" for text in lines]
        return "".join(kept)
    if lines and kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    return "".join([*kept, *(f"{text}\n" for text in lines)])


def change(archive: Path, lines: Sequence[str]) -> bool:
    """Install the block, or remove it if there are no lines. Return whether the crontab changed."""
    with _locked():
        before = read()
        after = with_block(before, archive, lines)
        if after == before:
            return False
        write(after)
        if read() != after:
            raise ScheduleError(
                "the crontab program accepted the new crontab but shows another; see `crontab -l`"
            )
    return True


@contextmanager
def _locked() -> Iterator[None]:
    """Keep other ``schedule`` commands of this user from changing the crontab at the same time.

    The lock is on the home directory, so that no file is needed. On file systems without locks it is skipped.
    """
    try:
        home = os.open(Path.home(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, RuntimeError):  # this user has no home directory
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(home, fcntl.LOCK_EX)
        yield
    finally:
        os.close(home)


def read() -> str:
    """Return the user's crontab, or an empty string. Bytes that are not UTF-8 are preserved."""
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "surrogateescape")
    message = _message(done)
    if any(words in message for words in _NO_CRONTAB) and "denied" not in message:
        return ""
    raise ScheduleError(f"the crontab cannot be read: {message}")


def write(text: str) -> None:
    """Replace the user's crontab, or remove it if ``text`` is blank."""
    encoded = text.encode("utf-8", "surrogateescape")
    done = _crontab("-", encoded) if text.strip() else _crontab("-r")
    if done.returncode:
        raise ScheduleError(f"the crontab cannot be changed: {_message(done)}")


def _crontab(option: str, text: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    environment = {**os.environ, "LC_ALL": "C"}  # since its messages are parsed
    try:
        return subprocess.run(  # noqa: S603 - one of three options
            ["crontab", option],  # noqa: S607 - wherever the system has it
            input=text,
            env=environment,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise ScheduleError(
            f"cannot start crontab ({error.strerror}); install cron, or use --systemd"
        ) from error


def _message(done: "subprocess.CompletedProcess[bytes]") -> str:
    words = done.stderr.decode("utf-8", "replace").split()
    return " ".join(words) or f"crontab exited with {done.returncode}"
