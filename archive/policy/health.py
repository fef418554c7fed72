"""Whether an archive that is left to itself does well: pure, from what its store and its disk tell.

What is found is for a person to act on. So one run that died, reached nobody or lost most of its pages is
nothing yet if the next one does well, and is told once two in a row did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

IN_A_ROW = 2  # runs that died, lost most of their pages, or that a source did not answer, until that is told
MOSTLY = 0.5  # of a run's pages that fail
LEAST_PAGES = 4  # of a run, below which a share of them says little
SILENCE = timedelta(hours=1)  # of a run that goes on; a page takes minutes at the most
ASTRAY = timedelta(minutes=5)  # that a run may seem to begin in the future
LONG_REST = timedelta(hours=1)  # that a server asks for; less is over before anybody has read of it
ROOM_FOR = 14  # days that the disk should have room for
# Reasons of runs, beside Scrapy's: never said how it ended; had nothing to do; reached nobody, which is
# told of the sources; could not go on, and why.
DIED, IDLE, UNREACHABLE, FAILED = "died", "nothing due", "unreachable", "failed: "


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSeen:
    """A run: ``finished`` is None while it goes on, or if it never said how it ended, as ``reason`` is."""

    started: datetime
    finished: datetime | None
    reason: str | None
    pages: int
    problems: int


class SourceSeen(NamedTuple):
    """A source that the last run asked: since when, and in how many runs, it gave no answer; its drift."""

    name: str
    down_since: datetime | None
    silent: int
    drift: str | None


class RestSeen(NamedTuple):
    """A server that asked to be left alone, or bans us, until when, and how it said so."""

    host: str
    until: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What tells how an archive does. Sizes are in bytes, ``runs`` the last ones, newest first.

    ``writing``: somebody holds its lock. ``active`` is when the last run last asked for a page, ``news``
    when a wording was last new; ``new`` and ``edited`` count those of the last day. ``daily`` is how much
    the file grows in a day, None as long as nobody can tell.
    """

    runs: Sequence[RunSeen]
    writing: bool
    active: datetime | None
    news: datetime | None
    new: int
    edited: int
    sources: Sequence[SourceSeen]
    resting: Sequence[RestSeen]
    pages: int
    due: int
    unfetched: int
    size: int
    free: int
    daily: float | None
    unbelievable: int = 0  # pages of an unknown priority, or due later than any schedule says
    failed: datetime | None = None  # when the last capture was taken that is not a page

    @property
    def is_running(self) -> bool:
        """Whether the last run goes on."""
        return self.writing and bool(self.runs) and self.runs[0].finished is None

    @property
    def days_left(self) -> float | None:
        """How long the disk has room; None if that cannot be told."""
        return self.free / self.daily if self.daily else None


class Tolerance(NamedTuple):
    """How old the last run may be, and how many bytes must be free."""

    age: timedelta = timedelta(hours=26)
    free: int = 100_000_000


class Ailment(NamedTuple):
    """Something to act on: ``kind`` stays the same as long as it is the same thing, ``text`` tells it."""

    kind: str
    text: str


def ailments(vitals: Vitals, *, now: datetime, tolerance: Tolerance) -> list[Ailment]:
    """All that is wrong; nothing if the archive does well."""
    return [
        *_of_rhythm(vitals, now, tolerance),
        *_of_runs(vitals),
        *_of_sources(vitals.sources),
        *_of_bans(vitals.resting, now),
        *_of_future(vitals, now),
        *_of_disk(vitals, tolerance),
    ]


def _of_rhythm(vitals: Vitals, now: datetime, tolerance: Tolerance) -> Iterator[Ailment]:
    if not vitals.runs:
        if not vitals.pages:  # else it was imported or merged, which need not be crawled as well
            yield Ailment("never", "it was never crawled, and nothing was imported")
        return
    last = vitals.runs[0]
    if last.started - now > ASTRAY:
        yield Ailment("clock", f"the last crawl began at {_at(last.started)}, still to come: a wrong clock?")
    elif vitals.is_running:
        seen = max(last.started, vitals.active or last.started)
        if now - seen > SILENCE:
            yield Ailment("hung", f"the crawl that began at {_at(last.started)} asks for nothing any more")
    elif now - (seen := last.finished or last.started) > tolerance.age:
        yield Ailment("overdue", f"no crawl since {_at(seen)}: is it still scheduled?")


def _of_runs(vitals: Vitals) -> Iterator[Ailment]:
    ended = [run for run in vitals.runs[vitals.is_running :] if run.reason != IDLE]
    if not ended:
        return
    last = ended[0]
    lately = ended[:IN_A_ROW]
    if vitals.runs[0].reason == last.reason and (last.reason or "").startswith(FAILED):
        yield Ailment("failed", f"the last crawl {last.reason}")
    elif len(lately) < IN_A_ROW:
        return
    elif all(run.finished is None for run in lately):
        yield Ailment("failed", f"the last {IN_A_ROW} crawls died, the last of {_at(last.started)}")
    elif all(map(_lost_most, lately)):
        lost = f"{last.problems:,} of {last.pages:,} pages of the last crawl failed"
        yield Ailment("pages", f"{lost}, and as large a part of the one before")


def _lost_most(run: RunSeen) -> bool:
    """Whether most pages of a run failed; one that reached nobody is told of its sources."""
    return run.reason != UNREACHABLE and run.pages >= LEAST_PAGES and run.problems >= MOSTLY * run.pages


def _of_sources(sources: Sequence[SourceSeen]) -> Iterator[Ailment]:
    for source in sources:
        if source.down_since and source.silent >= IN_A_ROW:
            yield Ailment(f"down {source.name}", f"{source.name} is down since {_at(source.down_since)}")
        elif source.drift:
            yield Ailment(f"drift {source.name}", f"{source.name} looks different: {source.drift}")


def _of_bans(resting: Sequence[RestSeen], now: datetime) -> Iterator[Ailment]:
    for host, until, problem in resting:
        if until - now > LONG_REST:
            yield Ailment(f"banned {host}", f"{host} is left alone until {_at(until)}: {problem}")


def _of_future(vitals: Vitals, now: datetime) -> Iterator[Ailment]:
    """What a clock that was ahead, or another archive, may have brought."""
    if vitals.unbelievable:
        pages = f"{vitals.unbelievable:,} pages have a priority or a time that keeps them from being fetched"
        yield Ailment("frontier", f"{pages}; verify --repair puts them right")
    latest = max(filter(None, (vitals.news, vitals.failed)), default=now)
    if latest - now > ASTRAY:
        yield Ailment("future", f"it holds captures of {_at(latest)}, still to come; verify names them")


def _of_disk(vitals: Vitals, tolerance: Tolerance) -> Iterator[Ailment]:
    free = f"{vitals.free / 1_000_000:,.0f} MB are free on the archive's disk"
    if vitals.free < tolerance.free:
        yield Ailment("disk", free)
    elif vitals.days_left is not None and vitals.days_left < ROOM_FOR:
        yield Ailment("disk", f"{free}, enough for about {vitals.days_left:.0f} days")


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
