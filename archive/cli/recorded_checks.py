"""Check an archive as planned, or a slice of it, and record what was checked."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from archive.cli.output.check_slice import CheckedSlice
from archive.cli.output.progress import print_warning, progress
from archive.cli.output.verification import Verification
from archive.cli.termination import exiting_on_sigterm
from archive.cli.user_cache import sound_ranges_file
from archive.errors import StoreError
from archive.program_digest import program_digest
from archive.store import (
    CheckRun,
    CheckScope,
    Fault,
    Reader,
    SoundRanges,
    load_sound_ranges,
    open_reader,
    record_check,
)


def check_changed(path: Path, further: Sequence[Fault] = ()) -> Verification:
    """Check all that no earlier check found sound, and remember what this one does."""
    with _remembered_ranges(path, reads_all=True) as sound:
        return check_planned(path, every=True, sound=sound, further=further)


def check_planned(
    path: Path, *, every: bool, sound: SoundRanges | None = None, further: Sequence[Fault] = ()
) -> Verification:
    """Check ``every`` article and section, or a sample of them, except ranges that are ``sound``.

    ``further`` faults, which were found elsewhere, count in the record of the check.
    """
    sound, scope = sound or SoundRanges(), CheckScope.ALL if every else CheckScope.SAMPLE
    with open_reader(path, as_is=True) as opened:
        run = opened.checks.begin(scope, at=datetime.now(UTC))
        planned = opened.checks.plan(every=every)
        if planned.articles and opened.status.is_reparse_due():  # differences are expected until it has run
            planned = replace(planned, articles=array("q"), sections=array("q"))
        with progress("verifying", planned.total) as advance:
            found = list(opened.checks.faults(planned, advance, sound))
        opened.checks.note(run, planned, found, sound, at=datetime.now(UTC))
        run.faults.extend(further)
        checked = Verification(planned, found, opened.checks.additions(), sound.unchanged)
    with suppress(StoreError):  # what was found does not depend on the record
        record_check(path, run, finished_at=datetime.now(UTC))
    return checked


def check_slice(
    path: Path,
    budget: timedelta,
    passed: Callable[[], float] = monotonic,
    further: Sequence[Fault] = (),
) -> CheckedSlice:
    """Check parts of an archive until the time is up, at least one. An interrupted check is recorded, too.

    ``passed`` returns the seconds that have passed since any fixed time. ``further`` faults, which were found
    elsewhere, are added to those of the slice.
    """
    began = datetime.now(UTC)
    run = CheckRun(CheckScope.BUDGET, "", "", [], {})
    is_recorded = False
    try:
        with (
            exiting_on_sigterm(),
            _remembered_ranges(path, reads_all=False) as sound,
            open_reader(path, as_is=True) as opened,
        ):
            run = opened.checks.begin(CheckScope.BUDGET, at=began)
            run.faults.extend(further)
            _check_for(opened, run, sound, budget, passed)
            added = opened.checks.additions()
    finally:  # when this process has no connection to the archive
        if run.done or run.faults:
            is_recorded = _record(path, run)
    return CheckedSlice(run, datetime.now(UTC) - began, added, is_recorded)


@contextmanager
def _remembered_ranges(path: Path, *, reads_all: bool) -> Iterator[SoundRanges]:
    """Yield the ranges that earlier checks found sound, and remember those that this check does.

    ``reads_all``: unless it is interrupted, the check reads all ranges, and the others can be forgotten.
    """
    program, file = program_digest(), sound_ranges_file(path)
    if program is None or file is None:
        yield SoundRanges()
        return
    sound, is_complete = load_sound_ranges(file, program), False
    try:
        yield sound
        is_complete = reads_all
    finally:
        sound.save(file, complete=is_complete)


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
