"""Captures of a made-up paper as a dataset: half as many articles, each edited once, and pages of sections.

``python -m benchmarks.synthetic_captures FOLDER 1000000`` writes such a dataset. Some sections edit headlines
more often than others, and earlier. Pages are made from a few hundred, with other numbers.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple, Self

from archive.bulk.captures.dataset import write_facts, write_manifest
from archive.bulk.storage import open_storage
from archive.dump.writer import write_dump, write_menu
from archive.model import Article, Author, Kind, Menu, Outcome, PageKey, Paragraph, Tag, Teaser
from archive.pagekey import selector
from archive.renditions.forms import gopher
from archive.store import CaptureFact, Part, digest_of
from archive.timestamps import stamp
from benchmarks.multiplied_archive import SYLLABLES

FIRST, PLACEHOLDER = 6_000_000, b"6000000"
START, END = datetime(2005, 1, 1, 6, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
MAX_STEP = timedelta(minutes=20)  # between articles
TEMPLATES, PARAGRAPHS, WORDS = 200, 8, 40
LISTED, NEW_PER_MENU = 40, 20  # articles that a section's page lists, and of these, new ones


class Section(NamedTuple):
    """A section, how often it edits headlines, and after how many hours on average."""

    number: int
    name: str
    edits: float
    hours: float


SECTIONS = (
    Section(4611, "Politik", 0.40, 2),
    Section(4612, "Gesellschaft", 0.20, 6),
    Section(4613, "Kultur", 0.08, 30),
    Section(4614, "Sport", 0.30, 1),
    Section(4615, "Berlin", 0.15, 12),
    Section(4616, "Nord", 0.10, 20),
    Section(4617, "Wahrheit", 0.03, 24),
    Section(4618, "Öko", 0.25, 8),
)
EDITED_HOURS = 10.0  # on average, until another edit than that of a headline


class Pages(NamedTuple):
    """Pages of one article as first published, with another headline, and with another text."""

    first: bytes
    headline: bytes
    text: bytes


class Calendar(NamedTuple):
    """When articles appear: one after each ``step``."""

    step: timedelta

    @classmethod
    def of(cls, articles: int) -> Self:
        """Return the calendar of so many articles, of which the last one is edited before the year 2026."""
        return cls(min(MAX_STEP, (END - START) / max(articles, 1)))

    def appeared(self, number: int) -> datetime:
        """Return when an article appears."""
        return START + (number - FIRST) * self.step


def fill_dataset(url: str, captures: int) -> None:
    """Write a dataset with so many captures of articles, and some of sections."""
    storage, dice = open_storage(url), Random(1)
    templates = [_template(dice) for _ in range(TEMPLATES)]
    numbers = range(FIRST, FIRST + captures // 2)
    calendar = Calendar.of(captures // 2)
    files = []
    for part, some in _by_part(numbers):
        facts = (
            fact
            for number in some
            for fact in _article(number, calendar, templates[number % TEMPLATES], dice)
        )
        files += write_facts(storage, part, facts)
    for section in SECTIONS:
        files += write_facts(storage, Part.of(_key(section)), _menus(section, numbers, calendar))
    write_manifest(storage, files)


def _by_part(numbers: range) -> Iterator[tuple[Part, range]]:
    at = numbers.start
    while at < numbers.stop:
        part = Part.of(PageKey(Kind.ARTICLE, at))
        yield part, range(at, min(part.last + 1, numbers.stop))
        at = part.last + 1


# -- Articles ---------------------------------------------------------------------------------------------


def _template(dice: Random) -> Pages:
    words = ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 4))) for _ in range(2_000)]
    blocks = tuple(Paragraph(_text(dice, words, WORDS)) for _ in range(PARAGRAPHS))
    first, second = (f"Meldung Nr. {FIRST}: {_text(dice, words, 4)}" for _ in range(2))
    author = Author(f"Erika Muster {dice.randrange(97)}", 20_000)
    return Pages(
        _page(first, blocks, author), _page(second, blocks, author), _page(first, blocks[1:], author)
    )


def _text(dice: Random, words: list[str], count: int) -> str:
    return " ".join(words[int(len(words) ** dice.random()) - 1] for _ in range(count)).capitalize() + "."


def _page(title: str, blocks: tuple[Paragraph, ...], author: Author) -> bytes:
    article = Article(
        title=title,
        lead=blocks[-1].text[:80],
        blocks=blocks,
        published=START.date(),
        authors=(author,),
        tags=(Tag("Thema", 5_000_001),),
    )
    return gopher.encode(write_dump(article), host="taz.de", port=70)


def _section(number: int) -> Section:
    return SECTIONS[number % len(SECTIONS)]


def _article(number: int, calendar: Calendar, pages: Pages, dice: Random) -> Iterator[CaptureFact]:
    """Yield the two captures of an article."""
    section, at, key = _section(number), calendar.appeared(number), PageKey(Kind.ARTICLE, number)
    is_headline = dice.random() < section.edits
    hours = dice.expovariate(1 / (section.hours if is_headline else EDITED_HOURS))
    written = b"%d" % number
    yield _fact(key, at, pages.first.replace(PLACEHOLDER, written))
    edited = pages.headline if is_headline else pages.text
    yield _fact(key, at + timedelta(hours=hours, seconds=1), edited.replace(PLACEHOLDER, written))


def _fact(key: PageKey, at: datetime, body: bytes) -> CaptureFact:
    return CaptureFact(
        kind=key.kind.value,
        number=key.number,
        captured_at=stamp(at),
        digest=digest_of(body),
        source="gopher",
        url=f"gopher://taz.de/1{selector(key)}",
        rendition="gopher",
        outcome=Outcome.OK.value,
        problem=None,
        body=body,
    )


# -- Sections ---------------------------------------------------------------------------------------------


def _key(section: Section) -> PageKey:
    return PageKey(Kind.SECTION, section.number)


def _menus(section: Section, numbers: range, calendar: Calendar) -> Iterator[CaptureFact]:
    """Yield captures of a section's page that list all of its articles, the newest first."""
    own = [number for number in numbers if _section(number) is section]
    listed: list[int] = []
    for start in range(0, len(own), NEW_PER_MENU):
        new = own[start : start + NEW_PER_MENU]
        listed = [*reversed(new), *listed][:LISTED]
        entries = tuple(Teaser(f"Meldung Nr. {number}", None, f"/!{number}") for number in listed)
        body = gopher.encode(write_menu(Menu(title=section.name, entries=entries)), host="taz.de", port=70)
        yield _fact(_key(section), calendar.appeared(new[-1]), body)


if __name__ == "__main__":
    fill_dataset(sys.argv[1], int(sys.argv[2]))
