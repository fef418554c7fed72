"""Versions of articles: their rows, and the parts of the page that a row describes."""

from collections.abc import Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.errors import NothingFound
from archive.model import Article, Author, Block, Paragraph, Subhead, Truncation
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.query.as_of import stamp_or_end, version_as_of
from archive.timestamps import display_stamp


class PartCounts(NamedTuple):
    """Numbers of blocks and links of a version; as a bound, -1 means any number."""

    blocks: int = -1
    links: int = -1


ALL_PARTS = PartCounts()

VERSION = ", ".join(VersionRow._fields)
_DIGEST_DIGITS = 64
_IS_AS_OF = f"id = {version_as_of(':article', ':at')}"


class Versions:
    """The versions of articles."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, article: int) -> list[VersionRow]:
        """Return all versions of an article, oldest first. Raise :exc:`NothingFound` if it has none."""
        rows = self._rows("article_id = :article", article=article)
        if not rows:
            raise NothingFound(why_unknown(self._db, article))
        return rows

    def between(self, article: int, first: int, last: int) -> list[VersionRow]:
        """Return the versions of an article from one number to another, oldest first."""
        return self._rows(
            "article_id = :article AND number BETWEEN :first AND :last",
            article=article,
            first=first,
            last=last,
        )

    def count(self, article: int) -> int:
        """Return the number of versions of an article. Raise :exc:`NothingFound` if it has none."""
        known = self._db["versions"].count_where("article_id = ?", [article])
        if not known:
            raise NothingFound(why_unknown(self._db, article))
        return known

    def numbered(self, article: int, number: int) -> VersionRow:
        """Return the version of an article with a number. Raise :exc:`NothingFound` if it has none."""
        known = self.count(article)
        rows = self._rows("article_id = :article AND number = :number", article=article, number=number)
        if not rows:
            raise _no_version(article, number, known)
        return rows[0]

    def with_digest(self, digits: str) -> VersionRow:
        """Return the first version whose digest begins with hexadecimal digits.

        Raise :exc:`NothingFound` if no version has such a digest, or if several different ones begin so.
        """
        first, last = (bytes.fromhex(digits.ljust(_DIGEST_DIGITS, end)) for end in "0f")
        rows = self._rows("digest BETWEEN :first AND :last", first=first, last=last)
        if not rows:
            raise NothingFound(f"no version in the archive has a digest that begins with {digits}")
        if len({row.digest for row in rows}) > 1:
            raise NothingFound(f"the digests of {len(rows)} versions begin with {digits}; give more digits")
        return min(rows, key=attrgetter("first_seen", "id"))

    def at(self, article: int, at: datetime | None) -> VersionRow:
        """Return the version of an article as of a time. Raise :exc:`NothingFound` before the first."""
        rows = self._rows(_IS_AS_OF, article=article, at=stamp_or_end(at))
        if not rows:
            raise NothingFound(_not_seen_yet(self.numbered(article, 1)))
        return rows[0]

    def _rows(self, condition: str, **values: object) -> list[VersionRow]:
        # Raw SQL: to record a capture, earlier versions are read.
        query = f"SELECT {VERSION} FROM versions WHERE {condition} ORDER BY number"  # noqa: S608 - ours
        return [VersionRow(*row) for row in self._db.execute(query, values)]

    def latest(self, article: int) -> VersionRow:
        """Return the latest version of an article that has one."""
        query = (
            f"SELECT {VERSION} FROM versions WHERE id = (SELECT latest_version_id FROM articles WHERE id = ?)"  # noqa: S608 - the row's own fields
        )
        return VersionRow(*self._db.execute(query, [article]).fetchone())

    def wording(self, row: VersionRow, *, blocks: int = -1) -> Article:
        """Return the editorial wording of a version, without links, tags and related articles.

        ``blocks`` bounds how many blocks of the text it has; -1 is no limit.
        """
        names = self._db.execute(
            "SELECT name, number FROM version_authors JOIN authors ON id = author_id"
            " WHERE version_id = ? ORDER BY position",
            [row.id],
        )
        return Article(
            title=row.title,
            lead=row.lead,
            caption=row.caption,
            dateline=row.dateline,
            blocks=blocks_of(row.text, blocks),
            published=date.fromisoformat(row.published) if row.published else None,
            authors=tuple(Author(*name) for name in names),
            truncations=self.truncations(row),
            paragraphs_inferred=bool(row.paragraphs_inferred),
            transliterated=bool(row.umlauts_transliterated),
        )

    def truncations(self, row: VersionRow) -> tuple[Truncation, ...]:
        """Return the truncations of a version that no capture healed."""
        if not row.truncation_count:
            return ()
        cuts = self._db.execute(
            "SELECT field, offset, max_missing FROM version_truncations WHERE version_id = ? ORDER BY rowid",
            [row.id],
        )
        return tuple(Truncation(*cut) for cut in cuts)

    def count_parts(self, row: VersionRow) -> PartCounts:
        """Return how many parts a version has."""
        links = self._db["links"].count_where("version_id = ?", [row.id])
        return PartCounts(blocks=row.text.count("\n\n") + 1, links=links)


def find_version(known: Sequence[VersionRow], number: int) -> VersionRow:
    """Return the version with a number from all versions of an article. Raise :exc:`NothingFound`."""
    if 1 <= number <= len(known):
        return known[number - 1]
    raise _no_version(known[0].article_id, number, len(known))


def _no_version(article: int, number: int, known: int) -> NothingFound:
    held = "only version 1" if known == 1 else f"versions 1 to {known}"
    return NothingFound(f"article {article} has {held}, no version {number}")


def _not_seen_yet(first: VersionRow) -> str:
    seen = display_stamp(first.first_seen)
    return f"article {first.article_id} was first seen {seen}; no earlier text is archived"


def blocks_of(text: str, most: int = -1) -> tuple[Block, ...]:
    """Return the blocks of a version's text, at most ``most`` of them; -1 is no limit."""
    blocks = text.split("\n\n", most) if text else []
    return tuple(_block(block) for block in (blocks if most < 0 else blocks[:most]))


def _block(text: str) -> Block:
    return Subhead(text[3:]) if text == "##" or text.startswith("## ") else Paragraph(text)


def why_unknown(db: Database, article: int) -> str:
    """Return why an article has no version: unknown, not fetched yet, or never readable."""
    row = db.execute(
        "SELECT due_at, outcome, problem FROM pages LEFT JOIN captures ON page_id = pages.id AND"
        " article_id IS NULL"
        " WHERE kind = 'article' AND number = ? ORDER BY captured_at DESC LIMIT 1",
        [article],
    ).fetchone()
    if row is None:
        return f"the archive holds no article {article}"
    due, outcome, problem = row
    if outcome is None:
        return f"article {article} is known from links but not fetched yet; it is due {due}"
    return f"article {article} was never read: {clean(problem or outcome)}"
