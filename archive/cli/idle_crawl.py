"""A crawl that finds nothing due, and has no news for its monitors, without the full program.

Return False on any doubt and change nothing; the full program then does everything.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from archive.cli import exit_codes
from archive.cli.logs.log_lines import MAX_LOG_BYTES, text_line
from archive.cli.monitoring.notification_targets import target
from archive.cli.monitoring.notified_problems import NotifiedProblems, digest
from archive.errors import UnknownTimeZone
from archive.policy.health import TOLERANCE, HealthInputs, find_problems
from archive.shell_commands import command
from archive.store import record_if_idle
from archive.timestamps import stamp

_MAX_LINES_BYTES = 10_000  # of the lines that an idle crawl logs, which contain a path


class ScheduledCrawl(NamedTuple):
    """A quiet crawl with a text log, and targets of notifications as the user wrote them."""

    archive: Path
    source: str
    log: Path | None
    notify: Sequence[str]


def nothing_due(archive: Path) -> str:
    """Return the message that nothing is due."""
    status = command("status", archive)
    return f"Nothing is due. `{status}` shows what is due next; --ignore-schedule fetches all pages now."


def end_if_idle(crawl: ScheduledCrawl) -> bool:
    """Record and log a crawl that finds nothing due. Return whether that was all there was to do."""
    try:
        targets = [target(text) for text in crawl.notify]
    except ValueError:
        return False
    if crawl.log and not _has_room(crawl.log):
        return False
    is_expected = partial(_has_no_news, crawl.archive, targets) if targets else None
    if not record_if_idle(crawl.archive, crawl.source, is_expected):
        return False
    if crawl.log:
        _append(crawl.log, (nothing_due(crawl.archive), exit_codes.ending(exit_codes.DONE)))
    return True


def _has_no_news(archive: Path, targets: Sequence[str], inputs: HealthInputs, now: datetime) -> bool:
    """Return whether every target was last notified of exactly the problems that the archive has now."""
    try:
        kinds = {digest(found.kind) for found in find_problems(inputs, now=now, tolerance=TOLERANCE)}
        with NotifiedProblems.locked(archive, create=False) as notified:
            return all(notified.remembers(to, kinds) for to in targets)
    except (OSError, UnknownTimeZone):  # the problems have times
        return False


def _has_room(log: Path) -> bool:
    """Return whether a log can be written and need not rotate."""
    try:
        found = log.lstat()
    except FileNotFoundError:
        return os.access(log.parent, os.W_OK | os.X_OK)
    except OSError:
        return False
    is_ours = S_ISREG(found.st_mode) and os.access(log, os.R_OK | os.W_OK)
    return is_ours and found.st_size + _MAX_LINES_BYTES < MAX_LOG_BYTES


def _append(log: Path, messages: Sequence[str]) -> None:
    """Append to a log. Print no error, since only a quiet crawl ends here."""
    now = stamp(datetime.now(UTC))
    lines = [f"{text_line(now, 'INFO', message)}\n" for message in messages]
    with suppress(OSError), log.open("a", encoding="utf-8", errors="replace") as file:
        file.writelines(lines)
