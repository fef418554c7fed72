"""Articles: lists of them, and how one read at a given time, a memento (RFC 7089)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlite_utils import Database

from archive.model import (
    Article,
    Kind,
    Link,
    PageKey,
    Tag,
    Teaser,
)
from archive.pagekey import selector
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.query.as_of import gone_since, last_read, stamp_or_end
from archive.store.query.listing import (
    ARTICLE_COLUMNS,
    CONDITIONS,
    ORDERS,
    ArticleFilter,
    ArticleOrder,
    ListedArticle,
    conditions,
)
from archive.store.query.versions import ALL_PARTS, PartCounts, Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """An article as it read at a time. ``gone_since`` is set if the article was gone by then."""

    row: VersionRow
    article: Article
    versions: int
    url: str | None
    gone_since: str | None


_LAST_READ = f"SELECT {last_read(':article', ':at')}"
_GONE_SINCE = f"SELECT {gone_since(':article', ':at')}"


class Articles:
    """Articles and their mementos."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def memento(
        self,
        article: int,
        *,
        at: datetime | None = None,
        number: int | None = None,
        most: PartCounts = ALL_PARTS,
    ) -> Memento:
        """Return an article as of a time, in the version with a number, or as it was last read.

        ``most`` bounds its blocks and links. Raise :exc:`NothingFound` if there is no such version.
        """
        known = Versions(self._db).count(article)
        if number is not None:
            row = Versions(self._db).numbered(article, number)
            first, last = row.first_seen, row.last_seen
        else:
            row = Versions(self._db).at(article, at)
            first = last = self._last_read(article, at)
        return Memento(
            row=row,
            article=self._whole(row, first, last, most),
            versions=known,
            url=self.url(article),
            gone_since=self.gone_since(article, at) if number is None else None,
        )

    def is_present(self, article: int) -> bool:
        """Return whether an article was present when it was last fetched."""
        return self._db["articles"].count_where("id = ? AND state = 'present'", [article]) > 0

    def held(self, numbers: Iterable[int]) -> frozenset[int]:
        """Return which of these articles the archive holds."""
        rows = self._db.execute(
            "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(numbers))],
        )
        return frozenset(number for (number,) in rows)

    def listed(
        self, wanted: ArticleFilter, *, limit: int, order: ArticleOrder = ArticleOrder.NEWEST
    ) -> list[ListedArticle]:
        """Return articles, by default the last published first. ``limit`` 0 is no limit."""
        return list(self.each(wanted, limit=limit, order=order))

    def each(
        self, wanted: ArticleFilter, *, limit: int = 0, order: ArticleOrder = ArticleOrder.NEWEST
    ) -> Iterator[ListedArticle]:
        """Yield articles as :meth:`listed` returns them, one at a time."""
        values = conditions(self._db, wanted)
        where = [CONDITIONS[name] for name in values]
        rows = self._db.execute(
            f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE {' AND '.join(['1', *where])}"  # noqa: S608
            f" ORDER BY {ORDERS[order]} LIMIT :limit",
            {**values, "limit": limit or -1},
        )
        yield from map(ListedArticle._make, rows)

    def find(self, article: int) -> ListedArticle | None:
        """Return an article; None if the archive has no version of it."""
        query = f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE id = ? AND version_count > 0"  # noqa: S608
        row = self._db.execute(query, [article]).fetchone()
        return row and ListedArticle._make(row)

    def url(self, article: int) -> str | None:
        """Return the URL of an article on the paper's website; None if it has none or is not archived."""
        row = self._db.execute("SELECT url FROM articles WHERE id = ?", [article]).fetchone()
        return row[0] if row else None

    def gone_since(self, article: int, at: datetime | None = None) -> str | None:
        """Return since when an article was gone at a time, or now; None if it was present."""
        (since,) = self._db.execute(_GONE_SINCE, {"article": article, "at": stamp_or_end(at)}).fetchone()
        return None if since is None else str(since)

    def _last_read(self, article: int, at: datetime | None) -> str:
        """Return when an article was last read, at or before a time by which it had been."""
        (last,) = self._db.execute(_LAST_READ, {"article": article, "at": stamp_or_end(at)}).fetchone()
        return str(last)

    def _whole(self, row: VersionRow, first: str, last: str, most: PartCounts) -> Article:
        """Return a version with its links, and with the tags and related articles seen between two times."""
        span = [row.article_id, last, first]
        links = self._db.execute(
            'SELECT position, target, text, start, "end" FROM links WHERE version_id = ?'
            " ORDER BY rowid LIMIT ?",
            [row.id, most.links],
        )
        tags = self._db.execute(
            "SELECT name, number FROM article_tags JOIN tags ON tags.id = tag_id"
            " WHERE article_id = ? AND first_seen <= ? AND last_seen >= ? ORDER BY first_seen, tag_id",
            span,
        )
        related = self._db.execute(
            "SELECT title, text, related_number FROM related_articles WHERE article_id = ? AND"
            " first_seen <= ? AND last_seen >= ?"
            " ORDER BY rowid",
            span,
        )
        return replace(
            Versions(self._db).wording(row, blocks=most.blocks),
            links=tuple(Link(*link) for link in links),
            tags=tuple(Tag(*tag) for tag in tags),
            related=tuple(Teaser(title, text, _target(number)) for title, text, number in related),
        )


def _target(article: int | None) -> str | None:
    return None if article is None else selector(PageKey(Kind.ARTICLE, article))
