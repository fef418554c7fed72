"""Topics and authors with their articles, highest article number first, which is mostly the newest."""

from itertools import chain
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.errors import NothingFound
from archive.model import Kind
from archive.pagekey import NUMBER_LIMIT
from archive.store.query.listing import ARTICLE_COLUMNS, ListedArticle

TOO_MANY_TO_COUNT = 1000  # articles


class TopicOrAuthor(NamedTuple):
    """A topic or an author. ``ids`` are rows of ``tags`` or ``authors``, several if it was renamed."""

    kind: Kind
    ids: tuple[int, ...]
    names: tuple[str, ...]
    number: int | None


NAME_TABLES = {Kind.TOPIC: "tags", Kind.AUTHOR: "authors"}

# Along an index that ends in the article's number, so that the first page is fast however many there are.
_ARTICLES = {
    Kind.TOPIC: f"SELECT {ARTICLE_COLUMNS} FROM article_tags s JOIN articles a ON a.id = s.article_id"  # noqa: S608
    " WHERE s.tag_id = :id AND s.article_id < :before ORDER BY s.article_id DESC LIMIT :limit",
    Kind.AUTHOR: f"SELECT {ARTICLE_COLUMNS} FROM version_authors s"  # noqa: S608 - our own columns
    " CROSS JOIN articles a ON a.latest_version_id = s.version_id"
    " WHERE s.author_id = :id AND s.version_id < :before * 10000 ORDER BY s.version_id DESC LIMIT :limit",
}


class TopicsAuthors:
    """Topics and authors, and their articles."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, kind: Kind, key: str) -> TopicOrAuthor:
        """Return a topic or author by its number in the paper or by name. Raise :exc:`NothingFound`."""
        table = self._db[NAME_TABLES[kind]]
        sought = int(key) if key.isascii() and key.isdigit() and len(key) <= len(str(NUMBER_LIMIT)) else None
        rows = [*table.rows_where("number = ?", [sought], order_by="id")]
        rows = rows or [*table.rows_where("name = ?", [key])]
        if not rows:
            raise NothingFound(f'the archive has no {kind.value} "{clean(key)}"')
        ids, names = tuple(row["id"] for row in rows), tuple(row["name"] for row in rows)
        return TopicOrAuthor(kind, ids, names, rows[-1]["number"])

    def articles(self, found: TopicOrAuthor, *, limit: int, before: int | None = None) -> list[ListedArticle]:
        """Return articles whose number is below ``before``, highest number first."""
        values = {"limit": limit, "before": NUMBER_LIMIT if before is None else before}
        rows = [self._db.execute(_ARTICLES[found.kind], {"id": row, **values}) for row in found.ids]
        listed = {row[0]: ListedArticle(*row) for row in chain.from_iterable(rows)}
        return [listed[article] for article in sorted(listed, reverse=True)[:limit]]

    def count(self, found: TopicOrAuthor) -> int:
        """Return the number of articles; :data:`TOO_MANY_TO_COUNT` means that many or more."""
        return len(self.articles(found, limit=TOO_MANY_TO_COUNT))
