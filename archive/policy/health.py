"""Problems of an unattended archive, found from facts of its store and its disk. Pure.

Every problem needs a person to act. A run that died, reached no source or lost most of its pages is therefore
reported only once two in a row did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from archive.timestamps import display_time

RUNS_IN_A_ROW = 2  # that died, lost most of their pages or got no answer, before that is reported
MAX_FAILED_SHARE = 0.5  # of a run's pages that fail
MIN_PAGES = 4  # of a run; the share that fails of fewer means little
MAX_SILENCE = timedelta(hours=1)  # of a run that is going on; a page takes minutes at most
MAX_CLOCK_ERROR = timedelta(minutes=5)  # how far in the future a run may seem to begin
MIN_REPORTED_BACK_OFF = timedelta(hours=1)  # a shorter one ends before it is noticed
MIN_DAYS_OF_SPACE = 14  # of growth that must fit on the disk
# Reasons why runs ended, in addition to Scrapy's.
REASON_DIED = "died"  # killed, so that no reason was recorded
REASON_IDLE = "nothing due"
REASON_UNREACHABLE = "unreachable"  # no source answered, which is reported for each source
REASON_FAILED_PREFIX = "failed: "  # could not go on; followed by why


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A run. ``finished`` and ``reason`` are None while it is going on, or if it died."""

    started: datetime
    finished: datetime | None
    reason: str | None
    pages: int
    problems: int


class SourceState(NamedTuple):
    """A source of the last run: since when and for how many runs it has not answered; its layout change."""

    name: str
    down_since: datetime | None
    unanswered_runs: int
    layout_change: str | None


class BackOff(NamedTuple):
    """A server that is not asked until a time, because it bans us or asked for a pause."""

    host: str
    until: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInputs:
    """The facts that decide whether an archive is healthy. ``runs`` are the latest ones, newest first.

    ``is_locked``: a process is writing. ``last_request_at`` is when the last run last requested a page,
    ``last_change_at`` when a version last began. ``new_articles`` and ``edited_articles`` are those of the
    last day. ``bytes_per_day`` is the growth of the file, None if too little is known.
    """

    runs: Sequence[RunResult]
    is_locked: bool
    last_request_at: datetime | None
    last_change_at: datetime | None
    new_articles: int
    edited_articles: int
    sources: Sequence[SourceState]
    back_offs: Sequence[BackOff]
    pages: int
    due_pages: int
    unfetched_pages: int
    size_bytes: int
    free_bytes: int
    bytes_per_day: float | None
    implausible_pages: int = 0  # with an unknown priority, or due later than any policy allows
    last_failure_at: datetime | None = None  # time of the latest capture without a page
    unchecked_since: datetime | None = None  # since when some part was not found sound by `verify`

    @property
    def is_running(self) -> bool:
        """Whether the last run is going on."""
        return self.is_locked and bool(self.runs) and self.runs[0].finished is None

    @property
    def days_left(self) -> float | None:
        """How long the free space lasts; None if the growth is unknown."""
        return self.free_bytes / self.bytes_per_day if self.bytes_per_day else None


class Tolerance(NamedTuple):
    """The maximum age of the last run, the minimum free space, and the maximum age of checks, if any."""

    max_age: timedelta = timedelta(hours=26)
    min_free_bytes: int = 100_000_000
    max_unchecked: timedelta | None = None


TOLERANCE = Tolerance()


class HealthProblem(NamedTuple):
    """A problem to act on. ``kind`` is the same as long as the problem lasts; ``text`` describes it."""

    kind: str
    text: str


def find_problems(inputs: HealthInputs, *, now: datetime, tolerance: Tolerance) -> list[HealthProblem]:
    """Return all problems; empty if the archive is healthy."""
    return [
        *_of_rhythm(inputs, now, tolerance),
        *_of_runs(inputs),
        *_of_sources(inputs.sources),
        *_of_bans(inputs.back_offs, now),
        *_of_future(inputs, now),
        *_of_disk(inputs, tolerance),
        *_of_checks(inputs.unchecked_since, now, tolerance.max_unchecked),
    ]


def _of_rhythm(inputs: HealthInputs, now: datetime, tolerance: Tolerance) -> Iterator[HealthProblem]:
    if not inputs.runs:
        if not inputs.pages:  # an archive that was imported or merged need not be crawled
            yield HealthProblem("never", "it was never crawled, and nothing was imported")
        return
    last = inputs.runs[0]
    if last.started - now > MAX_CLOCK_ERROR:
        yield HealthProblem(
            "clock", f"the last crawl began at {_at(last.started)}, still to come: a wrong clock?"
        )
    elif inputs.is_running:
        seen = max(last.started, inputs.last_request_at or last.started)
        if now - seen > MAX_SILENCE:
            yield HealthProblem(
                "hung", f"the crawl that began at {_at(last.started)} asks for nothing any more"
            )
    elif now - (seen := last.finished or last.started) > tolerance.max_age:
        yield HealthProblem("overdue", f"no crawl since {_at(seen)}: is it still scheduled?")


def _of_runs(inputs: HealthInputs) -> Iterator[HealthProblem]:
    ended = [run for run in inputs.runs[inputs.is_running :] if run.reason != REASON_IDLE]
    if not ended:
        return
    last = ended[0]
    lately = ended[:RUNS_IN_A_ROW]
    if inputs.runs[0].reason == last.reason and (last.reason or "").startswith(REASON_FAILED_PREFIX):
        yield HealthProblem("failed", f"the last crawl {last.reason}")
    elif len(lately) < RUNS_IN_A_ROW:
        return
    elif all(run.finished is None for run in lately):
        yield HealthProblem(
            "failed", f"the last {RUNS_IN_A_ROW} crawls died, the last of {_at(last.started)}"
        )
    elif all(map(_lost_most, lately)):
        lost = f"{last.problems:,} of {last.pages:,} pages of the last crawl failed"
        yield HealthProblem("pages", f"{lost}, and as large a part of the one before")


def _lost_most(run: RunResult) -> bool:
    """Return whether most pages failed of a run that reached a source."""
    return (
        run.reason != REASON_UNREACHABLE
        and run.pages >= MIN_PAGES
        and run.problems >= MAX_FAILED_SHARE * run.pages
    )


def _of_sources(sources: Sequence[SourceState]) -> Iterator[HealthProblem]:
    for source in sources:
        if source.down_since and source.unanswered_runs >= RUNS_IN_A_ROW:
            yield HealthProblem(
                f"down {source.name}", f"{source.name} is down since {_at(source.down_since)}"
            )
        elif source.layout_change:
            yield HealthProblem(
                f"layout {source.name}", f"{source.name} looks different: {source.layout_change}"
            )


def _of_bans(back_offs: Sequence[BackOff], now: datetime) -> Iterator[HealthProblem]:
    for host, until, problem in back_offs:
        if until - now > MIN_REPORTED_BACK_OFF:
            yield HealthProblem(f"banned {host}", f"{host} is not asked until {_at(until)}: {problem}")


def _of_future(inputs: HealthInputs, now: datetime) -> Iterator[HealthProblem]:
    """Find times in the future, as from a wrong clock or a merged archive."""
    if inputs.implausible_pages:
        pages = (
            f"{inputs.implausible_pages:,} pages have a priority or a time that keeps them from being fetched"
        )
        yield HealthProblem("frontier", f"{pages}; verify --repair puts them right")
    latest = max(filter(None, (inputs.last_change_at, inputs.last_failure_at)), default=now)
    if latest - now > MAX_CLOCK_ERROR:
        yield HealthProblem("future", f"it holds captures of {_at(latest)}, still to come; verify names them")


def _of_disk(inputs: HealthInputs, tolerance: Tolerance) -> Iterator[HealthProblem]:
    free = f"{inputs.free_bytes / 1_000_000:,.0f} MB are free on the archive's disk"
    if inputs.free_bytes < tolerance.min_free_bytes:
        yield HealthProblem("disk", free)
    elif inputs.days_left is not None and inputs.days_left < MIN_DAYS_OF_SPACE:
        yield HealthProblem("disk", f"{free}, enough for about {inputs.days_left:.0f} days")


def _of_checks(since: datetime | None, now: datetime, limit: timedelta | None) -> Iterator[HealthProblem]:
    if limit is not None and since is not None and now - since > limit:
        parts = f"a part of it has not been read and found sound since {_at(since)}"
        yield HealthProblem("unchecked", f"{parts}: is verify --budget still scheduled?")


def _at(time: datetime) -> str:
    return display_time(time)
