"""Looking an article up: its versions, and how it read at a given time, a memento (RFC 7089)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.errors import NothingFound
from archive.model import (
    Article,
    Author,
    Block,
    Kind,
    Link,
    PageKey,
    Paragraph,
    Subhead,
    Tag,
    Teaser,
    Truncation,
)
from archive.pagekey import selector
from archive.timestamps import shown, stamp


class VersionRow(NamedTuple):
    """A version as its row has it. ``cuts`` counts places that its sources cut and no capture healed.

    ``guessed`` is 1 where its paragraphs are a guess, ``folded`` where its umlauts may be written out.
    """

    id: int
    article: int
    number: int
    first_seen: str
    last_seen: str
    title: str
    lead: str | None
    caption: str | None
    dateline: str | None
    published: str | None
    text: str
    words: int
    cuts: int
    guessed: int
    folded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """An article as it read at a time. ``gone_since`` is set if by then it was not to be found again."""

    row: VersionRow
    article: Article
    versions: int
    url: str | None
    gone_since: str | None


class Parts(NamedTuple):
    """Numbers of an article's parts; as a bound, -1 is for any number."""

    blocks: int = -1
    links: int = -1


ALL_PARTS = Parts()
VERSION = ", ".join(VersionRow._fields)


def versions(db: Database, article: int) -> list[VersionRow]:
    """All versions of an article, oldest first. Raises :exc:`NothingFound` if it has none."""
    rows = db.execute(
        f"SELECT {VERSION} FROM versions WHERE article = ? ORDER BY number",  # noqa: S608 - the row's own fields
        [article],
    ).fetchall()
    if not rows:
        raise NothingFound(why_unknown(db, article))
    return [VersionRow(*row) for row in rows]


def versions_between(db: Database, article: int, first: int, last: int) -> list[VersionRow]:
    """The versions of an article from one number to another, oldest first."""
    rows = db.execute(
        f"SELECT {VERSION} FROM versions WHERE article = ? AND number BETWEEN ? AND ? ORDER BY number",  # noqa: S608
        [article, first, last],
    )
    return [VersionRow(*row) for row in rows]


def version(known: Sequence[VersionRow], number: int) -> VersionRow:
    """The one of that number. Raises :exc:`NothingFound`."""
    if 1 <= number <= len(known):
        return known[number - 1]
    raise _no_version(known[0].article, number, len(known))


def count_versions(db: Database, article: int) -> int:
    """How many versions an article has. Raises :exc:`NothingFound` if it has none."""
    (known,) = db.execute("SELECT count(*) FROM versions WHERE article = ?", [article]).fetchone()
    if not known:
        raise NothingFound(why_unknown(db, article))
    return int(known)


def version_numbered(db: Database, article: int, number: int) -> VersionRow:
    """The same without reading all of them."""
    known = count_versions(db, article)
    row = db.execute(
        f"SELECT {VERSION} FROM versions WHERE article = ? AND number = ?",  # noqa: S608 - the row's own fields
        [article, number],
    ).fetchone()
    if row is None:
        raise _no_version(article, number, known)
    return VersionRow(*row)


def _no_version(article: int, number: int, known: int) -> NothingFound:
    held = "version 1 alone" if known == 1 else f"versions 1 to {known}"
    return NothingFound(f"article {article} has {held}, no version {number}")


def version_at(db: Database, article: int, at: datetime | None) -> VersionRow:
    """The last one first seen at or before a time. Raises :exc:`NothingFound` before the first."""
    row = db.execute(
        f"SELECT {VERSION} FROM versions WHERE article = :article AND (:at IS NULL OR first_seen <= :at)"  # noqa: S608
        " ORDER BY first_seen DESC, id DESC LIMIT 1",
        {"article": article, "at": at and stamp(at)},
    ).fetchone()
    if row is None:
        raise NothingFound(_not_seen_yet(version_numbered(db, article, 1)))
    return VersionRow(*row)


def _not_seen_yet(first: VersionRow) -> str:
    return f"article {first.article} was first seen {shown(first.first_seen)}; how it read before, nobody saw"


def memento(
    db: Database,
    article: int,
    *,
    at: datetime | None = None,
    number: int | None = None,
    most: Parts = ALL_PARTS,
) -> Memento:
    """An article as it read at a time, or in one version, or, without either, as it last read.

    It has its first parts, up to ``most``. Raises :exc:`NothingFound` if there is none.
    """
    known = count_versions(db, article)
    if number is not None:
        row = version_numbered(db, article, number)
        first, last = row.first_seen, row.last_seen
    else:
        row = version_at(db, article, at)
        first = last = _last_look(db, article, at)
    return Memento(
        row=row,
        article=_whole(db, row, first, last, most),
        versions=known,
        url=url_of(db, article),
        gone_since=gone_since(db, article, at) if number is None else None,
    )


def url_of(db: Database, article: int) -> str | None:
    """Its address on the paper's website; None if it has none, or nobody knows the article."""
    row = db.execute("SELECT url FROM articles WHERE id = ?", [article]).fetchone()
    return row[0] if row else None


def wording(db: Database, row: VersionRow, *, blocks: int = -1) -> Article:
    """The editorial wording of a version, and what is missing: without links, tags and related articles.

    With ``blocks`` it has no more than so many, the first.
    """
    names = db.execute(
        "SELECT name, number FROM version_authors JOIN authors ON id = author WHERE version = ? ORDER BY n",
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
        truncations=cuts_of(db, row),
        paragraphs_inferred=bool(row.guessed),
        transliterated=bool(row.folded),
    )


def cuts_of(db: Database, row: VersionRow) -> tuple[Truncation, ...]:
    """The places of a version that a source cut and no capture healed."""
    if not row.cuts:
        return ()
    cuts = db.execute(
        "SELECT field, place, most FROM version_cuts WHERE version = ? ORDER BY rowid", [row.id]
    )
    return tuple(Truncation(*cut) for cut in cuts)


def gone_since(db: Database, article: int, at: datetime | None = None) -> str | None:
    """When an article was first not found again, if that is how it was at a time; the latest without one."""
    row = db.execute(GONE_SINCE, {"article": article, "at": at and stamp(at)}).fetchone()
    return row[0] if row else None


LAST_LOOK = """
SELECT max(captured_at) FROM captures
WHERE article = :article AND outcome = 'ok' AND (:at IS NULL OR captured_at <= :at)
"""
GONE_SINCE = f"""
SELECT min(captured_at) FROM captures
WHERE article = :article AND outcome = 'absent' AND (:at IS NULL OR captured_at <= :at)
  AND captured_at > ({LAST_LOOK})
"""  # noqa: S608 - made of our own text


def _last_look(db: Database, article: int, at: datetime | None) -> str:
    """When the article was last read, at or before a time by which it had been."""
    (last,) = db.execute(LAST_LOOK, {"article": article, "at": at and stamp(at)}).fetchone()
    return str(last)


def _whole(db: Database, row: VersionRow, first: str, last: str, most: Parts) -> Article:
    """A version with its links, and with what drifts as it was on the page between two times."""
    span = [row.article, last, first]
    links = db.execute(
        'SELECT n, target, text, start, "end" FROM links WHERE version = ? ORDER BY rowid LIMIT ?',
        [row.id, most.links],
    )
    tags = db.execute(
        "SELECT name, number FROM article_tags JOIN tags ON tags.id = tag"
        " WHERE article = ? AND first_seen <= ? AND last_seen >= ? ORDER BY first_seen, tag",
        span,
    )
    related = db.execute(
        "SELECT title, text, number FROM related WHERE article = ? AND first_seen <= ? AND last_seen >= ?"
        " ORDER BY rowid",
        span,
    )
    return replace(
        wording(db, row, blocks=most.blocks),
        links=tuple(Link(*link) for link in links),
        tags=tuple(Tag(*tag) for tag in tags),
        related=tuple(Teaser(title, text, _target(number)) for title, text, number in related),
    )


def count_parts(db: Database, row: VersionRow) -> Parts:
    """Return how many parts a version has."""
    (links,) = db.execute("SELECT count(*) FROM links WHERE version = ?", [row.id]).fetchone()
    return Parts(blocks=row.text.count("\n\n") + 1, links=links)


def blocks_of(text: str, most: int = -1) -> tuple[Block, ...]:
    """The blocks of a version's text, or only the first of them."""
    blocks = text.split("\n\n", most) if text else []
    return tuple(_block(block) for block in (blocks if most < 0 else blocks[:most]))


def _block(text: str) -> Block:
    return Subhead(text[3:]) if text == "##" or text.startswith("## ") else Paragraph(text)


def _target(article: int | None) -> str | None:
    return None if article is None else selector(PageKey(Kind.ARTICLE, article))


def why_unknown(db: Database, article: int) -> str:
    """Why there is no reading of an article: nobody knows it, looked, or could read it."""
    row = db.execute(
        "SELECT due, outcome, problem FROM pages LEFT JOIN captures ON page = pages.id AND article IS NULL"
        " WHERE kind = 'article' AND number = ? ORDER BY captured_at DESC LIMIT 1",
        [article],
    ).fetchone()
    if row is None:
        return f"the archive holds no article {article}"
    due, outcome, problem = row
    if outcome is None:
        return f"article {article} is known from links but not fetched yet; it is due {due}"
    return f"article {article} was never read: {clean(problem or outcome)}"
