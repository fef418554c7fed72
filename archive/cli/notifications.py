"""Telling somebody that an archive became unhealthy, or is well again: once, not at each look."""

import fcntl
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import click

from archive.cli.output.health_report import Checkup

STDOUT = "-"
WEB = ("http", "https")
SCHEME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+.-]*):\S")  # no shell command begins like that
PATIENCE = 15.0  # seconds that a server may take, from its name to the end of its answer
LONGEST = 120.0  # seconds that a command may take
MOST_HELD = 4096  # bytes of a file that holds a URL or a command
ROOM = 4096  # bytes of the memory, taken when it is made, so that it can be written on a full disk too


class Addressee(click.ParamType[str]):
    """Whom to notify: an http or https URL, a shell command, ``-`` for stdout, or ``@FILE`` that holds one.

    A file keeps what is secret out of crontabs, units and lists of processes.
    """

    name = "addressee"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text.startswith("@"):
            text = self._held_in(Path(text[1:]).expanduser(), param, ctx)
        if not text.strip():
            self.fail("empty: use an http or https URL, a shell command, or -", param, ctx)
        scheme = scheme_of(text)
        if scheme and scheme not in WEB:
            self.fail(f"{scheme} URLs are not supported: use http or https, or a shell command", param, ctx)
        if scheme and not _is_complete(text):  # not repeated, as it may hold a secret
            self.fail(
                "invalid URL: use http://HOST/PATH or https://HOST/PATH, without a password", param, ctx
            )
        return text

    def _held_in(self, file: Path, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return what a file holds; no error repeats it."""
        if not file.is_absolute():
            self.fail(f"@{file} is relative: give the whole path, as cron starts elsewhere", param, ctx)
        try:
            with file.open("rb") as opened:
                held = opened.read(MOST_HELD + 1)
            if len(held) > MOST_HELD:
                self.fail(f"{file}: is longer than {MOST_HELD:,} bytes", param, ctx)
            return held.decode().strip()
        except OSError as error:
            self.fail(f"{file}: cannot be read: {error.strerror}", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"{file}: is not UTF-8 text", param, ctx)


def scheme_of(text: str) -> str | None:
    """Return the scheme of a URL, None for what is none."""
    match = SCHEME.match(text)
    return match["name"].lower() if match else None


def _is_complete(url: str) -> bool:
    """Whether a URL has a host, a port that can be, no user name, and nothing that must be escaped."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and _is_escaped(url)
    except ValueError:
        return False


def _is_escaped(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


class Memory:
    """What each addressee was told last, in ``taz.db.told``; by digests, as an address may be a secret.

    The file is no part of the archive: a look at that needs no lock, nor room on the disk.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        try:
            known = json.loads(os.pread(handle, 16 * ROOM, 0))
        except ValueError:  # new, or broken by whomsoever
            known = {}
        self._known: dict[str, list[str]] = known if isinstance(known, dict) else {}

    @classmethod
    @contextmanager
    def of(cls, archive: Path) -> Iterator["Memory"]:
        """Open and lock the memory of an archive, for moments only: other looks wait for it.

        Raises :exc:`OSError` where no file can be made, or a link is in its place.
        """
        real = archive.resolve()
        path = real.with_name(f"{real.name}.told")
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield cls(handle)
        finally:
            os.close(handle)

    def told(self, to: str) -> set[str]:
        """What was last told, and is not over; as :meth:`remember` knows it."""
        return set(self._known.get(_digest(to), []))

    def remember(self, to: str, kinds: set[str]) -> None:
        """Raises :exc:`OSError`."""
        self._known[_digest(to)] = sorted(kinds)
        text = json.dumps(self._known).encode()
        os.pwrite(self._handle, text.ljust(ROOM), 0)
        os.ftruncate(self._handle, max(len(text), ROOM))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def notify(checkup: Checkup, to: str, *, patience: float = PATIENCE, longest: float = LONGEST) -> str | None:
    """Notify ``to`` of what has changed since its last notification; return what prevented that, or None.

    A notification that failed is repeated by the next check. A server has ``patience`` seconds to answer, a
    command ``longest`` seconds to end. No lock is held meanwhile, so two checks at the same moment may both
    notify. Raises :exc:`OSError` if the last notification can be neither read nor written.
    """
    kinds = {_digest(ailment.kind) for ailment in checkup.found}
    with Memory.of(checkup.path) as memory:
        known = memory.told(to)
    worse, recovered = bool(kinds - known), bool(known) and not kinds
    problem = _tell(checkup, to, patience, longest) if worse or recovered else None
    if not problem:
        with Memory.of(checkup.path) as memory:
            memory.remember(to, kinds)
    return problem


def _tell(checkup: Checkup, to: str, patience: float, longest: float) -> str | None:
    if to == STDOUT:
        click.echo(checkup.report)
        return None
    return _ping(checkup, to, patience) if scheme_of(to) in WEB else _run(checkup, to, longest)


def _ping(checkup: Checkup, url: str, patience: float) -> str | None:
    """As healthchecks has it: the URL itself says that all is well, ``/fail`` after it that it is not.

    A thread posts, since a timeout of a socket bounds each of its steps and not the whole; one that a server
    still holds after ``patience`` seconds ends with the process.
    """
    parts = urlsplit(url)
    if checkup.found:
        parts = parts._replace(path=parts.path.rstrip("/") + "/fail")
    request = Request(parts.geturl(), data=checkup.report.encode())  # noqa: S310 - one of WEB alone
    ended: SimpleQueue[str | None] = SimpleQueue()
    Thread(target=lambda: ended.put(_posted(request, patience)), name="notify", daemon=True).start()
    try:
        problem = ended.get(timeout=patience)
    except Empty:
        problem = _no_answer(patience)
    return problem and f"{parts.hostname} could not be told: {problem}"  # the rest of the URL may be a secret


def _posted(request: Request, patience: float) -> str | None:
    """Post; return what failed, None if nothing did."""
    try:
        with urlopen(request, timeout=patience) as answer:  # noqa: S310 - one of WEB alone
            answer.read(ROOM)
    except (OSError, HTTPException, ValueError) as error:
        return _reason(error, patience)
    return None


def _reason(error: Exception, patience: float) -> str:
    """Return what kept a server from being told, without words of the server's or of the URL."""
    if isinstance(error, HTTPError):
        return f"HTTP {error.code}"
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return _no_answer(patience)
    return (isinstance(cause, OSError) and cause.strerror) or type(cause).__name__


def _no_answer(patience: float) -> str:
    return f"no answer within {patience:.0f} s"


def _run(checkup: Checkup, command: str, longest: float) -> str | None:
    """A shell command, which gets the report on its stdin. What it prints is printed."""
    state = "unhealthy" if checkup.found else "well"
    environment = {**os.environ, "TAZ_ARCHIVE": str(checkup.path.absolute()), "TAZ_ARCHIVE_STATE": state}
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, as cron would run it
            ["/bin/sh", "-c", command],
            input=f"{checkup.report}\n".encode(),
            env=environment,
            timeout=longest,
            check=False,
        )
    except OSError as error:
        return f"the command of --notify failed: {error.strerror}"
    except subprocess.TimeoutExpired:  # whose own words repeat the command, which may hold a secret
        return f"the command of --notify did not end within {longest:.0f} s"
    return f"the command of --notify ended with {done.returncode}" if done.returncode else None
