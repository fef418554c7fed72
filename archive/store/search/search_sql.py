"""SQL of searches: the filter is read before common words, and rare words before the filter."""

from collections.abc import Sequence

from archive.store.query.listing import CONDITIONS, ORDERS, ArticleOrder
from archive.store.search.fts import RANK

# The orders of what is read first if the words are common; otherwise the highest number is first.
_TAGGED_ORDERS = {
    ArticleOrder.OLDEST: "article_id",
    ArticleOrder.MOST_EDITED: "(SELECT version_count FROM articles WHERE id = article_id) DESC,"
    " article_id DESC",
}
_WRITTEN_ORDERS = {
    ArticleOrder.OLDEST: "version_id",
    ArticleOrder.MOST_EDITED: "(SELECT version_count FROM articles WHERE latest_version_id = version_id)"
    " DESC, version_id DESC",
}

# Conditions that are evaluated per article, which is faster for few articles. The + has SQLite compare the
# few rows of an article with a list of many ids, instead of looking up each of those.
_PER_ARTICLE = {
    **CONDITIONS,
    "tag": "EXISTS (SELECT 1 FROM article_tags t WHERE t.article_id = a.id"
    " AND +t.tag_id IN (SELECT value FROM json_each(:tag)))",
    "author": "EXISTS (SELECT 1 FROM version_authors w WHERE w.version_id = a.latest_version_id"
    " AND +w.author_id IN (SELECT value FROM json_each(:author)))",
    "section": "EXISTS (SELECT 1 FROM placements p JOIN sections s ON s.id = p.section_id"
    " WHERE p.article_id = a.id AND s.number IN (SELECT value FROM json_each(:section)))",
}

# The versions that are searched: the latest of an article, or all.
_VERSIONS = {
    False: "CROSS JOIN versions v ON v.id = a.latest_version_id",
    True: "CROSS JOIN versions v ON v.article_id = a.id",
}

_WORDS = "CROSS JOIN versions_fts ON versions_fts.rowid = v.id"

_FTS_FIRST = {
    False: "versions_fts CROSS JOIN articles a ON a.latest_version_id = versions_fts.rowid",
    True: "versions_fts CROSS JOIN versions v ON v.id = versions_fts.rowid"
    " CROSS JOIN articles a ON a.id = v.article_id",
}

# Of few matches; after those of articles, a later version has a higher rowid.
_FEW_ORDERS = {
    **{order: f"{sort}, versions_fts.rowid DESC" for order, sort in ORDERS.items()},
    ArticleOrder.BEST: f"{RANK}, versions_fts.rowid DESC",
}
# Of many matches, in the order in which FTS5 reads them.
_FTS_ORDERS = {
    ArticleOrder.NEWEST: "versions_fts.rowid DESC",
    ArticleOrder.OLDEST: "versions_fts.rowid",
}
_PAGE = "LIMIT :limit OFFSET :offset"

COUNT_MATCHES = (
    "SELECT count(*) FROM (SELECT 1 FROM versions_fts WHERE versions_fts MATCH :match LIMIT :most)"
)
COUNT_ARTICLES = f"""
SELECT count(*) FROM (SELECT 1 FROM {_FTS_FIRST[False]} WHERE versions_fts MATCH :match LIMIT :most)
"""  # noqa: S608 - SQL of this module


def listed(filters: Sequence[str], order: ArticleOrder, *, all_versions: bool) -> str:
    """Return SQL for a page of ids of versions that pass filters."""
    before, tables, sort = _driver(filters, order)
    where = _where(CONDITIONS, filters)
    return f"{before}SELECT v.id FROM {tables} {_VERSIONS[all_versions]} WHERE {where} {sort} {_PAGE}"  # noqa: S608


def few_matches(filters: Sequence[str], order: ArticleOrder, *, all_versions: bool) -> str:
    """Return SQL for a page of ids of versions of which few match."""
    where = _where(_PER_ARTICLE, filters, "versions_fts MATCH :match")
    return (
        f"SELECT versions_fts.rowid FROM {_FTS_FIRST[all_versions]} WHERE {where}"  # noqa: S608
        f" ORDER BY {_FEW_ORDERS[order]} {_PAGE}"
    )


def many_matches(filters: Sequence[str], order: ArticleOrder, *, all_versions: bool) -> str:
    """Return SQL for a page of ids of versions of which very many match. The order is not the best."""
    if not filters and order in _FTS_ORDERS:
        return (
            f"SELECT versions_fts.rowid FROM {_FTS_FIRST[all_versions]} WHERE versions_fts MATCH :match"  # noqa: S608
            f" ORDER BY {_FTS_ORDERS[order]} {_PAGE}"
        )
    before, tables, sort = _driver(filters, order)
    where = _where(CONDITIONS, filters, "versions_fts MATCH :match")
    versions = f"{_VERSIONS[all_versions]} {_WORDS}"
    return f"{before}SELECT v.id FROM {tables} {versions} WHERE {where} {sort} {_PAGE}"  # noqa: S608


def count_matches(filters: Sequence[str], *, all_versions: bool) -> str:
    """Return SQL for the number of the first ``:most`` matches, and of those of them that pass filters."""
    columns = "a.id, a.published, a.state, a.version_count, a.latest_version_id"
    matches = f"SELECT {columns} FROM {_FTS_FIRST[all_versions]} WHERE versions_fts MATCH :match LIMIT :most"  # noqa: S608
    return f"SELECT count(*), total({_where(_PER_ARTICLE, filters)}) FROM ({matches}) a"  # noqa: S608


def count_listed(filters: Sequence[str], *, all_versions: bool) -> str:
    """Return SQL for the number of versions that pass filters, counted up to ``:most``."""
    versions = "JOIN versions v ON v.article_id = a.id" if all_versions else ""
    where = _where(CONDITIONS, filters, "a.version_count > 0")
    return f"SELECT count(*) FROM (SELECT 1 FROM articles a {versions} WHERE {where} LIMIT :most)"  # noqa: S608


def _where(rules: dict[str, str], filters: Sequence[str], *others: str) -> str:
    return " AND ".join([*others, *(rules[name] for name in filters)]) or "1"


def _driver(filters: Sequence[str], order: ArticleOrder) -> tuple[str, str, str]:
    """Return what comes before SELECT, the tables to read first, and how to sort them."""
    if "tag" in filters:
        ids = "article_id FROM article_tags WHERE tag_id IN (SELECT value FROM json_each(:tag))"
        listed = _materialized(ids, _TAGGED_ORDERS.get(order, "article_id DESC"))
        return listed, "listed CROSS JOIN articles a ON a.id = listed.article_id", ""
    if "author" in filters:
        ids = "version_id FROM version_authors WHERE author_id IN (SELECT value FROM json_each(:author))"
        listed = _materialized(ids, _WRITTEN_ORDERS.get(order, "version_id DESC"))
        return listed, "listed CROSS JOIN articles a ON a.latest_version_id = listed.version_id", ""
    return "", "articles a", f"ORDER BY {ORDERS[order]}"


def _materialized(ids: str, order: str) -> str:
    """Return SQL for a table that SQLite reads in its own order, which it does with CROSS JOIN."""
    return f"WITH listed AS MATERIALIZED (SELECT DISTINCT {ids} ORDER BY {order}) "
