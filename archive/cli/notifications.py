"""Notifications that an archive became unhealthy or healthy again, sent once per change."""

import fcntl
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
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

from archive.cli.default_archive import ARCHIVE_VARIABLE
from archive.cli.output.health import Checkup, state_of

STDOUT = "-"
_WEB_SCHEMES = ("http", "https")
_SCHEME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+.-]*):\S")  # no shell command starts like this
SERVER_TIMEOUT_SECONDS = 15.0  # from name lookup to the end of the response
COMMAND_TIMEOUT_SECONDS = 120.0
_MAX_TARGET_BYTES = 4096  # of a file that holds a target
_RESERVED_BYTES = 4096  # of the state file, so that it can be rewritten on a full disk


def target(text: str) -> str:
    """Parse a target: an http or https URL, a shell command, ``-`` for stdout, or ``@FILE`` that holds one.

    A file keeps secrets out of crontabs, units and process lists.
    """
    found = _read_target(Path(text[1:]).expanduser()) if text.startswith("@") else text
    if not found.strip():
        raise ValueError("empty: use an http or https URL, a shell command, or -")
    scheme = scheme_of(found)
    if scheme and scheme not in _WEB_SCHEMES:
        raise ValueError(f"{scheme} URLs are not supported: use http or https, or a shell command")
    if scheme and not _is_complete(found):  # the URL is not printed, since it may hold a secret
        raise ValueError("invalid URL: use http://HOST/PATH or https://HOST/PATH, without a password")
    return found


def _read_target(file: Path) -> str:
    """Return the target in a file. Error messages never contain it."""
    if not file.is_absolute():
        raise ValueError(f"@{file} is relative: use an absolute path, since cron runs elsewhere")
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_TARGET_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    if len(content) > _MAX_TARGET_BYTES:
        raise ValueError(f"{file}: expected at most {_MAX_TARGET_BYTES:,} bytes")
    try:
        return content.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: expected UTF-8 text") from error


def scheme_of(text: str) -> str | None:
    """Return the scheme of a URL in lower case; None for any other text."""
    match = _SCHEME.match(text)
    return match["name"].lower() if match else None


def _is_complete(url: str) -> bool:
    """Return whether a URL has a host, a valid port, no user name, and no unescaped characters."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and _is_escaped(url)
    except ValueError:
        return False


def _is_escaped(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def notified_path(archive: Path) -> Path:
    """Return the state file next to an archive that remembers what each target was notified of."""
    real = archive.resolve()
    return real.with_name(f"{real.name}.notified")


class NotifiedProblems:
    """The problems that each target was last notified of, by digests, since targets may be secret.

    They are not in the archive, so that a check needs neither its lock nor space on the disk.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        try:
            known = json.loads(os.pread(handle, 16 * _RESERVED_BYTES, 0))
        except ValueError:  # new, or damaged
            known = {}
        self._known: dict[str, list[str]] = known if isinstance(known, dict) else {}

    @classmethod
    @contextmanager
    def locked(cls, archive: Path) -> Iterator["NotifiedProblems"]:
        """Open and lock the state file; other checks wait.

        Raise :exc:`OSError` if it cannot be created, or is a symbolic link.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(notified_path(archive), flags, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield cls(handle)
        finally:
            os.close(handle)

    def problems_of(self, target: str) -> set[str]:
        """Return the digests that :meth:`remember` stored last."""
        return set(self._known.get(_digest(target), []))

    def remember(self, target: str, kinds: Iterable[str]) -> None:
        """Store the digests of the kinds of problems. Raise :exc:`OSError`."""
        self._known[_digest(target)] = sorted(kinds)
        text = json.dumps(self._known).encode()
        os.pwrite(self._handle, text.ljust(_RESERVED_BYTES), 0)
        os.ftruncate(self._handle, max(len(text), _RESERVED_BYTES))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def notify(
    checkup: Checkup,
    target: str,
    *,
    server_timeout: float = SERVER_TIMEOUT_SECONDS,
    command_timeout: float = COMMAND_TIMEOUT_SECONDS,
) -> str | None:
    """Notify a target of what has changed since its last notification; return the problem, if any.

    The next check repeats a notification that failed. Timeouts are in seconds. No lock is held while the
    target is notified, so that two simultaneous checks may both notify. Raise :exc:`OSError` if the state
    file can be neither read nor written.
    """
    kinds = {_digest(problem.kind) for problem in checkup.found}
    with NotifiedProblems.locked(checkup.path) as notified:
        known = notified.problems_of(target)
    has_new, has_recovered = bool(kinds - known), bool(known) and not kinds
    problem = _send(checkup, target, server_timeout, command_timeout) if has_new or has_recovered else None
    if not problem:
        with NotifiedProblems.locked(checkup.path) as notified:
            notified.remember(target, kinds)
    return problem


def _send(checkup: Checkup, target: str, server_timeout: float, command_timeout: float) -> str | None:
    if target == STDOUT:
        click.echo(checkup.report)
        return None
    if scheme_of(target) in _WEB_SCHEMES:
        return _post_within(checkup, target, server_timeout)
    return _run(checkup, target, command_timeout)


def _post_within(checkup: Checkup, url: str, timeout: float) -> str | None:
    """POST to the URL if the archive is healthy, else to ``URL/fail``, as healthchecks.io expects.

    A thread posts, since a socket's timeout bounds each of its steps but not their sum. A thread that is
    still busy after ``timeout`` seconds ends with the process.
    """
    parts = urlsplit(url)
    if checkup.found:
        parts = parts._replace(path=parts.path.rstrip("/") + "/fail")
    request = Request(parts.geturl(), data=checkup.report.encode())  # noqa: S310 - only _WEB_SCHEMES
    ended: SimpleQueue[str | None] = SimpleQueue()
    Thread(target=lambda: ended.put(_post(request, timeout)), name="notify", daemon=True).start()
    try:
        problem = ended.get(timeout=timeout)
    except Empty:
        problem = _no_response(timeout)
    # Only the host is printed, since the rest of the URL may be secret.
    return problem and f"notification to {parts.hostname} failed: {problem}"


def _post(request: Request, timeout: float) -> str | None:
    """Post; return the problem, if any."""
    try:
        with urlopen(request, timeout=timeout) as response:  # noqa: S310 - only _WEB_SCHEMES
            response.read(_RESERVED_BYTES)
    except (OSError, HTTPException, ValueError) as error:
        return _reason(error, timeout)
    return None


def _reason(error: Exception, timeout: float) -> str:
    """Return why a notification failed, without text from the server or the URL."""
    if isinstance(error, HTTPError):
        return f"HTTP {error.code}"
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return _no_response(timeout)
    return (isinstance(cause, OSError) and cause.strerror) or type(cause).__name__


def _no_response(timeout: float) -> str:
    return f"no response within {timeout:.0f} s"


def _run(checkup: Checkup, command: str, timeout: float) -> str | None:
    """Run a shell command with the report on its stdin; its output is printed."""
    path, state = str(checkup.path.absolute()), state_of(checkup)
    environment = {**os.environ, ARCHIVE_VARIABLE: path, "TAZ_ARCHIVE_STATE": state}
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, as cron would run it
            ["/bin/sh", "-c", command],
            input=f"{checkup.report}\n".encode(),
            env=environment,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        return f"the command of --notify failed: {error.strerror}"
    except subprocess.TimeoutExpired:  # its own message repeats the command, which may hold a secret
        return f"the command of --notify did not end within {timeout:.0f} s"
    return f"the command of --notify exited with {done.returncode}" if done.returncode else None
