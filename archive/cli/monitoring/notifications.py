"""Notifications that an archive became unhealthy or healthy again, sent once per change."""

import os
import subprocess
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import click

from archive.cli.default_archive import ARCHIVE_VARIABLE
from archive.cli.monitoring.notification_targets import STDOUT, WEB_SCHEMES, scheme_of
from archive.cli.monitoring.notified_problems import NotifiedProblems, digest
from archive.cli.output.health import Checkup, state_of

SERVER_TIMEOUT_SECONDS = 15.0  # from name lookup to the end of the response
COMMAND_TIMEOUT_SECONDS = 120.0
_MAX_RESPONSE_BYTES = 4096  # that are read of a server's response


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
    kinds = {digest(problem.kind) for problem in checkup.found}
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
    if scheme_of(target) in WEB_SCHEMES:
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
    request = Request(parts.geturl(), data=checkup.report.encode())  # noqa: S310 - only WEB_SCHEMES
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
        with urlopen(request, timeout=timeout) as response:  # noqa: S310 - only WEB_SCHEMES
            response.read(_MAX_RESPONSE_BYTES)
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
