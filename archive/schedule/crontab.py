"""The user's crontab: our own marked block in it, and nothing else of it, is ours to change."""

import fcntl
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.errors import ScheduleError
from archive.schedule.jobs import Job

OPENING, CLOSING = "# >>> taz-archive {} >>>", "# <<< taz-archive {} <<<"
MADE_BY = "# Made by `taz-archive schedule`, which puts it anew, or takes it out with --remove."
# What jobs print is UTF-8; without this, cron labels its mails with the charset of its own locale, if it has
# one, and else as US-ASCII. busybox's crond skips the line.
CONTENT_TYPE = 'CONTENT_TYPE="text/plain; charset=UTF-8"'
# To cron % is a newline; how to say that it is none, Debian's and cronie know, and busybox does not.
PERCENT = "\"$(printf '\\045')\""
# What a crontab program says of a user who has none: Debian's, cronie's; busybox's.
NONE_YET = ("no crontab for", "can't open")


def line(job: Job) -> str:
    """A job as a line of a crontab. Raises :exc:`ScheduleError` for what no crontab can hold."""
    setting = [f"{name}={quoted(value)}" for name, value in job.environment.items()]
    command = " ".join([*(["env", *setting] if setting else []), *map(quoted, job.words)])
    folder = f"cd {quoted(str(job.folder))} && " if job.folder else ""
    # A shell that waits would print "Killed" of a run that is, which cron would mail.
    return f"{job.rhythm.crontab} {folder}exec {command}"


def quoted(word: str) -> str:
    """A word as it is to sh, and to cron before that."""
    if "\n" in word or "\r" in word:
        raise ScheduleError(f"{word!r}: a crontab cannot hold a line break")
    parts = word.split("%")
    return PERCENT.join(shlex.quote(part) if part or len(parts) == 1 else "" for part in parts)


def block(archive: Path, jobs: Sequence[Job]) -> list[str]:
    """The lines between, and with, our marks."""
    return [OPENING.format(archive), MADE_BY, CONTENT_TYPE, *map(line, jobs), CLOSING.format(archive)]


def with_block(crontab: str, archive: Path, lines: Sequence[str]) -> str:
    """A crontab with these lines in place of the archive's block; of none, without it.

    All other lines stay as they are. Raises :exc:`ScheduleError` if somebody has torn our block.
    """
    marks = OPENING.format(archive), CLOSING.format(archive)
    kept = crontab.splitlines(keepends=True)
    found = [at for at, text in enumerate(kept) if text.rstrip("\r\n") in marks]
    if found:
        if [kept[at].rstrip("\r\n") for at in found] != list(marks):
            raise ScheduleError(f"the crontab has half a block of {archive}: mend it by hand, `crontab -e`")
        kept[found[0] : found[1] + 1] = [f"{text}\n" for text in lines]
        return "".join(kept)
    if lines and kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    return "".join([*kept, *(f"{text}\n" for text in lines)])


def change(archive: Path, lines: Sequence[str]) -> bool:
    """Put the block into the user's crontab, or with no lines take it out; whether that changed anything."""
    with _alone():
        before = read()
        after = with_block(before, archive, lines)
        if after == before:
            return False
        write(after)
        if read() != after:
            raise ScheduleError(
                "the crontab program took the new crontab, but shows another; see `crontab -l`"
            )
    return True


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other ``schedule`` of this user is between reading the crontab and writing it.

    The lock is on the home directory, which needs no file of ours; what cannot be locked, as on some network
    file systems, is changed without.
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
    """The user's crontab, empty if there is none. Bytes that are no UTF-8 stay what they are."""
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "surrogateescape")
    said = _said(done)
    if any(words in said for words in NONE_YET) and "denied" not in said:
        return ""
    raise ScheduleError(f"the crontab cannot be read: {said}")


def write(text: str) -> None:
    """Replace the user's crontab; one in which nothing is left is removed."""
    encoded = text.encode("utf-8", "surrogateescape")
    done = _crontab("-", encoded) if text.strip() else _crontab("-r")
    if done.returncode:
        raise ScheduleError(f"the crontab cannot be changed: {_said(done)}")


def _crontab(option: str, text: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    environment = {**os.environ, "LC_ALL": "C"}  # its messages are read
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
            f"no crontab program can be started ({error.strerror}); install cron, or try --systemd"
        ) from error


def _said(done: "subprocess.CompletedProcess[bytes]") -> str:
    words = done.stderr.decode("utf-8", "replace").split()
    return " ".join(words) or f"crontab ended with {done.returncode}"
