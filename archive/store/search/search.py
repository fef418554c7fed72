"""Full-text search with filters. Reads the rarer side first, the words or the filter, to be fast."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.model import Kind
from archive.pagekey import wanted_number
from archive.store.query.listing import CONDITIONS, ArticleFilter, conditions
from archive.store.search.fts import RANK, MatchSpan, SearchHit, find_hit, try_match
from archive.text.search_query import is_as_typed, readings

# With fewer matches than this, all of them are ranked and filtered.
MAX_RANKED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The hits of a search. ``ranked``: the best are first, not the newest.

    ``few`` is the number of matches before filters, None for :data:`MAX_RANKED` or more. ``reading`` is how
    the query was read, in FTS5's language; None for an empty one.
    """

    hits: Sequence[SearchHit]
    ranked: bool
    few: int | None
    reading: str | None = None


class Continuation(NamedTuple):
    """A query that finds words that begin with a given one, and how many articles it finds.

    Of :data:`MAX_RANKED` articles and more, the number is :data:`MAX_RANKED`.
    """

    query: str
    articles: int


# What is read first if the words are common, and in which order. The first two rely on SQLite reading a
# materialized table in its own order, which it does with CROSS JOIN.
_TAGGED = """
WITH listed AS MATERIALIZED (
  SELECT DISTINCT article_id FROM article_tags WHERE tag_id IN (SELECT value FROM json_each(:tag))
  ORDER BY article_id DESC
) """

_WRITTEN = """
WITH listed AS MATERIALIZED (
  SELECT DISTINCT version_id FROM version_authors WHERE author_id IN (SELECT value FROM json_each(:author))
  ORDER BY version_id DESC
) """

_DRIVERS = {
    "tag": (_TAGGED, "listed CROSS JOIN articles a ON a.id = listed.article_id", ""),
    "author": (_WRITTEN, "listed CROSS JOIN articles a ON a.latest_version_id = listed.version_id", ""),
    "": ("", "articles a", "ORDER BY a.published DESC, a.first_seen DESC, a.id DESC"),
}

# Conditions that are evaluated per article, which is faster for few articles.
_PER_ARTICLE = {
    "tag": "EXISTS (SELECT 1 FROM article_tags t WHERE t.article_id = a.id"
    " AND t.tag_id IN (SELECT value FROM json_each(:tag)))",
    "author": "EXISTS (SELECT 1 FROM version_authors w WHERE w.version_id = a.latest_version_id"
    " AND w.author_id IN (SELECT value FROM json_each(:author)))",
    "section": "EXISTS (SELECT 1 FROM placements p JOIN sections s ON s.id = p.section_id"
    " WHERE p.article_id = a.id AND s.number IN (SELECT value FROM json_each(:section)))",
}

# The versions of an article that are searched.
_LATEST = "CROSS JOIN versions v ON v.id = a.latest_version_id"

_EVERY = "CROSS JOIN versions v ON v.article_id = a.id"

_WORDS = "CROSS JOIN versions_fts ON versions_fts.rowid = v.id"

_FTS_FIRST = {
    False: "versions_fts CROSS JOIN articles a ON a.latest_version_id = versions_fts.rowid",
    True: "versions_fts CROSS JOIN versions v ON v.id = versions_fts.rowid"
    " CROSS JOIN articles a ON a.id = v.article_id",
}


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
        best: bool = False,
        all_versions: bool = False,
        max_ranked: int = MAX_RANKED,
    ) -> SearchResult:
        """Return the versions that match a query and a filter, best or newest first.

        With ``max_ranked`` or more matches the newest are first. ``query`` is in FTS5's language
        (``Nato AND Gipfel*``, ``"rote Linie"``, ``title: Bahn``); anything else is searched word by word,
        and an empty query matches all. Words match in other spellings too: Straße matches strasse.
        The number of an article finds it first. ``limit`` -1 is no limit.
        """
        values = conditions(self._db, wanted, named=True)
        page = {"limit": limit, "offset": offset, **values}
        query = clean(query)
        if not query:
            return SearchResult(
                hits=self._listed(page, list(values), _EVERY if all_versions else _LATEST),
                ranked=False,
                few=None,
            )
        first = [] if offset or values else self._numbered(query)
        match, few = self._find_match(query, max_ranked)
        if match is None:
            return SearchResult(hits=first, ranked=best, few=0, reading=next(readings(query)))
        sql = _sql(list(values), few=few is not None, best=best, all_versions=all_versions)
        rows = self._db.execute(sql, {"match": match, **page}).fetchall()
        hits = first + [find_hit(self._db, match, row) for (row,) in rows]
        return SearchResult(hits=hits, ranked=best and few is not None, few=few, reading=match)

    def _numbered(self, query: str) -> list[SearchHit]:
        """Return the latest version of the article whose number the query is."""
        number = wanted_number(Kind.ARTICLE, query)
        return _unmarked(self._db.execute(_NUMBERED, [number]))

    def continued(self, query: str) -> Continuation | None:
        """Return the query for all words that begin with a single word, if more articles have those."""
        word = clean(query)
        if not _SINGLE_WORD.fullmatch(word):
            return None
        exact, longer = (self._count_articles(match) for match in (word, f"{word}*"))
        return Continuation(f"{word}*", longer) if longer > exact else None

    def _count_articles(self, match: str) -> int:
        rows = self._db.execute(_COUNT_ARTICLES, {"match": match, "few": MAX_RANKED})
        return int(rows.fetchone()[0])

    def _find_match(self, query: str, max_ranked: int) -> tuple[str | None, int | None]:
        """Return the first reading of the query that finds anything, and its number of matches if few."""
        for match in readings(query):
            rows = try_match(self._db, _COUNT, {"match": match, "few": max_ranked})
            if rows and rows[0][0]:
                return match, rows[0][0] if rows[0][0] < max_ranked else None
            if rows and (match == query or not is_as_typed(query, match)):
                break
        return None, 0

    def _listed(self, page: dict[str, object], filters: Sequence[str], versions: str) -> list[SearchHit]:
        """Return the versions that match a filter only."""
        before, tables, order = _driver(filters)
        where = " AND ".join(["1", *(CONDITIONS[name] for name in filters)])
        rows = self._db.execute(
            f"{before}SELECT v.article_id, v.number, v.published, v.first_seen, v.title, v.lead"  # noqa: S608
            f" FROM {tables} {versions} WHERE {where} {order} LIMIT :limit OFFSET :offset",
            page,
        )
        return _unmarked(rows)


_NUMBERED = """
SELECT v.article_id, v.number, v.published, v.first_seen, v.title, v.lead
FROM articles a JOIN versions v ON v.id = a.latest_version_id WHERE a.id = ?
"""
_SINGLE_WORD = re.compile(r"[^\W_]{3,}")
_COUNT_ARTICLES = """
SELECT count(*) FROM (SELECT 1 FROM versions_fts
  CROSS JOIN articles ON latest_version_id = versions_fts.rowid WHERE versions_fts MATCH :match LIMIT :few)
"""
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM versions_fts WHERE versions_fts MATCH :match LIMIT :few)"


def _sql(filters: Sequence[str], *, few: bool, best: bool, all_versions: bool) -> str:
    """Return SQL for a page of ids of versions."""
    rules = {**CONDITIONS, **(_PER_ARTICLE if few else {})}
    where = " AND ".join(["versions_fts MATCH :match", *(rules[name] for name in filters)])
    tail = "LIMIT :limit OFFSET :offset"
    if few or not filters:
        order = f"{RANK}, versions_fts.rowid DESC" if few and best else "versions_fts.rowid DESC"
        if few and not best:
            order = f"a.published DESC, {order}"
        return (
            f"SELECT versions_fts.rowid FROM {_FTS_FIRST[all_versions]} WHERE {where} ORDER BY {order} {tail}"  # noqa: S608
        )
    before, tables, order = _driver(filters)
    versions = _EVERY if all_versions else _LATEST
    return f"{before}SELECT v.id FROM {tables} {versions} {_WORDS} WHERE {where} {order} {tail}"  # noqa: S608


def _driver(filters: Sequence[str]) -> tuple[str, str, str]:
    return next((_DRIVERS[name] for name in ("tag", "author") if name in filters), _DRIVERS[""])


def _unmarked(rows: Iterable[tuple[Any, ...]]) -> list[SearchHit]:
    """Return versions that were not found by words, with their lead as the snippet."""
    return [SearchHit._make((*seen, _plain(title), _plain(lead))) for *seen, title, lead in rows]


def _plain(text: str | None) -> tuple[MatchSpan, ...]:
    return (MatchSpan(text, hit=False),) if text else ()
