"""How a crawl is attended: by somebody at a terminal, by cron, by a monitor. All the same to the run."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.cli import exit_codes
from archive.cli.log_files import note
from archive.cli.monitors import Monitors
from archive.cli.output.health_report import check_up
from archive.cli.output.progress import complain
from archive.errors import ArchiveBusy, StoreError
from archive.policy.health import Tolerance


@dataclass(frozen=True, slots=True)
class Attendance:
    """Whom to tell of a crawl of ``archive``, and how much."""

    archive: Path
    monitors: Monitors
    verbose: int = 0
    quiet: bool = False


def attended(attendance: Attendance, crawl: Callable[[], int]) -> int:
    """Crawl, then look how the archive does and tell whoever wants to know. The exit code.

    Raises what ended the crawl, unless it is to be quiet about that.
    """
    try:
        code = crawl()
    except ArchiveBusy as error:
        note(logging.INFO, str(error))
        if attendance.quiet:  # nothing for a person to do; a run that hangs is told by its silence
            return exit_codes.BUSY
        raise
    except StoreError as error:
        note(logging.ERROR, str(error))
        if _look(attendance, failure=error) and attendance.quiet and attendance.monitors.prints:
            return exit_codes.code_for(error)
        raise
    _look(attendance)
    note(logging.INFO, f"ends with {code}: {exit_codes.MEANINGS[code]}", exit=code)
    return code


def _look(attendance: Attendance, *, failure: StoreError | None = None) -> bool:
    """Whether all of them were told."""
    if attendance.monitors == Monitors():
        return False
    now = datetime.now(UTC)
    checkup = check_up(attendance.archive, now=now, tolerance=Tolerance(), failure=failure)
    problems = attendance.monitors.tell(checkup)
    for problem in problems if not attendance.quiet else []:
        complain(problem)
    return not problems
