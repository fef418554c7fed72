"""What Datasette 0.65 is told of an archive: descriptions, labels, search, order, facets, some queries.

Facets only where counting stays cheap in a big archive. Everything that Datasette counts beyond them
comes from its own suggestions: ``--setting suggest_facets off``.
"""

import re
from functools import cache
from typing import Any

from archive.errors import TazArchiveError
from archive.store.chartable import CHARTS
from archive.store.columns import TABLES
from archive.store.kinds import Origin, Table
from archive.store.queries import READY
from archive.store.views import VIEWS

SEARCH = "versions_fts"
CODE = re.compile("`([^`]*)`")
# Tables whose rows only the program needs: Datasette lists them last, under "hidden tables".
HIDDEN = frozenset(
    {
        *("payloads", "dictionaries", "dictionary_copies", "pages", "hosts", "change_rates", "crawl_sources"),
        *("reparses", "certificates"),
    }
)
# What Datasette knows of a table beyond what columns.py says. Text-heavy pages are short.
TABLE_OPTIONS: dict[str, dict[str, Any]] = {
    "articles": {
        "label_column": "title",
        "sort_desc": "first_seen",
        "size": 50,
        "facets": ["state"],
        # An article is found by its latest wording; all wordings are searched in versions.
        "fts_table": SEARCH,
        "fts_pk": "latest_version_id",
    },
    "versions": {
        "label_column": "title",
        "sort_desc": "first_seen",
        "size": 20,
        "fts_table": SEARCH,
        "fts_pk": "id",
    },
    "captures": {"sort_desc": "id"},  # of a million, counting by outcome alone takes half a second
    "payloads": {"label_column": "digest", "sort_desc": "id", "size": 50, "units": {"size": "B"}},
    "dictionaries": {"label_column": "note"},
    "authors": {"label_column": "name", "sort": "name"},
    "tags": {"label_column": "name", "sort": "name"},
    "pages": {"label_column": "number", "facets": ["kind"]},
    "crawls": {
        "label_column": "started_at",
        "sort_desc": "id",
        "facets": ["sources", "reason"],
        "units": {"bytes": "B"},
    },
}

QUERIES = {**READY, **CHARTS}
# For Datasette a view is a table.
VIEW_OPTIONS: dict[str, dict[str, Any]] = {
    "latest": {"sort_desc": "first_seen", "size": 20},
    "changes": {"sort_desc": "first_seen", "size": 10},
}


def datasette_metadata(database: str) -> dict[str, Any]:
    """The metadata of an archive that Datasette serves as ``database``, the stem of its file's name."""
    return {
        "title": "An archive of the taz",
        "description": "Every wording of every article as published in gopherspace, and when it was seen.",
        "databases": {
            database: {
                "description": "Start with articles; versions are their wordings, captures the fetches they"
                " follow from. Times are UTC; a wording was seen from first_seen to last_seen.",
                "tables": {
                    **{name: _table(name) for name in TABLES},
                    **{name: _view(name) for name in VIEWS},
                },
                "queries": {name: {**query, "sql": query["sql"].strip()} for name, query in QUERIES.items()},
            }
        },
    }


def _table(name: str) -> dict[str, Any]:
    table = TABLES[name]
    if table.origin is Origin.INTERNAL:
        return {"description": _plain(table.rows), "hidden": True}
    told = {"description": _plain(table.rows), **TABLE_OPTIONS.get(name, {}), "columns": _columns(table)}
    return {**told, "hidden": True} if name in HIDDEN else told


def _view(name: str) -> dict[str, Any]:
    view = VIEWS[name]
    return {"description": _plain(view.rows), **VIEW_OPTIONS[name], "columns": _columns(view)}


def _columns(table: Table) -> dict[str, str]:
    return {column: _plain(meaning) for column, meaning in table.columns.items()}


@cache
def _plain(text: str) -> str:
    """Without Markdown: Datasette shows descriptions as they are."""
    return CODE.sub(r"“\1”", text)


def refuse_datasette(version: str) -> None:
    """Raise :exc:`TazArchiveError` for Datasette 1, whose hooks, permissions and metadata are others."""
    if not version.startswith("0."):
        raise TazArchiveError(
            f"an archive is served by Datasette 0.65, and {version} is installed:"
            " pip install 'datasette>=0.65,<1'"
        )
