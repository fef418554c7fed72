"""The metadata of an archive for Datasette 0.65: descriptions, labels, search, order, facets, queries.

Facets are set only where counting is fast in a large archive. Datasette suggests others by counting all
values of a table; ``--setting suggest_facets off`` prevents that.
"""

import re
from functools import cache
from typing import Any

from archive.datasette.canned_queries import READY
from archive.datasette.chart_queries import CHARTS
from archive.errors import TazArchiveError
from archive.store import TABLES, VIEWS, Origin, Table

_FTS_TABLE = "versions_fts"
_CODE = re.compile("`([^`]*)`")
# Tables whose rows only the program needs: Datasette lists them last, under "hidden tables".
_HIDDEN_TABLES = frozenset(
    {
        *("payloads", "dictionaries", "dictionary_copies", "pages", "hosts", "change_rates", "crawl_sources"),
        *("pending", "reparses", "certificates", "capture_periods", "part_checks", "added_captures"),
    }
)
# Options of tables in addition to the data dictionary. Pages with long texts have few rows.
TABLE_OPTIONS: dict[str, dict[str, Any]] = {
    "articles": {
        "label_column": "title",
        "sort_desc": "first_seen",
        "size": 50,
        "facets": ["state"],
        # The search in articles covers latest versions; the search in versions covers all of them.
        "fts_table": _FTS_TABLE,
        "fts_pk": "latest_version_id",
    },
    "versions": {
        "label_column": "title",
        "sort_desc": "first_seen",
        "size": 20,
        "fts_table": _FTS_TABLE,
        "fts_pk": "id",
    },
    "captures": {"sort_desc": "id"},  # no facet: counting a million captures by outcome takes half a second
    "payloads": {"sort_desc": "id", "size": 50},
    "dictionaries": {"label_column": "note"},
    "authors": {"label_column": "name", "sort": "name"},
    "tags": {"label_column": "name", "sort": "name"},
    "sections": {"label_column": "name", "sort": "number"},
    "pages": {"label_column": "number", "facets": ["kind"]},
    "roots": {"sort_desc": "id"},
    "checks": {"label_column": "began_at", "sort_desc": "id"},
    "crawls": {"label_column": "started_at", "sort_desc": "id", "facets": ["sources", "reason"]},
}

QUERIES = {**READY, **CHARTS}
# For Datasette a view is a table.
VIEW_OPTIONS: dict[str, dict[str, Any]] = {
    "latest": {"sort_desc": "first_seen", "size": 20},
    "changes": {"sort_desc": "first_seen", "size": 10},
    "article_authors": {},
    "article_tags_now": {},
    "article_sections": {"sort_desc": "article_id"},
}


def datasette_metadata(database: str) -> dict[str, Any]:
    """Return the metadata of an archive that Datasette serves as ``database``, the stem of its file name."""
    return {
        "title": "An archive of the taz",
        "description": "Every version of every article as published in gopherspace, and when it was seen.",
        "databases": {
            database: {
                "description": "Start with articles. Versions are their texts over time, derived from"
                " captures, the fetches. Times are UTC; a version was seen from first_seen to last_seen.",
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
    described = {
        "description": _plain(table.rows),
        **TABLE_OPTIONS.get(name, {}),
        "columns": _columns(table),
        **_units(table),
    }
    return {**described, "hidden": True} if name in _HIDDEN_TABLES else described


def _view(name: str) -> dict[str, Any]:
    view = VIEWS[name]
    return {"description": _plain(view.rows), **VIEW_OPTIONS[name], "columns": _columns(view)}


def _columns(table: Table) -> dict[str, str]:
    return {name: _plain(column.meaning) for name, column in table.columns.items()}


def _units(table: Table) -> dict[str, dict[str, str]]:
    units = {name: column.unit for name, column in table.columns.items() if column.unit}
    return {"units": units} if units else {}


@cache
def _plain(text: str) -> str:
    """Replace the Markdown of code by quotation marks: Datasette shows descriptions as plain text."""
    return _CODE.sub(r"“\1”", text)


def refuse_datasette(version: str) -> None:
    """Raise :exc:`TazArchiveError` for Datasette 1, whose hooks, permissions and metadata differ."""
    if not version.startswith("0."):
        raise TazArchiveError(
            f"Datasette {version} is installed, but only Datasette 0.65 can serve an archive:"
            " pip install 'datasette>=0.65,<1'"
        )
