"""Reporting after a crawl: exit code, monitors, quiet mode for cron."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive.cli import exit_codes
from archive.cli.logs.log_files import note
from archive.cli.monitoring.monitors import Monitors
from archive.cli.output.health import check_up
from archive.cli.output.progress import print_warning
from archive.errors import ArchiveBusy, FrontierError, StoreError
from archive.policy.health import TOLERANCE
from crawler import clock


@dataclass(frozen=True, slots=True)
class Reporting:
    """How a crawl of ``archive`` is reported, and to which monitors."""

    archive: Path
    monitors: Monitors
    verbose: int = 0
    quiet: bool = False


def with_exit_report(reporting: Reporting, crawl: Callable[[], int]) -> int:
    """Crawl, check the archive's health and report it to the monitors; return the exit code.

    Raise the error that ended the crawl, unless ``quiet`` and the error needs no action or was reported.
    """
    try:
        code = crawl()
    except ArchiveBusy as error:
        note(logging.INFO, str(error))
        if reporting.quiet:  # no action needed; a check reports a run that hangs
            return exit_codes.BUSY
        raise
    except FrontierError as error:
        note(logging.ERROR, str(error))
        if _report_health(reporting) and reporting.quiet and reporting.monitors.prints:
            return exit_codes.code_for(error)
        raise
    except StoreError as error:
        note(logging.ERROR, str(error))
        if _report_health(reporting, failure=error) and reporting.quiet and reporting.monitors.prints:
            return exit_codes.code_for(error)
        raise
    _report_health(reporting)
    note(logging.INFO, exit_codes.ending(code), exit=code)
    return code


def _report_health(reporting: Reporting, *, failure: StoreError | None = None) -> bool:
    """Return whether all monitors were reached."""
    if reporting.monitors == Monitors():
        return False
    now = clock.utc_now()
    checkup = check_up(reporting.archive, now=now, tolerance=TOLERANCE, failure=failure)
    problems = reporting.monitors.report(checkup)
    for problem in problems if not reporting.quiet else []:
        print_warning(problem)
    return not problems
