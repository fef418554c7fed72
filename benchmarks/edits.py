"""Edits detected and missed in a simulated year with captures from all sources.

Each article is captured repeatedly, more often while it is young, each time from a random source; some
fetches fail. Related articles and tags change, lines are truncated, umlauts transliterated, words broken by
soft hyphens. The truth is the newspaper's own history at the times of the captures.

Then six papers are read from a whole and a truncating source in turns, and the edits of titles and captions
that are reported are counted against those made.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from archive.model import Article, PageKey
from archive.reading.edits import edited_fields, find_edits
from archive.reading.history import Reading, derive_versions
from archive.reading.same_wording import Wording, same_wording, wording_of
from benchmarks.all_sources import SOURCES, TRUNCATING_SOURCE, read, written
from benchmarks.timing import show
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock

ARTICLES, DAILY = 360, 3
YEAR = timedelta(days=365)
CAPTURES = 72  # of an article, in its year
FAILURES = 0.03  # share of all fetches
TURNS = ("gopher", TRUNCATING_SOURCE)
TURN_SEEDS, TURN_ARTICLES, TURN_HOURS = range(1, 7), 80, (0, 4, 8, 12, 18, 24, 30, 36)
TrueReading = tuple[Reading, Wording]  # a reading, and the true wording


def main() -> None:
    counts = simulate(Newspaper(seed=1, articles=ARTICLES, daily=DAILY), CAPTURES)
    show("captures of a year, all sources mixed", counts["captures"], "captures")
    show("  edits between two captures", counts["edits"], "edits")
    show("  false versions", counts["false"], "versions")
    show("  missed edits", counts["missed"], "edits")
    show("  edits hidden by truncation or spelling in every capture", counts["hidden"], "edits")
    papers = (Newspaper(seed=seed, articles=TURN_ARTICLES, daily=30) for seed in TURN_SEEDS)
    turns = sum(map(in_turns, papers), Counter[tuple[str, str]]())
    for field in ("title", "caption"):
        show(f"edits of a {field}, read from two sources in turns", turns["true", field], "edits")
        show("  reported", turns["reported", field], "edits")
        show("  by comparison with the version before", turns["compared", field], "edits")


def simulate(newspaper: Newspaper, captures: int) -> Counter[str]:
    """Count captures, edits, and false, missed and hidden edits; ``captures`` is captures per article."""
    clock = PaperClock(START)
    edition = Edition(newspaper, clock)
    counts: Counter[str] = Counter()
    for key in newspaper.articles_there(START + YEAR):
        seen = list(_readings(newspaper, edition, clock, key, captures))
        counts["captures"] += len(seen)
        if seen:
            counts += _judged(seen)
    return counts


def in_turns(newspaper: Newspaper) -> Counter[tuple[str, str]]:
    """Count edits per field: ``true``, ``reported``, and ``compared`` (different from the version before)."""
    clock = PaperClock(START)
    edition = Edition(newspaper, clock)
    counts: Counter[tuple[str, str]] = Counter()
    for key in newspaper.articles_there(START + timedelta(hours=TURN_HOURS[-1])):
        readings, pages = list[Reading](), list[Article]()
        for number, hours in enumerate(TURN_HOURS):
            clock.set(START + timedelta(hours=hours))
            page, source = edition.page(key), TURNS[number % len(TURNS)]
            if isinstance(page, Article):
                article = read(source, key, written(source, edition, key, page))
                readings.append(Reading(captured_at=clock.now(), capture_id=number, article=article))
                pages.append(page)
        counts.update(_of_fields(pages, [version.article for version in derive_versions(readings)]))
    return counts


def _of_fields(pages: Sequence[Article], found: Sequence[Article]) -> Iterator[tuple[str, str]]:
    yield from (("true", field) for pair in pairwise(pages) for field in edited_fields(*pair))
    yield from (("reported", edit.field) for begun in find_edits(found) for edit in begun)
    for before, after in pairwise(found):
        for field in ("title", "caption"):
            if getattr(before, field) != getattr(after, field):
                yield "compared", field


def _readings(
    newspaper: Newspaper, edition: Edition, clock: PaperClock, key: PageKey, captures: int
) -> Iterator[TrueReading]:
    random = Random(f"{newspaper.seed} {key.number}")
    born = newspaper.wordings(key, START + YEAR)[0][0]
    for number, at in enumerate(_times(random, born, captures)):
        clock.set(at)
        page = edition.page(key)
        if isinstance(page, Article) and random.random() > FAILURES:
            source = random.choice(list(SOURCES))
            article = read(source, key, written(source, edition, key, page))
            yield Reading(captured_at=at, capture_id=number, article=article), wording_of(page)


def _times(random: Random, born: datetime, captures: int) -> list[datetime]:
    """Return capture times: half in the first two days, the others in the rest of the year."""
    early = [born + timedelta(days=2) * random.random() ** 2 for _ in range(captures // 2)]
    left = START + YEAR - born
    return sorted(early + [born + left * random.random() for _ in range(captures - len(early))])


def _judged(seen: Sequence[TrueReading]) -> Counter[str]:
    """Compare true edits with the versions found. An edit may be seen after it was made."""
    counts: Counter[str] = Counter()
    begun = {version.capture_ids[0] for version in derive_versions([reading for reading, _ in seen])}
    stretches = _stretches(seen)
    counts["edits"] = len(stretches) - 1
    for before, stretch in zip([None, *stretches], stretches, strict=False):
        starts = [reading for reading in stretch if reading.capture_id in begun]
        counts["false"] += max(len(starts) - 1, 0)
        if before and not starts:
            counts["hidden" if _hidden(before, stretch) else "missed"] += 1
    return counts


def _stretches(seen: Sequence[TrueReading]) -> list[list[Reading]]:
    """Group consecutive readings of one true wording."""
    stretches: list[list[Reading]] = []
    last = None
    for reading, true in seen:
        if true != last:
            stretches.append([])
        last = true
        stretches[-1].append(reading)
    return stretches


def _hidden(before: Sequence[Reading], after: Sequence[Reading]) -> bool:
    """Whether no capture after an edit contradicts any capture before it."""
    return all(same_wording(one.article, other.article) for one in before for other in after)
