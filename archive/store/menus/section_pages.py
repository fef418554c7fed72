"""The pages of sections and the front page, number 0: the articles that a page lists or listed."""

from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import NothingFound
from archive.store.query.listing import ARTICLE_COLUMNS, ListedArticle


class SectionSummary(NamedTuple):
    """A section's page, when it was last captured, and how many articles it listed then."""

    number: int
    name: str
    last_seen: str
    listed: int


class PlaceCursor(NamedTuple):
    """Where a list of a section's articles continues: after the article last seen then, at that place."""

    last_seen: str
    position: int


class SectionArticle(NamedTuple):
    """An article that a section's page lists or listed.

    It was there from ``first_seen`` to ``last_seen``, with or without interruptions, at ``position`` when it
    was last seen and at ``best_position`` at most.
    """

    article: ListedArticle
    first_seen: str
    last_seen: str
    position: int
    best_position: int


class SectionPages:
    """What the pages of sections list."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[SectionSummary]:
        """Return all captured pages by number, the front page first."""
        return [SectionSummary._make(row) for row in self._db.execute(_SUMMARIES, {"number": None})]

    def find(self, number: int) -> SectionSummary:
        """Return a page by its number. Raise :exc:`NothingFound` if it was not captured."""
        row = self._db.execute(_SUMMARIES, {"number": number}).fetchone()
        if row is None:
            raise NothingFound(
                f"no capture of section {number} is archived" if number else "no front page is archived"
            )
        return SectionSummary._make(row)

    def articles(self, number: int, *, limit: int, after: PlaceCursor | None = None) -> list[SectionArticle]:
        """Return articles, last seen on the page first; of those seen last together, the highest place first.

        Links on the page to articles that are not archived are left out.
        """
        values = {"number": number, "limit": limit, **(after or _START)._asdict()}
        return [
            SectionArticle(ListedArticle(*row[:_WIDTH]), *row[_WIDTH:])
            for row in self._db.execute(_ARTICLES, values)
        ]


_START = PlaceCursor("9999", 0)
_WIDTH = len(ListedArticle._fields)
# Both numbers are read from the end of an index.
_SUMMARIES = """
SELECT number, name, last, (SELECT count(*) FROM placements WHERE section_id = id AND last_seen = last) FROM
  (SELECT id, number, name, (SELECT max(last_seen) FROM placements WHERE section_id = s.id) AS last
   FROM sections s WHERE :number IS NULL OR number = :number)
WHERE last IS NOT NULL ORDER BY number
"""
# The last placement of each article, read along an index until there are enough.
_ARTICLES = f"""
WITH shown AS (
  SELECT p.section_id, p.article_id, p.last_seen, p.position
  FROM sections s CROSS JOIN placements p ON p.section_id = s.id
  WHERE s.number = :number AND p.article_id IS NOT NULL AND p.last_seen <= :last_seen
    AND (p.last_seen < :last_seen OR p.position > :position)
    AND NOT EXISTS (SELECT 1 FROM placements q WHERE q.article_id = p.article_id
      AND q.section_id = p.section_id
      AND (q.last_seen > p.last_seen OR q.last_seen = p.last_seen AND q.position < p.position))
  ORDER BY p.last_seen DESC, p.position LIMIT :limit
)
SELECT {ARTICLE_COLUMNS}, min(p.first_seen), s.last_seen, s.position, min(p.position)
FROM shown s JOIN articles a ON a.id = s.article_id
JOIN placements p ON p.article_id = s.article_id AND p.section_id = s.section_id
GROUP BY s.article_id ORDER BY s.last_seen DESC, s.position
"""  # noqa: S608 - our own columns
