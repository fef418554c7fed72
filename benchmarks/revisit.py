"""Revisit policies compared at the same number of fetches.

Ours was tuned on the newspaper with seed 1, and is measured on others: other seeds, slower and faster edits,
and a crawl that runs only every half hour. Each policy has one parameter that makes it fetch more or less
often, so all can be compared at a given number of fetches per article in its first three months.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from archive.model import Kind
from archive.policy.revisit import HOUR, ChangeRates, PageHistory, next_due, update_change_score
from benchmarks.chart import Axis, Panel, chart
from benchmarks.newsroom import TICK, Article, MakeWatcher, Outcome, Story, stories, watch
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import Newspaper

ARTICLES = 1500
ZERO = datetime(2025, 1, 1, tzinfo=UTC)
PICTURE = Path("docs/revisit.svg")
OURS = "taz-archive"


class Fixed:
    """A fixed interval in hours."""

    def __init__(self, hours: float) -> None:
        self._hours = hours

    def wait(self, _article: Article) -> float:
        return self._hours


# newsdiffs' table: articles younger than the first number of hours are fetched again after the second.
NEWSDIFFS = ((3, 0.25), (24, 1), (7 * 24, 3), (30 * 24, 72), (math.inf, 30 * 24))


class Table:
    """newsdiffs' intervals by age, multiplied by a factor."""

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def wait(self, article: Article) -> float:
        age = article.now - article.first
        return self._factor * next(hours for limit, hours in NEWSDIFFS if age < limit)


class Ratio:
    """diffengine's rule: fetch when the time since the last fetch is a share of the age (0.2 there)."""

    def __init__(self, share: float) -> None:
        self._share = share

    def wait(self, article: Article) -> float:
        return self._share * (article.now - article.first)


class Ours:
    """The policy of :mod:`archive.policy.revisit`, which learns this paper's change rates while it runs."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._change_rates = ChangeRates()

    def wait(self, article: Article) -> float:
        young, old = article.last - article.first, article.now - article.first
        if old > young:
            self._change_rates = self._change_rates.with_observations(young, old, changed=article.changed)
        passed = timedelta(hours=old - young)
        article.heat = update_change_score(Kind.ARTICLE, article.heat, passed=passed, changes=article.changed)
        born, now = (ZERO + timedelta(hours=at) for at in (article.first, article.now))
        past = PageHistory(
            appeared_at=born, first_checked_at=born, change_count=article.changes, change_score=article.heat
        )
        due = next_due(Kind.ARTICLE, past, now=now, change_rates=self._change_rates, patience=self._patience)
        return (due - now) / HOUR


# Each with parameters for about 10 to some hundred fetches per article.
POLICIES: Mapping[str, tuple[MakeWatcher, Sequence[float]]] = {
    "fixed interval": (Fixed, (11, 18, 36, 72, 144)),
    "newsdiffs' table": (Table, (0.7, 1, 1.5, 2, 3, 4, 6, 8)),
    "diffengine's ratio": (Ratio, (0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.57, 0.8)),
    OURS: (Ours, (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.09, 0.14, 0.22)),
}
SIZES = (90, 45, 20)  # fetches per article at which all are compared
Curves = Mapping[str, list[Outcome]]


def main() -> None:
    papers = {
        "other seed": (stories(Newspaper(seed=2, articles=0), ARTICLES), TICK),
        "third seed": (stories(Newspaper(seed=3, articles=0), ARTICLES), TICK),
        "edits 4 × slower": (stories(Newspaper(seed=4, articles=0), ARTICLES, slower=4), TICK),
        "edits 3 × quicker": (stories(Newspaper(seed=5, articles=0), ARTICLES, slower=1 / 3), TICK),
        "crawl every 30 min": (stories(Newspaper(seed=6, articles=0), ARTICLES), 0.5),
    }
    measured = {name: curves(*paper) for name, paper in papers.items()}
    for name, curves_of_paper in measured.items():
        _show(name, curves_of_paper)
    PICTURE.write_text(picture(next(iter(measured.values()))), encoding="utf-8")


def picture(found: Curves) -> str:
    """Return the chart ``docs/revisit.svg``."""
    fetches = Axis(7, 200, (10, 20, 50, 100, 200), log=True)
    caught = {name: [(o.fetches, 100 * o.caught) for o in outcomes] for name, outcomes in found.items()}
    delay = {name: [(o.fetches, 60 * o.delay) for o in outcomes] for name, outcomes in found.items()}
    below = "fetches of an article in its first three months"
    return chart(
        [
            Panel("edited wordings caught, %", below, fetches, Axis(40, 100, range(40, 101, 10)), caught),
            Panel(
                "minutes until caught, median",
                below,
                fetches,
                Axis(5, 10_000, (5, 15, 60, 240, 1440, 10_000), log=True),
                delay,
            ),
        ],
        "With the same number of fetches, taz-archive catches more edited wordings, and sooner, than a fixed"
        " interval, newsdiffs' table and diffengine's ratio.",
    )


def curves(found: Sequence[Story], tick: float) -> Curves:
    """Return the outcomes of each policy, by increasing number of fetches."""
    return {
        name: sorted((watch(found, make(number), tick=tick) for number in numbers), key=lambda o: o.fetches)
        for name, (make, numbers) in POLICIES.items()
    }


def _show(paper: str, found: Curves) -> None:
    for fetches in SIZES:
        others = {name: at(outcomes, fetches) for name, outcomes in found.items() if name != OURS}
        there = {name: outcome for name, outcome in others.items() if outcome}
        best = max(there, key=lambda name: there[name].caught)
        needed = fetches_for(found[OURS], there[best].caught)
        ours = at(found[OURS], fetches)
        show(f"{paper}, {fetches} fetches: caught by the best other", 100 * there[best].caught, "%", best)
        if ours:
            soonest = 60 * min(outcome.delay for outcome in there.values())
            show("  caught by ours", 100 * ours.caught, "%")
            show("  median delay, ours", 60 * ours.delay, "min", f"best other {soonest:.0f}")
        show("  fetches ours needs to catch as much", 100 * needed / fetches, "% of its")


def at(outcomes: Sequence[Outcome], fetches: float) -> Outcome | None:
    """Interpolate a policy's outcome for a number of fetches; None outside the measured range."""
    for less, more in pairwise(outcomes):
        if less.fetches <= fetches <= more.fetches:
            part = math.log(fetches / less.fetches) / math.log(more.fetches / less.fetches)
            caught = less.caught + part * (more.caught - less.caught)
            return Outcome(fetches, caught, min(less.delay, less.delay + part * (more.delay - less.delay)))
    return None


def fetches_for(outcomes: Sequence[Outcome], caught: float) -> float:
    """Return the fetches a policy needs to catch a share; the fewest measured if those already do."""
    for less, more in pairwise(outcomes):
        if less.caught <= caught <= more.caught:
            part = (caught - less.caught) / ((more.caught - less.caught) or 1)
            return float(less.fetches * (more.fetches / less.fetches) ** part)
    return outcomes[0].fetches if caught < outcomes[0].caught else math.inf
