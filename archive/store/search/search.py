"""Full-text search with filters. Reads the rarer side first, the words or the filter, to be fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.model import Kind
from archive.pagekey import wanted_number
from archive.store.query.listing import ArticleFilter, ArticleOrder, conditions
from archive.store.search import search_sql
from archive.store.search.fts import SearchHit, load_hits, try_match
from archive.text.search_query import is_as_typed, readings

# With fewer matches than this, all of them are ranked, filtered and counted.
MAX_RANKED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The hits of a search, and how they are sorted: too many to rank are the newest first.

    ``count`` is the number of hits on all pages; unless ``exact``, there are that many or more. ``reading``
    is how the query was read, in FTS5's language; None for an empty one.
    """

    hits: Sequence[SearchHit]
    order: ArticleOrder
    count: int
    exact: bool
    reading: str | None = None


class _Page(NamedTuple):
    limit: int
    offset: int


class Search:
    """Full-text search."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def versions(
        self,
        query: str,
        wanted: ArticleFilter,
        *,
        limit: int,
        offset: int = 0,
        order: ArticleOrder = ArticleOrder.BEST,
        all_versions: bool = False,
        max_ranked: int = MAX_RANKED,
    ) -> SearchResult:
        """Return the versions that match a query and a filter.

        ``query`` is in FTS5's language (``Nato AND Gipfel*``, ``"rote Linie"``, ``title: Bahn``); anything
        else is searched word by word, and an empty query matches all. Words match in other spellings too:
        Straße matches strasse. The number of an article finds it first. ``limit`` -1 is no limit.
        """
        values = conditions(self._db, wanted, named=True)
        query, page = clean(query), _Page(limit, offset)
        found = _FilteredSearch(self._db, values, all_versions=all_versions, max_ranked=max_ranked)
        if not query:
            return found.listed(order, page)
        first = [] if values else self._numbered(query)
        match, is_few = self._find_match(query, max_ranked)
        if match is None:
            hits = load_hits(self._db, first[offset:], None)
            return SearchResult(
                hits=hits, order=order, count=len(first), exact=True, reading=next(readings(query))
            )
        return found.matched(match, order, page, first, is_few=is_few)

    def _numbered(self, query: str) -> list[int]:
        """Return the id of the latest version of the article whose number the query is."""
        number = wanted_number(Kind.ARTICLE, query)
        rows = self._db.execute("SELECT latest_version_id FROM articles WHERE id = ?", [number])
        return [version for (version,) in rows if version is not None]

    def _find_match(self, query: str, max_ranked: int) -> tuple[str | None, bool]:
        """Return the first reading of the query that finds anything, and whether it has few matches."""
        for match in readings(query):
            rows = try_match(self._db, search_sql.COUNT_MATCHES, {"match": match, "most": max_ranked})
            if rows and rows[0][0]:
                return match, rows[0][0] < max_ranked
            if rows and (match == query or not is_as_typed(query, match)):
                break
        return None, True


@dataclass(frozen=True, slots=True)
class _FilteredSearch:
    """A search of the versions that pass filters, given as conditions with their values."""

    db: Database
    values: dict[str, object]
    all_versions: bool
    max_ranked: int

    def listed(self, order: ArticleOrder, page: _Page) -> SearchResult:
        """Return the versions that pass the filters."""
        sql = search_sql.listed(list(self.values), order, all_versions=self.all_versions)
        count_sql = search_sql.count_listed(list(self.values), all_versions=self.all_versions)
        ((count,),) = self.db.execute(count_sql, {"most": self.max_ranked, **self.values})
        hits = load_hits(self.db, self._ids(sql, page), None)
        return SearchResult(
            hits=hits,
            order=ArticleOrder.NEWEST if order is ArticleOrder.BEST else order,
            count=max(count, page.offset + len(hits) if hits else 0),
            exact=count < self.max_ranked,
        )

    def matched(
        self, match: str, order: ArticleOrder, page: _Page, first: Sequence[int], *, is_few: bool
    ) -> SearchResult:
        """Return the versions that match and pass the filters, after those that are ``first``."""
        if not is_few and order is ArticleOrder.BEST:
            order = ArticleOrder.NEWEST
        write = search_sql.few_matches if is_few else search_sql.many_matches
        sql = write(list(self.values), order, all_versions=self.all_versions)
        shown_first = first[page.offset :]
        rest = _Page(page.limit, max(page.offset - len(first), 0))
        versions = self._ids(sql, rest, match=match)
        hits = [*load_hits(self.db, shown_first, None), *load_hits(self.db, versions, match)]
        hits = hits if page.limit < 0 else hits[: page.limit]
        seen = page.offset + len(hits)
        if page.limit < 0 or 0 < len(hits) < page.limit:  # the last page
            return SearchResult(hits=hits, order=order, count=seen, exact=True, reading=match)
        count, exact = self._count(match)
        count = max(count + len(first), seen if hits else 0)
        return SearchResult(hits=hits, order=order, count=count, exact=exact, reading=match)

    def _count(self, match: str) -> tuple[int, bool]:
        """Return how many of the first matches pass the filters, and whether these are all matches."""
        sql = search_sql.count_matches(list(self.values), all_versions=self.all_versions)
        values = {"match": match, "most": self.max_ranked, **self.values}
        ((matches, passing),) = self.db.execute(sql, values)
        return int(passing), matches < self.max_ranked

    def _ids(self, sql: str, page: _Page, **values: object) -> list[int]:
        rows = self.db.execute(sql, {**page._asdict(), **values, **self.values})
        return [version for (version,) in rows]
