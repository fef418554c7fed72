"""A simulated newsroom and a watcher of it: which wordings are caught, how late, with how many fetches.

At each fetch of an article the watcher learns whether it has changed, and decides when to fetch it again.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from random import Random
from statistics import median
from typing import NamedTuple, Protocol

from crawler.demo.newspaper.pages.newspaper import START, Newspaper

HOURS_FOLLOWED = 90 * 24.0  # per article, since its publication
TICK = 1 / 12  # hours; fetches happen on full ticks only, as in cron
FOUND_WITHIN = 0.25  # hours after publication until a menu, which is not counted, shows an article


class Wording(NamedTuple):
    """A wording from ``since`` (hours) until the next. ``there`` is False while the article is withdrawn."""

    since: float
    there: bool = True


Story = Sequence[Wording]  # all wordings of an article


def stories(newspaper: Newspaper, articles: int, *, slower: float = 1.0) -> list[Story]:
    """Return the wordings of the first articles. ``slower`` multiplies the time between edits."""
    return [_story(newspaper, index, slower) for index in range(articles)]


def _story(newspaper: Newspaper, index: int, slower: float) -> Story:
    desk = newspaper.desk
    born = (desk.plan(index).moment - START).total_seconds() / 3600
    if not desk.script(index):  # avoids generating its text
        return [Wording(born)]
    steps = [
        ((step.moment - START).total_seconds() / 3600, step.draft is not None) for step in desk.steps(index)
    ]
    return [Wording(born + (since - born) * slower, there) for since, there in steps]


@dataclass(slots=True)
class Article:
    """The watcher's knowledge of an article. Times are hours since the same zero as those of wordings."""

    first: float
    last: float
    now: float
    changed: bool = False
    changes: int = 0
    heat: float = 0.0
    wording: int | None = None


class Watcher(Protocol):
    """A policy that decides when to fetch again."""

    def wait(self, article: Article) -> float:
        """Return the hours from the fetch just made until the next."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of watching.

    ``fetches`` is the number of fetches per article; ``caught`` the share of edited wordings captured;
    ``delay`` the median hours until capture over all of them, infinite if fewer than half were captured.
    """

    fetches: float
    caught: float
    delay: float


def watch(found: Sequence[Story], watcher: Watcher, *, tick: float = TICK, seed: int = 0) -> Outcome:
    """Follow all stories in order of time, and return the outcome."""
    dice = Random(seed)
    first = [story[0].since + FOUND_WITHIN * dice.random() for story in found]
    articles = [Article(at, at, at) for at in first]
    queue = [(at, number) for number, at in enumerate(first)]
    heapify(queue)
    fetches, delays = 0, []
    while queue:
        now, number = heappop(queue)
        fetches += 1
        story, article = found[number], articles[number]
        delays += _fetch(story, article, now)
        again = max(math.ceil((now + watcher.wait(article)) / tick), math.floor(now / tick) + 1) * tick
        if again < story[0].since + HOURS_FOLLOWED:
            heappush(queue, (again, number))
    edited = sum(wording.there for story in found for wording in story[1:])
    missed = [math.inf] * (edited - len(delays))
    return Outcome(fetches / len(found), len(delays) / edited, median(delays + missed))


def _fetch(story: Story, article: Article, now: float) -> list[float]:
    """Record a fetch; return its delay in hours if it captures an edited wording for the first time."""
    article.last, article.now = article.now, now
    number = bisect_right(story, now, key=lambda wording: wording.since) - 1
    article.changed = article.wording not in (None, number)
    article.changes += article.changed
    is_caught = number > 0 and number != article.wording and story[number].there
    article.wording = number
    return [now - story[number].since] if is_caught else []


MakeWatcher = Callable[[float], Watcher]  # from a number that makes it fetch more or less often
