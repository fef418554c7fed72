"""What Datasette 0.65 is told of an archive: descriptions, labels, search, order, facets, some queries.

Facets only where counting stays cheap in a big archive. Everything that Datasette counts beyond them
comes from its own suggestions: ``--setting suggest_facets off``.
"""

import re
from typing import Any

from archive.store.columns import TABLES
from archive.store.kinds import Origin

SEARCH = "versions_fts"
CODE = re.compile("`([^`]*)`")
# What Datasette knows of a table beyond what columns.py says. Text-heavy pages are short.
TABLE_OPTIONS: dict[str, dict[str, Any]] = {
    "articles": {
        "label_column": "title",
        "sort_desc": "first_seen",
        "size": 50,
        "facets": ["state"],
        # An article is found by its latest wording; all wordings are searched in versions.
        "fts_table": SEARCH,
        "fts_pk": "latest_version",
    },
    "versions": {
        "label_column": "title",
        "sort_desc": "first_seen",
        "size": 20,
        "fts_table": SEARCH,
        "fts_pk": "id",
    },
    "captures": {"sort_desc": "id", "facets": ["outcome", "source"]},
    "payloads": {"label_column": "digest", "sort_desc": "id", "size": 50},
    "dictionaries": {"label_column": "note"},
    "authors": {"label_column": "name", "sort": "name"},
    "tags": {"label_column": "name", "sort": "name"},
    "pages": {"label_column": "number", "facets": ["kind"]},
    "crawls": {"label_column": "started", "sort_desc": "id", "facets": ["source", "reason"]},
}

QUERIES: dict[str, dict[str, str]] = {
    "latest_edits": {
        "title": "Latest edits",
        "description": "Wordings that replaced another one, newest first.",
        "sql": """
SELECT article, number, first_seen AS seen, title, words
FROM versions
WHERE number > 1
ORDER BY first_seen DESC
LIMIT 200
""",
    },
    "most_edited": {
        "title": "Most edited articles",
        "description": "Articles with more than one wording, those with the most first.",
        "sql": """
SELECT id, versions, title, published, first_seen, last_seen, url
FROM articles
WHERE versions > 1
ORDER BY versions DESC, last_seen DESC
LIMIT 200
""",
    },
    "edited_headlines": {
        "title": "Edited headlines",
        "description": "Titles that replaced another one, newest first, with what they replaced.",
        "sql": """
SELECT after.article, after.first_seen AS seen, before.title AS before, after.title AS after
FROM versions AS after
JOIN versions AS before ON before.id = after.id - 1 AND before.article = after.article
WHERE before.title <> after.title
ORDER BY after.first_seen DESC
LIMIT 200
""",
    },
    "gone_articles": {
        "title": "Gone articles",
        "description": "Articles that the server said were not there when last asked.",
        "sql": """
SELECT id, title, published, last_seen,
  (SELECT min(captured_at) FROM captures
   WHERE article = articles.id AND outcome = 'absent' AND captured_at > articles.last_seen) AS gone_seen,
  url
FROM articles
WHERE state = 'gone'
ORDER BY gone_seen DESC
LIMIT 200
""",
    },
    "articles_per_day": {
        "title": "Articles per day",
        "description": "By the date on the page, and how many of them were edited since.",
        "sql": """
SELECT published AS day, count(*) AS articles, sum(versions > 1) AS edited
FROM articles
WHERE published IS NOT NULL
GROUP BY published
ORDER BY published DESC
""",
    },
    "history": {
        "title": "History of an article",
        "description": "All wordings of one article, by its number.",
        "sql": """
SELECT number, first_seen, last_seen, title, lead, words, cuts
FROM versions
WHERE article = :article
ORDER BY first_seen
""",
    },
    "what_failed": {
        "title": "What failed",
        "description": "Captures that failed or could not be read, newest first.",
        "sql": """
SELECT captured_at, outcome, problem, url, crawl, payload
FROM captures
WHERE outcome <> 'ok' AND outcome <> 'absent'
ORDER BY captured_at DESC
LIMIT 200
""",
    },
}


def metadata(database: str) -> dict[str, Any]:
    """The metadata of an archive that Datasette serves as ``database``, the stem of its file's name."""
    return {
        "title": "An archive of the taz",
        "description": "Every wording of every article as published in gopherspace, and when it was seen.",
        "databases": {
            database: {
                "description": "Start with articles; versions are their wordings, captures the fetches they"
                " follow from. Times are UTC; a wording was seen from first_seen to last_seen.",
                "tables": {name: _table(name) for name in TABLES},
                "queries": {name: {**query, "sql": query["sql"].strip()} for name, query in QUERIES.items()},
            }
        },
    }


def _table(name: str) -> dict[str, Any]:
    table = TABLES[name]
    if table.origin is Origin.INTERNAL:
        return {"description": _plain(table.rows), "hidden": True}
    columns = {column: _plain(meaning) for column, meaning in table.columns.items()}
    return {"description": _plain(table.rows), **TABLE_OPTIONS.get(name, {}), "columns": columns}


def _plain(text: str) -> str:
    """Without Markdown: Datasette shows descriptions as they are."""
    return CODE.sub(r"“\1”", text)
