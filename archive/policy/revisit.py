"""When to look at a page again. Pure: all times are arguments.

An article is looked at again once it has probably changed. How likely that is, is told by the **paper's
habits** (of an article of this age, how many changes an hour were found?) and by the article's **own past**:
one that changed more often than its age explains will go on so, one that never did will hardly begin.
Both are one Gamma-Poisson estimate. What has just changed changes again soon, most of all a ticker: such
a burst is the ``heat`` of a page, a count of its changes in which each fades with time (Hawkes, 1971).

After a look that found a change nobody knows how many there were, or when; half of the time in between is
taken to be spent, as in Cho and Garcia-Molina, "Estimating frequency of change", 2003.

A menu is looked at again once it has probably brought news: pages nobody knew of.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple, Self

from archive.model import Kind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Ages in hours at which habits change: the first hours matter most, years hardly.
AGES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 48.0, 96.0, 168.0, 336.0, 720.0, 1440.0, 2880.0, 8760.0)
FOREVER = 1e9  # hours
# Before a paper is known: a change in ten hours of a new article, fewer and fewer as it ages. Worth as much
# as one change that was seen at each age.
FIRST_RATE, EASES_AFTER, EASES_BY = 0.1, 2.0, 1.5
# How much articles differ: shape of a Gamma distribution of mean 1. Well below 1: most never change.
SHAPE = 0.4
# Of a change, how much of another one it brings, and the hours in which most of that comes.
ECHO, FADES = 0.5, 1.5
# Expected changes not seen yet, times the hours they wait to this power, that are worth a look. What was
# tried: ``benchmarks/revisit.py``. With 0, a look is due at the same expectation always, which catches as
# many wordings, but rare ones late; with 1 late ones count most, and tickers are missed.
PATIENCE, HASTE = 0.04, 0.3
SOONEST, LATEST = HOUR / 12, 180 * DAY
# After the n-th failure in a row: an hour, two, four … up to a month.
FIRST_RETRY, LAST_RETRY = HOUR, 30 * DAY


class MenuHabits(NamedTuple):
    """Of a menu: ``news`` an hour before any is known, and bounds for the time between two looks."""

    news: float
    soonest: timedelta
    latest: timedelta


MENUS: Mapping[Kind, MenuHabits] = {
    Kind.ROOT: MenuHabits(2, HOUR / 4, 6 * HOUR),
    Kind.SECTION: MenuHabits(0.5, HOUR / 4, DAY),
    Kind.TOPIC: MenuHabits(0.01, HOUR, 30 * DAY),
    Kind.AUTHOR: MenuHabits(0.01, HOUR, 30 * DAY),
}
NEWS = 0.5  # expected on a menu, that are worth a look
MENU_FADES = 72.0  # hours; a weekend is slower than a week
MENU_SHAPE = 0.5


class Spent(NamedTuple):
    """What one look adds to the habits at one age: its number in ``AGES``, ``changes`` and ``hours``."""

    age: int
    changes: float
    hours: float


def spent(young: float, old: float, *, changed: bool) -> Iterator[Spent]:
    """What a look tells of the time since the last one, from one age in hours to another."""
    for number, (low, high) in enumerate(_stretches()):
        if (hours := min(old, high) - max(young, low)) > 0:
            yield Spent(number, changed * hours / (old - young), hours / 2 if changed else hours)


def _stretches() -> Iterator[tuple[float, float]]:
    return pairwise((*AGES, FOREVER))


@dataclass(frozen=True)
class Habits:
    """How often the paper's articles changed, by age: ``changes`` found, and ``hours`` watched, of all."""

    changes: tuple[float, ...] = (0.0,) * len(AGES)
    hours: tuple[float, ...] = (0.0,) * len(AGES)

    def seen(self, young: float, old: float, *, changed: bool) -> Self:
        """With what one more look told."""
        changes, hours = list(self.changes), list(self.hours)
        for part in spent(young, old, changed=changed):
            changes[part.age] += part.changes
            hours[part.age] += part.hours
        return type(self)(tuple(changes), tuple(hours))

    @cached_property
    def rates(self) -> tuple[float, ...]:
        """Changes an hour, at each of ``AGES``."""
        return tuple(
            (changes + 1) / (hours + 1 / first)
            for changes, hours, first in zip(self.changes, self.hours, FIRST_RATES, strict=True)
        )

    @cached_property
    def _sums(self) -> tuple[float, ...]:
        """Changes expected up to each of ``AGES``."""
        widths = [high - low for low, high in pairwise(AGES)]
        return (
            0.0,
            *accumulate(width * rate for width, rate in zip(widths, self.rates, strict=False)),
        )

    def expected(self, age: float) -> float:
        """Changes until an age in hours, of an article as they mostly are."""
        number = max(bisect_left(AGES, age) - 1, 0)
        return self._sums[number] + (age - AGES[number]) * self.rates[number]


FIRST_RATES = tuple(
    FIRST_RATE * (1 + (low + min(high, 2 * low)) / 2 / EASES_AFTER) ** -EASES_BY for low, high in _stretches()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of one page up to a look at it: all times aware.

    ``born`` is when it appeared, as well as can be told; ``since`` when it was first looked at; ``changes``
    how often it was found changed, or a menu how many new pages it brought; ``heat`` the same, but each
    fading, as :func:`heated` has it; ``failures`` how many looks in a row gave no page.
    """

    born: datetime
    since: datetime
    changes: int = 0
    heat: float = 0.0
    failures: int = 0


def heated(kind: Kind, heat: float, *, passed: timedelta, changes: int) -> float:
    """The heat of a page at a look that found ``changes``, so long after the last."""
    fades = FADES if kind is Kind.ARTICLE else MENU_FADES
    return heat * math.exp(-max(passed / HOUR, 0.0) / fades) + changes


def next_visit(
    kind: Kind, past: Past, *, now: datetime, habits: Habits | None = None, patience: float = PATIENCE
) -> datetime:
    """The time to fetch a page again that was fetched ``now``. More ``patience`` makes for fewer looks."""
    if past.failures:
        return now + min(FIRST_RETRY * (1 << min(past.failures - 1, 16)), LAST_RETRY)
    if kind is not Kind.ARTICLE:
        return now + _until_news(kind, past, now, patience / PATIENCE)
    return now + _until_change(past, now, habits or KNOWS_NOTHING, patience)


KNOWS_NOTHING = Habits()


def _until_news(kind: Kind, past: Past, now: datetime, patience: float) -> timedelta:
    habits = MENUS[kind]
    # Of all hours watched, those whose news has not faded yet.
    watched = MENU_FADES * -math.expm1(-max((now - past.since) / HOUR, 0.0) / MENU_FADES)
    news = (past.heat + MENU_SHAPE) / (watched + MENU_SHAPE / habits.news)
    wait = NEWS * patience / news
    latest = habits.latest * min(max(patience, 1.0), 4.0)
    return min(max(wait * HOUR, habits.soonest), latest)


def _until_change(past: Past, now: datetime, habits: Habits, patience: float) -> timedelta:
    """How long until so many changes are to be expected that a look is worth it."""
    age = max((now - past.born) / HOUR, 0.0)
    before = habits.expected(max((past.since - past.born) / HOUR, 0.0))
    so_far = habits.expected(age)
    temper = (SHAPE + past.changes) / (SHAPE + max(so_far - before, 0.0))

    def worth(hours: float) -> float:
        echo = ECHO * past.heat * -math.expm1(-hours / FADES)
        return float((temper * (habits.expected(age + hours) - so_far) + echo) * hours**HASTE)

    return _first(worth, patience)


def _first(worth: Callable[[float], float], enough: float) -> timedelta:
    """The first of all waits between the bounds that is worth ``enough``, to within five hundredths of it."""
    low, high = SOONEST / HOUR, LATEST / HOUR
    if worth(low) >= enough:
        return SOONEST
    if worth(high) < enough:
        return LATEST
    while high > low * 1.05:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if worth(middle) < enough else (low, middle)
    return high * HOUR


def looks(habits: Habits, patience: float) -> int:
    """How often an article that never changes is looked at in its first ninety days."""
    count, age = 0, timedelta(0)
    while age < WATCHED:
        age += _until_change(Past(born=EPOCH, since=EPOCH), EPOCH + age, habits, patience)
        count += 1
    return count


def patience_for(wanted: float, habits: Habits) -> float:
    """The least patience, the usual or more, by which so many looks at an article suffice."""
    low, high = PATIENCE, MOST_PATIENCE
    if looks(habits, low) <= wanted:
        return low
    while high > low * 1.05:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if looks(habits, middle) <= wanted else (middle, high)
    return high


WATCHED, MOST_PATIENCE = 90 * DAY, 100.0
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def born(published: date | None, first_seen: datetime) -> datetime:
    """When an article appeared, as well as can be told: its date if we came later, else when we saw it."""
    if published is None or published >= first_seen.astimezone(UTC).date():
        return first_seen
    return datetime(published.year, published.month, published.day, tzinfo=UTC)
