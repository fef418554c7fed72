"""What else may find something, for a search or list that found little."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.model import Kind
from archive.store.menus.topics_authors import NAME_TABLES
from archive.store.query.listing import ArticleFilter, ids_named
from archive.store.search import search_sql
from archive.store.search.search import MAX_RANKED, Search
from archive.text.near_words import near_names
from archive.text.search_query import unknown_fields

_SINGLE_WORD = re.compile(r"[^\W_]{3,}")


class Continuation(NamedTuple):
    """A query that finds words that begin with a given one, and how many articles it finds.

    Of :data:`MAX_RANKED` articles and more, the number is :data:`MAX_RANKED`.
    """

    query: str
    articles: int


class UnknownName(NamedTuple):
    """A name that no topic or author has in theirs, and the names that are most like it."""

    kind: Kind
    name: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Why a search found nothing, and what finds something.

    ``fields`` are names in the query, before a colon, that are no fields. ``unfiltered`` counts what is found
    without the filters, ``earlier`` what is found among all versions, both up to :data:`MAX_RANKED`.
    """

    fields: tuple[str, ...] = ()
    names: tuple[UnknownName, ...] = ()
    unfiltered: int = 0
    earlier: int = 0


class Suggesting:
    """Suggestions for searches."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def longer_words(self, query: str) -> Continuation | None:
        """Return the query for all words that begin with a single word, if more articles have those."""
        word = clean(query)
        if not _SINGLE_WORD.fullmatch(word):
            return None
        exact, longer = (self._count_articles(match) for match in (word, f"{word}*"))
        return Continuation(f"{word}*", longer) if longer > exact else None

    def for_nothing(self, query: str, wanted: ArticleFilter, *, all_versions: bool = False) -> Suggestions:
        """Return suggestions for a search or, without a query, a list that found nothing."""
        has_filters = wanted != ArticleFilter()
        return Suggestions(
            fields=unknown_fields(query),
            names=self.unknown_names(wanted),
            unfiltered=self._count(query, ArticleFilter(), all_versions=all_versions) if has_filters else 0,
            earlier=0 if all_versions or not query else self._count(query, wanted, all_versions=True),
        )

    def unknown_names(self, wanted: ArticleFilter) -> tuple[UnknownName, ...]:
        """Return the topic and the author of a filter that no name in the archive contains."""
        given = ((Kind.TOPIC, wanted.tag), (Kind.AUTHOR, wanted.author))
        return tuple(
            UnknownName(kind, clean(name), self._near(kind, name))
            for kind, name in given
            if name and ids_named(self._db, NAME_TABLES[kind], name) == "[]"
        )

    def _near(self, kind: Kind, name: str) -> tuple[str, ...]:
        rows = self._db[NAME_TABLES[kind]].rows_where(select="name")
        return near_names(clean(name), [clean(row["name"]) for row in rows])

    def _count(self, query: str, wanted: ArticleFilter, *, all_versions: bool) -> int:
        found = Search(self._db).versions(query, wanted, limit=1, all_versions=all_versions)
        return found.count

    def _count_articles(self, match: str) -> int:
        rows = self._db.execute(search_sql.COUNT_ARTICLES, {"match": match, "most": MAX_RANKED})
        return int(rows.fetchone()[0])
