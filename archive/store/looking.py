"""Looking articles up: lists of them, and one as it read at a given time, a memento (RFC 7089)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.errors import NothingFound
from archive.model import Article, Author, Block, Cut, Kind, Link, PageKey, Paragraph, Subhead, Tag, Teaser
from archive.pagekey import selector
from archive.store.times import stamp


class Listed(NamedTuple):
    """One article in a list. Times are stamps, ``published`` a date, ``state`` is ``here`` or ``gone``."""

    id: int
    published: str | None
    versions: int
    state: str
    title: str
    first_seen: str
    last_seen: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which articles to list. ``since`` and ``until`` are days of publication, both included.

    ``state`` is ``here`` or ``gone``; ``author`` and ``tag`` are part of a name, in any case.
    """

    since: date | None = None
    until: date | None = None
    state: str | None = None
    edited: bool = False
    author: str | None = None
    tag: str | None = None


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


LISTED = ", ".join(f"a.{field}" for field in Listed._fields)
VERSION = ", ".join(VersionRow._fields)
# Each with the value it needs; a list's conditions are those whose value is wanted.
CONDITIONS = {
    "since": "a.published >= :since",
    "until": "a.published <= :until",
    "state": "a.state = :state",
    "edited": "a.versions > 1",
    "author": "a.latest_version IN (SELECT version FROM version_authors"
    " WHERE author IN (SELECT value FROM json_each(:author)))",
    "tag": "a.id IN (SELECT article FROM article_tags WHERE tag IN (SELECT value FROM json_each(:tag)))",
}


def articles(db: Database, wanted: Wanted, *, limit: int) -> list[Listed]:
    """Articles, the last published first, those without a date at the end. ``limit`` 0 is no limit."""
    values: dict[str, object] = {
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
        "state": wanted.state,
        "edited": wanted.edited or None,
        "author": wanted.author and named(db, "authors", wanted.author),
        "tag": wanted.tag and named(db, "tags", wanted.tag),
    }
    where = [CONDITIONS[name] for name, value in values.items() if value is not None]
    rows = db.execute(
        f"SELECT {LISTED} FROM articles a WHERE {' AND '.join(['1', *where])}"  # noqa: S608
        " ORDER BY published DESC, first_seen DESC, id DESC LIMIT :limit",
        {**values, "limit": limit or -1},
    )
    return [Listed(*row) for row in rows]


def named(db: Database, table: str, part: str) -> str:
    """The ids, as JSON, of the authors or tags that ``part`` is in. SQLite's LIKE knows no Ä."""
    names = db.execute(f"SELECT id, name FROM {table}").fetchall()  # noqa: S608 - one of two tables of ours
    return json.dumps([number for number, name in names if clean(part).casefold() in name.casefold()])


def versions(db: Database, article: int) -> list[VersionRow]:
    """All versions of an article, oldest first. Raises :exc:`NothingFound` if it has none."""
    rows = db.execute(
        f"SELECT {VERSION} FROM versions WHERE article = ? ORDER BY number",  # noqa: S608 - the row's own fields
        [article],
    ).fetchall()
    if not rows:
        raise NothingFound(_why_unknown(db, article))
    return [VersionRow(*row) for row in rows]


def version(known: Sequence[VersionRow], number: int) -> VersionRow:
    """The one of that number. Raises :exc:`NothingFound`."""
    if 1 <= number <= len(known):
        return known[number - 1]
    held = "version 1 alone" if len(known) == 1 else f"versions 1 to {len(known)}"
    raise NothingFound(f"article {known[0].article} has {held}, no version {number}")


def version_at(known: Sequence[VersionRow], at: datetime) -> VersionRow:
    """The last one first seen at or before a time. Raises :exc:`NothingFound` before the first."""
    found = [row for row in known if row.first_seen <= stamp(at)]
    if not found:
        first = f"{known[0].first_seen[:10]} {known[0].first_seen[11:16]} UTC"
        raise NothingFound(
            f"article {known[0].article} was first seen {first}; how it read before, nobody saw"
        )
    return found[-1]


def memento(db: Database, article: int, *, at: datetime | None = None, number: int | None = None) -> Memento:
    """An article as it read at a time, or in one version, or, without either, as it last read.

    Raises :exc:`NothingFound` if there is none.
    """
    known = versions(db, article)
    if number is not None:
        row = version(known, number)
        first, last = row.first_seen, row.last_seen
    else:
        row = known[-1] if at is None else version_at(known, at)
        first = last = _last_look(db, article, at)
    (url,) = db.execute("SELECT url FROM articles WHERE id = ?", [article]).fetchone()
    return Memento(
        row=row,
        article=_whole(db, row, first, last),
        versions=len(known),
        url=url,
        gone_since=gone_since(db, article, at) if number is None else None,
    )


def wording(db: Database, row: VersionRow) -> Article:
    """The editorial wording of a version, and what is missing: without links, tags and related articles."""
    names = db.execute(
        "SELECT name, number FROM version_authors JOIN authors ON id = author WHERE version = ? ORDER BY n",
        [row.id],
    )
    return Article(
        title=row.title,
        lead=row.lead,
        caption=row.caption,
        dateline=row.dateline,
        blocks=blocks_of(row.text),
        published=date.fromisoformat(row.published) if row.published else None,
        authors=tuple(Author(*name) for name in names),
        cuts=cuts_of(db, row),
        guessed=bool(row.guessed),
        folded=bool(row.folded),
    )


def cuts_of(db: Database, row: VersionRow) -> tuple[Cut, ...]:
    """The places of a version that a source cut and no capture healed."""
    if not row.cuts:
        return ()
    cuts = db.execute(
        "SELECT field, place, most FROM version_cuts WHERE version = ? ORDER BY rowid", [row.id]
    )
    return tuple(Cut(*cut) for cut in cuts)


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


def _whole(db: Database, row: VersionRow, first: str, last: str) -> Article:
    """A version with its links, and with what drifts as it was on the page between two times."""
    span = [row.article, last, first]
    links = db.execute(
        'SELECT n, target, text, start, "end" FROM links WHERE version = ? ORDER BY rowid', [row.id]
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
        wording(db, row),
        links=tuple(Link(*link) for link in links),
        tags=tuple(Tag(*tag) for tag in tags),
        related=tuple(Teaser(title, text, _target(number)) for title, text, number in related),
    )


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a version's text."""
    return tuple(_block(block) for block in text.split("\n\n")) if text else ()


def _block(text: str) -> Block:
    return Subhead(text[3:]) if text == "##" or text.startswith("## ") else Paragraph(text)


def _target(article: int | None) -> str | None:
    return None if article is None else selector(PageKey(Kind.ARTICLE, article))


def _why_unknown(db: Database, article: int) -> str:
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
