"""When to check a page again. Pure: all times are arguments.

An article is checked again once it has probably changed. Its probability follows from the **change rates** of
the paper (changes found per hour in articles of this age) and from the article's **own history**: one that
changed more often than its age explains will go on doing so, one that never changed probably never will. Both
are one Gamma-Poisson estimate. A page that has just changed changes again soon, most of all a ticker: the
``change_score`` of a page counts its changes, each fading over time (Hawkes, 1971).

A check that finds a change does not show how many there were, or when. Half of the time since the last check
counts as observed, as in Cho and Garcia-Molina, "Estimating frequency of change", 2003.

A menu is checked again once it probably lists new pages.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from operator import mul
from typing import NamedTuple, Self

from archive.model import Kind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Ages at which change rates may differ: the first hours matter most, years hardly.
AGES_HOURS: tuple[float, ...] = (0, 0.5, 1, 2, 4, 8, 16, 24, 48, 96, 168, 336, 720, 1440, 2880, 8760)
_FOREVER_HOURS = 1e9  # hours
# Prior change rate: one change in ten hours of a new article, fewer with age. It weighs as much as one
# observed change at each age.
INITIAL_RATE, DECLINE_AFTER_HOURS, DECLINE_EXPONENT = 0.1, 2.0, 1.5
# How much articles differ: the shape of a Gamma distribution of mean 1. Most articles never change.
ARTICLE_SHAPE = 0.4
# How many further changes one change causes, and within about how many hours.
ECHO_CHANGES, FADE_HOURS = 0.5, 1.5
# A check is due once (expected changes) × (hours since the last check) ** DELAY_EXPONENT reaches the
# patience; ``benchmarks/revisit.py`` compares values. An exponent of 0 finds as many versions, but rare ones
# late; with 1 tickers are missed.
DEFAULT_PATIENCE, DELAY_EXPONENT = 0.04, 0.3
MIN_INTERVAL, MAX_INTERVAL = HOUR / 12, 180 * DAY
# After each failure in a row the delay doubles: an hour, two, four … up to a month.
MIN_RETRY_DELAY, MAX_RETRY_DELAY = HOUR, 30 * DAY


class MenuRate(NamedTuple):
    """The expected new pages per hour of a menu before any are known, and bounds for the check interval."""

    news_per_hour: float
    min_interval: timedelta
    max_interval: timedelta


MENU_RATES: Mapping[Kind, MenuRate] = {
    Kind.ROOT: MenuRate(2, HOUR / 4, 6 * HOUR),
    Kind.SECTION: MenuRate(0.5, HOUR / 4, DAY),
    Kind.TOPIC: MenuRate(0.01, HOUR, 30 * DAY),
    Kind.AUTHOR: MenuRate(0.01, HOUR, 30 * DAY),
}
# The largest plausible number of days between a fetch and the next: the longest interval and one more day.
# The interval of a menu may be a multiple of its maximum.
_MENU_INTERVAL_FACTOR = 4
MAX_DAYS_UNTIL_DUE: Mapping[Kind, int] = {
    **{kind: (rate.max_interval * _MENU_INTERVAL_FACTOR).days + 1 for kind, rate in MENU_RATES.items()},
    Kind.ARTICLE: MAX_INTERVAL.days + 1,
}
NEWS_WORTH_A_VISIT = 0.5  # expected new pages on a menu at which a check is due
MENU_FADE_HOURS = 72.0  # hours; a weekend is slower than a week
MENU_SHAPE = 0.5


class Observation(NamedTuple):
    """Changes found and hours watched at one age, which is an index into :data:`AGES_HOURS`."""

    age_index: int
    changes: float
    hours: float


def observations(young: float, old: float, *, changed: bool) -> Iterator[Observation]:
    """Yield what a check observes between two ages in hours, split by :data:`AGES_HOURS`."""
    number = max(bisect_right(AGES_HOURS, young) - 1, 0)
    for low, high in _STRETCHES[number:]:
        if low >= old:
            return
        if (hours := min(old, high) - max(young, low)) > 0:
            yield Observation(number, changed * hours / (old - young), hours / 2 if changed else hours)
        number += 1


_STRETCHES = tuple(pairwise((*AGES_HOURS, _FOREVER_HOURS)))


@dataclass(frozen=True)
class ChangeRates:
    """How often all articles changed, by age: ``changes`` found in observed ``hours``."""

    changes: tuple[float, ...] = (0.0,) * len(AGES_HOURS)
    hours: tuple[float, ...] = (0.0,) * len(AGES_HOURS)

    def with_observations(self, young: float, old: float, *, changed: bool) -> Self:
        """Return the rates with the observations of one more check."""
        changes, hours = list(self.changes), list(self.hours)
        for part in observations(young, old, changed=changed):
            changes[part.age_index] += part.changes
            hours[part.age_index] += part.hours
        return type(self)(tuple(changes), tuple(hours))

    @cached_property
    def rates(self) -> tuple[float, ...]:
        """Changes per hour at each of :data:`AGES_HOURS`."""
        counted = zip(self.changes, self.hours, _PRIOR_HOURS, strict=True)
        return tuple([(changes + 1) / (hours + prior) for changes, hours, prior in counted])

    @cached_property
    def _sums(self) -> tuple[float, ...]:
        """Expected changes up to each of :data:`AGES_HOURS`."""
        return (0.0, *accumulate(map(mul, _WIDTHS, self.rates)))

    def expected_changes(self, age: float) -> float:
        """Return how many changes an average article has had at an age in hours."""
        number = max(bisect_left(AGES_HOURS, age) - 1, 0)
        return self._sums[number] + (age - AGES_HOURS[number]) * self.rates[number]


INITIAL_RATES = tuple(
    INITIAL_RATE * (1 + (low + min(high, 2 * low)) / 2 / DECLINE_AFTER_HOURS) ** -DECLINE_EXPONENT
    for low, high in _STRETCHES
)
_PRIOR_HOURS = tuple(1 / rate for rate in INITIAL_RATES)  # observed, as the prior counts
_WIDTHS = tuple(high - low for low, high in pairwise(AGES_HOURS))


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHistory:
    """The checks of one page so far. Times are aware.

    ``appeared_at`` is the best known time of publication (:func:`appearance_time`). ``change_count`` is
    how often an article was found changed, or how many new pages a menu brought; in ``change_score`` each
    of these changes fades over time (:func:`update_change_score`). ``failure_count`` counts the failures
    in a row up to the latest check.
    """

    appeared_at: datetime
    first_checked_at: datetime
    change_count: int = 0
    change_score: float = 0.0
    failure_count: int = 0


def update_change_score(kind: Kind, score: float, *, passed: timedelta, changes: int) -> float:
    """Return the change score of a page after a check that found ``changes``, ``passed`` after the last."""
    fades = FADE_HOURS if kind is Kind.ARTICLE else MENU_FADE_HOURS
    return score * math.exp(-max(passed / HOUR, 0.0) / fades) + changes


def next_due(
    kind: Kind,
    past: PageHistory,
    *,
    now: datetime,
    change_rates: ChangeRates | None = None,
    patience: float = DEFAULT_PATIENCE,
) -> datetime:
    """Return when to check a page again that was checked ``now``. More ``patience`` means fewer checks."""
    if past.failure_count:
        return now + min(MIN_RETRY_DELAY * (1 << min(past.failure_count - 1, 16)), MAX_RETRY_DELAY)
    if kind is not Kind.ARTICLE:
        return now + _until_news(kind, past, now, patience / DEFAULT_PATIENCE)
    return now + _until_change(past, now, change_rates or NO_OBSERVATIONS, patience)


NO_OBSERVATIONS = ChangeRates()


def _until_news(kind: Kind, past: PageHistory, now: datetime, patience: float) -> timedelta:
    rate = MENU_RATES[kind]
    # The observed hours whose news has not faded yet.
    watched = MENU_FADE_HOURS * -math.expm1(-max((now - past.first_checked_at) / HOUR, 0.0) / MENU_FADE_HOURS)
    news = (past.change_score + MENU_SHAPE) / (watched + MENU_SHAPE / rate.news_per_hour)
    wait = NEWS_WORTH_A_VISIT * patience / news
    latest = rate.max_interval * min(max(patience, 1.0), 4.0)
    return min(max(wait * HOUR, rate.min_interval), latest)


def _until_change(past: PageHistory, now: datetime, change_rates: ChangeRates, patience: float) -> timedelta:
    """Return the time until enough changes are expected."""
    age = max((now - past.appeared_at) / HOUR, 0.0)
    before = change_rates.expected_changes(max((past.first_checked_at - past.appeared_at) / HOUR, 0.0))
    so_far = change_rates.expected_changes(age)
    temper = (ARTICLE_SHAPE + past.change_count) / (ARTICLE_SHAPE + max(so_far - before, 0.0))

    def worth(hours: float) -> float:
        echo = ECHO_CHANGES * past.change_score * -math.expm1(-hours / FADE_HOURS)
        return float(
            (temper * (change_rates.expected_changes(age + hours) - so_far) + echo) * hours**DELAY_EXPONENT
        )

    return _first(worth, patience)


def _first(worth: Callable[[float], float], enough: float) -> timedelta:
    """Return the shortest wait within the bounds that is worth ``enough``, to within 5 %."""
    low, high = MIN_INTERVAL / HOUR, MAX_INTERVAL / HOUR
    if worth(low) >= enough:
        return MIN_INTERVAL
    if worth(high) < enough:
        return MAX_INTERVAL
    while high > low * 1.05:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if worth(middle) < enough else (low, middle)
    return high * HOUR


def visits_of_unchanged(change_rates: ChangeRates, patience: float) -> int:
    """Return how often an article that never changes is checked in its first 90 days."""
    count, age = 0, timedelta(0)
    while age < SIMULATED_TIME:
        age += _until_change(
            PageHistory(appeared_at=_EPOCH, first_checked_at=_EPOCH), _EPOCH + age, change_rates, patience
        )
        count += 1
    return count


def patience_for(wanted: float, change_rates: ChangeRates) -> float:
    """Return the least patience, at least the default, with which ``wanted`` checks per article suffice."""
    low, high = DEFAULT_PATIENCE, MAX_PATIENCE
    if visits_of_unchanged(change_rates, low) <= wanted:
        return low
    while high > low * 1.05:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if visits_of_unchanged(change_rates, middle) <= wanted else (middle, high)
    return high


SIMULATED_TIME, MAX_PATIENCE = 90 * DAY, 100.0
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def appearance_time(published: date | None, first_seen: datetime) -> datetime:
    """Return the best known time of publication: its date if captured later, else the first capture."""
    if published is None or published >= first_seen.astimezone(UTC).date():
        return first_seen
    return datetime(published.year, published.month, published.day, tzinfo=UTC)
