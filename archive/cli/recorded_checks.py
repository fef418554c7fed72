"""Check a slice of an archive, and record what was checked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from archive.cli.output.check_slice import CheckedSlice
from archive.cli.output.progress import print_warning, progress
from archive.cli.termination import exiting_on_sigterm
from archive.cli.user_cache import sound_ranges_file
from archive.errors import StoreError
from archive.program_digest import program_digest
from archive.store import (
    CheckRun,
    CheckScope,
    Reader,
    SoundRanges,
    load_sound_ranges,
    open_reader,
    record_check,
)


def check_slice(path: Path, budget: timedelta, passed: Callable[[], float] = monotonic) -> CheckedSlice:
    """Check parts of an archive until the time is up, at least one. An interrupted check is recorded, too.

    ``passed`` returns the seconds that have passed since any fixed time.
    """
    program, file = program_digest(), sound_ranges_file(path)
    sound = load_sound_ranges(file, program) if program and file else SoundRanges()
    began = datetime.now(UTC)
    run = CheckRun(CheckScope.BUDGET, "", "", [], {})
    is_recorded = False
    try:
        with exiting_on_sigterm(), open_reader(path, as_is=True) as opened:
            run = opened.checks.begin(CheckScope.BUDGET, at=began)
            _check_for(opened, run, sound, budget, passed)
            added = opened.checks.additions()
    finally:  # when this process has no connection to the archive
        if program and file:
            sound.save(file, complete=False)
        if run.done or run.faults:
            is_recorded = _record(path, run)
    return CheckedSlice(run, datetime.now(UTC) - began, added, is_recorded)


def _check_for(
    opened: Reader, run: CheckRun, sound: SoundRanges, budget: timedelta, passed: Callable[[], float]
) -> None:
    end, shown = passed() + budget.total_seconds(), 0
    whole = max(1, round(budget.total_seconds()))
    with progress("verifying", whole, unit="parts") as advance:
        for _ in opened.checks.slice(run, sound):
            left = end - passed()
            advance(whole - max(0, round(left)) - shown, 1)
            shown = whole - max(0, round(left))
            if left <= 0:
                return


def _record(path: Path, run: CheckRun) -> bool:
    try:
        record_check(path, run, finished_at=datetime.now(UTC))
    except StoreError as error:
        print_warning(f"what was checked is not recorded, and will be checked again: {error}")
        return False
    return True


def record_quietly(path: Path, run: CheckRun) -> None:
    """Record a whole or sampled check, if that is possible: what it found does not depend on the record."""
    try:
        record_check(path, run, finished_at=datetime.now(UTC))
    except StoreError:
        return
