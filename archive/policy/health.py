"""Whether an archive that is left to itself does well: pure, from what its store and its disk tell.

What is found is for a person to act on. So one run that died, reached nobody or lost most of its pages is
nothing yet if the next one does well, and is told once two in a row did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

RUNS_IN_A_ROW = (
    2  # runs that died, lost most of their pages, or that a source did not answer, until that is told
)
MAX_FAILED_SHARE = 0.5  # of a run's pages that fail
MIN_PAGES = 4  # of a run, below which a share of them says little
MAX_SILENCE = timedelta(hours=1)  # of a run that goes on; a page takes minutes at the most
MAX_CLOCK_ERROR = timedelta(minutes=5)  # that a run may seem to begin in the future
MIN_REPORTED_BACK_OFF = timedelta(
    hours=1
)  # that a server asks for; less is over before anybody has read of it
MIN_DAYS_OF_SPACE = 14  # days that the disk should have room for
# Reasons of runs, beside Scrapy's: never said how it ended; had nothing to do; reached nobody, which is
# told of the sources; could not go on, and why.
REASON_DIED, REASON_IDLE, REASON_UNREACHABLE, REASON_FAILED_PREFIX = (
    "died",
    "nothing due",
    "unreachable",
    "failed: ",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A run: ``finished`` is None while it goes on, or if it never said how it ended, as ``reason`` is."""

    started: datetime
    finished: datetime | None
    reason: str | None
    pages: int
    problems: int


class SourceState(NamedTuple):
    """A source that the last run asked: since when, and in how many runs, it gave no answer; its drift."""

    name: str
    down_since: datetime | None
    unanswered_runs: int
    layout_change: str | None


class BackOff(NamedTuple):
    """A server that asked to be left alone, or bans us, until when, and how it said so."""

    host: str
    until: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInputs:
    """What tells how an archive does. Sizes are in bytes, ``runs`` the last ones, newest first.

    ``writing``: somebody holds its lock. ``active`` is when the last run last asked for a page, ``news``
    when a wording was last new; ``new`` and ``edited`` count those of the last day. ``daily`` is how much
    the file grows in a day, None as long as nobody can tell.
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
    implausible_pages: int = 0  # pages of an unknown priority, or due later than any schedule says
    last_failure_at: datetime | None = None  # when the last capture was taken that is not a page

    @property
    def is_running(self) -> bool:
        """Whether the last run goes on."""
        return self.is_locked and bool(self.runs) and self.runs[0].finished is None

    @property
    def days_left(self) -> float | None:
        """How long the disk has room; None if that cannot be told."""
        return self.free_bytes / self.bytes_per_day if self.bytes_per_day else None


class Tolerance(NamedTuple):
    """How old the last run may be, and how many bytes must be free."""

    max_age: timedelta = timedelta(hours=26)
    min_free_bytes: int = 100_000_000


class HealthProblem(NamedTuple):
    """Something to act on: ``kind`` stays the same as long as it is the same thing, ``text`` tells it."""

    kind: str
    text: str


def find_problems(vitals: HealthInputs, *, now: datetime, tolerance: Tolerance) -> list[HealthProblem]:
    """All that is wrong; nothing if the archive does well."""
    return [
        *_of_rhythm(vitals, now, tolerance),
        *_of_runs(vitals),
        *_of_sources(vitals.sources),
        *_of_bans(vitals.back_offs, now),
        *_of_future(vitals, now),
        *_of_disk(vitals, tolerance),
    ]


def _of_rhythm(vitals: HealthInputs, now: datetime, tolerance: Tolerance) -> Iterator[HealthProblem]:
    if not vitals.runs:
        if not vitals.pages:  # else it was imported or merged, which need not be crawled as well
            yield HealthProblem("never", "it was never crawled, and nothing was imported")
        return
    last = vitals.runs[0]
    if last.started - now > MAX_CLOCK_ERROR:
        yield HealthProblem(
            "clock", f"the last crawl began at {_at(last.started)}, still to come: a wrong clock?"
        )
    elif vitals.is_running:
        seen = max(last.started, vitals.last_request_at or last.started)
        if now - seen > MAX_SILENCE:
            yield HealthProblem(
                "hung", f"the crawl that began at {_at(last.started)} asks for nothing any more"
            )
    elif now - (seen := last.finished or last.started) > tolerance.max_age:
        yield HealthProblem("overdue", f"no crawl since {_at(seen)}: is it still scheduled?")


def _of_runs(vitals: HealthInputs) -> Iterator[HealthProblem]:
    ended = [run for run in vitals.runs[vitals.is_running :] if run.reason != REASON_IDLE]
    if not ended:
        return
    last = ended[0]
    lately = ended[:RUNS_IN_A_ROW]
    if vitals.runs[0].reason == last.reason and (last.reason or "").startswith(REASON_FAILED_PREFIX):
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
    """Whether most pages of a run failed; one that reached nobody is told of its sources."""
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
                f"drift {source.name}", f"{source.name} looks different: {source.layout_change}"
            )


def _of_bans(back_offs: Sequence[BackOff], now: datetime) -> Iterator[HealthProblem]:
    for host, until, problem in back_offs:
        if until - now > MIN_REPORTED_BACK_OFF:
            yield HealthProblem(f"banned {host}", f"{host} is left alone until {_at(until)}: {problem}")


def _of_future(vitals: HealthInputs, now: datetime) -> Iterator[HealthProblem]:
    """What a clock that was ahead, or another archive, may have brought."""
    if vitals.implausible_pages:
        pages = (
            f"{vitals.implausible_pages:,} pages have a priority or a time that keeps them from being fetched"
        )
        yield HealthProblem("frontier", f"{pages}; verify --repair puts them right")
    latest = max(filter(None, (vitals.last_change_at, vitals.last_failure_at)), default=now)
    if latest - now > MAX_CLOCK_ERROR:
        yield HealthProblem("future", f"it holds captures of {_at(latest)}, still to come; verify names them")


def _of_disk(vitals: HealthInputs, tolerance: Tolerance) -> Iterator[HealthProblem]:
    free = f"{vitals.free_bytes / 1_000_000:,.0f} MB are free on the archive's disk"
    if vitals.free_bytes < tolerance.min_free_bytes:
        yield HealthProblem("disk", free)
    elif vitals.days_left is not None and vitals.days_left < MIN_DAYS_OF_SPACE:
        yield HealthProblem("disk", f"{free}, enough for about {vitals.days_left:.0f} days")


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
