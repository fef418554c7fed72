"""A newsroom that somebody watches: which of its wordings are caught, how late, and at what cost.

Whoever watches an article is told at each look whether it has changed, and says when to look again.
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

HOURS_FOLLOWED = 90 * 24.0  # each article, from its birth
TICK = 1 / 12  # hours; nobody looks more often, and all look on the full tick, as cron does
FOUND_WITHIN = 0.25  # hours after its birth an article is found, by a menu that is not counted here


class Wording(NamedTuple):
    """From ``since`` on (hours), until the next one; ``there`` is False while the article is retracted."""

    since: float
    there: bool = True


Story = Sequence[Wording]  # all wordings of an article


def stories(newspaper: Newspaper, articles: int, *, slower: float = 1.0) -> list[Story]:
    """What the paper's first articles go through. ``slower`` stretches the time between edits."""
    return [_story(newspaper, index, slower) for index in range(articles)]


def _story(newspaper: Newspaper, index: int, slower: float) -> Story:
    desk = newspaper.desk
    born = (desk.plan(index).moment - START).total_seconds() / 3600
    if not desk.script(index):  # so that no text is written for it
        return [Wording(born)]
    steps = [
        ((step.moment - START).total_seconds() / 3600, step.draft is not None) for step in desk.steps(index)
    ]
    return [Wording(born + (since - born) * slower, there) for since, there in steps]


@dataclass(slots=True)
class Article:
    """What is known of an article by watching it: hours, since the same zero as those of wordings."""

    first: float
    last: float
    now: float
    changed: bool = False
    changes: int = 0
    heat: float = 0.0
    wording: int | None = None


class Watcher(Protocol):
    """A way to decide when to look again."""

    def wait(self, article: Article) -> float:
        """Hours from a look at an article, which was just made, until the next."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What watching amounts to.

    ``looks`` are per article; ``caught`` is the share of edited wordings that were seen; ``delay`` the median
    of hours until they were, of all of them: infinite if less than half were.
    """

    looks: float
    caught: float
    delay: float


def watch(found: Sequence[Story], watcher: Watcher, *, tick: float = TICK, seed: int = 0) -> Outcome:
    """Follow all stories, in the order of time."""
    dice = Random(seed)
    first = [story[0].since + FOUND_WITHIN * dice.random() for story in found]
    articles = [Article(at, at, at) for at in first]
    queue = [(at, number) for number, at in enumerate(first)]
    heapify(queue)
    looks, delays = 0, []
    while queue:
        now, number = heappop(queue)
        looks += 1
        story, article = found[number], articles[number]
        delays += _look(story, article, now)
        again = max(math.ceil((now + watcher.wait(article)) / tick), math.floor(now / tick) + 1) * tick
        if again < story[0].since + HOURS_FOLLOWED:
            heappush(queue, (again, number))
    edited = sum(wording.there for story in found for wording in story[1:])
    missed = [math.inf] * (edited - len(delays))
    return Outcome(looks / len(found), len(delays) / edited, median(delays + missed))


def _look(story: Story, article: Article, now: float) -> list[float]:
    """What a look finds; how late, if it is an edited wording not seen yet."""
    article.last, article.now = article.now, now
    number = bisect_right(story, now, key=lambda wording: wording.since) - 1
    article.changed = article.wording not in (None, number)
    article.changes += article.changed
    is_caught = number > 0 and number != article.wording and story[number].there
    article.wording = number
    return [now - story[number].since] if is_caught else []


Made = Callable[[float], Watcher]  # from the one number by which it can be made to look more or less often
