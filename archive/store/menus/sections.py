"""The front page and the sections: which articles they list, where, and when."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.errors import NothingFound
from archive.model import Kind
from archive.pagekey import wanted_number
from archive.store.query.as_of import stamp_or_end


class Section(NamedTuple):
    """A section and the number of its page; 0 is the front page."""

    number: int
    name: str


class ArticlePlacement(NamedTuple):
    """When a section listed an article, as stamps, and the highest place at which it stood; 1 is the top."""

    section: int
    name: str
    first_seen: str
    last_seen: str
    best_position: int


class ArticlePlace(NamedTuple):
    """A place at which a section, or the front page (0), listed an article from one capture to another."""

    section: int
    name: str
    position: int
    first_seen: str
    last_seen: str


class Sections:
    """The sections whose pages were captured."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, at: datetime | None = None) -> list[Section]:
        """Return the sections that had listed an article by a time, by number, without the front page."""
        rows = self._db.execute(_SECTIONS, {"at": stamp_or_end(at)})
        return [Section._make(row) for row in rows]

    def named(self, wanted: str, at: datetime | None = None) -> list[int]:
        """Return the numbers of the sections that have ``wanted`` in their name, or as their number.

        Raise :exc:`NothingFound` if no section fits.
        """
        number, part = wanted_number(Kind.SECTION, wanted), clean(wanted).casefold()
        known = self.all(at)
        found = [
            section.number
            for section in known
            if (part in section.name.casefold() if number is None else number == section.number)
        ]
        if not found:
            others = f"there are {', '.join(clean(section.name) for section in known)}"
            raise NothingFound(
                f'no section is called "{clean(wanted)}"; {others if known else "no section was captured"}'
            )
        return found

    def articles(self, wanted: str) -> frozenset[int]:
        """Return the articles that such a section lists or listed."""
        rows = self._db.execute(_ARTICLES, [json.dumps(self.named(wanted))])
        return frozenset(article for (article,) in rows)

    def lowest_by_article(self, at: datetime | None) -> dict[int, Section]:
        """Return each article's section by a time; of several, the one with the lowest number."""
        rows = self._db.execute(_LOWEST_BY_ARTICLE, {"at": stamp_or_end(at)})
        return {article: Section(number, name) for article, number, name in rows}

    def lowest(self, articles: Iterable[int]) -> dict[int, Section]:
        """Return the sections of some articles; of several of one, that with the lowest number."""
        rows = self._db.execute(_LOWEST, [json.dumps(list(articles))])
        return {article: Section(number, name) for article, number, name in rows}

    def of_article(self, article: int) -> list[ArticlePlacement]:
        """Return where an article is or was listed, the front page first, then sections by number."""
        rows = self._db.execute(_OF_ARTICLE, [article])
        return [ArticlePlacement._make(row) for row in rows]

    def places(self, article: int) -> list[ArticlePlace]:
        """Return the places of an article over time, the front page first, then sections by number."""
        return [ArticlePlace._make(row) for row in self._db.execute(_PLACES, [article])]


_SECTIONS = """
SELECT number, name FROM sections s WHERE number > 0 AND EXISTS
  (SELECT 1 FROM placements WHERE section_id = s.id AND first_seen <= :at)
ORDER BY number
"""
_ARTICLES = """
SELECT DISTINCT p.article_id FROM sections s JOIN placements p ON p.section_id = s.id
WHERE s.number IN (SELECT value FROM json_each(?)) AND p.article_id NOT NULL
"""
_LOWEST_BY_ARTICLE = """
SELECT p.article_number, min(s.number), s.name FROM sections s JOIN placements p ON p.section_id = s.id
WHERE s.number > 0 AND p.first_seen <= :at GROUP BY p.article_number
"""
_LOWEST = """
SELECT p.article_id, min(s.number), s.name
FROM json_each(?) a CROSS JOIN placements p ON p.article_id = a.value JOIN sections s ON s.id = p.section_id
WHERE s.number > 0 GROUP BY p.article_id
"""
_OF_ARTICLE = """
SELECT number, name, first_seen, last_seen, best_position FROM article_sections WHERE article_id = ?
ORDER BY number
"""
_PLACES = """
SELECT s.number, s.name, p.position, p.first_seen, p.last_seen
FROM placements p JOIN sections s ON s.id = p.section_id WHERE p.article_id = ?
ORDER BY s.number, p.first_seen, p.position
"""
