"""Links from the rows of Datasette's tables, views and queries to the pages of articles and versions.

A reference to an article or a version keeps Datasette's link to its row; the link to read it follows.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from markupsafe import Markup

from archive.store import split_version_id

_LINK = Markup('<a href="{}">{}</a>')
_REFERENCE = Markup(
    '<a href="{row}">{label}</a>&nbsp;<em>{id}</em> · <a href="{page}" title="{title}">read</a>'
)
_KEY = Markup('{id} · <a href="{page}" title="{title}">read</a>')


class Page(NamedTuple):
    """A page of the reading room: its path and what it shows."""

    path: str
    title: str


def article_page(article: int) -> Page:
    return Page(f"/-/article/{article}", f"Article {article}")


def version_page(version: int) -> Page:
    """Return the page of a version, by its id."""
    article, number = split_version_id(version)
    return Page(f"/-/article/{article}/versions/{number}", f"Version {number} of article {article}")


def diff_page(article: int, number: int) -> Page:
    path = f"/-/article/{article}/versions/{number - 1}..{number}"
    return Page(path, f"What version {number} of article {article} changed")


# Columns that refer to a row: the table, and the page of a value.
REFERENCES: dict[str, tuple[str, Callable[[int], Page]]] = {
    "article_id": ("articles", article_page),
    "related_id": ("articles", article_page),
    "version_id": ("versions", version_page),
    "latest_version_id": ("versions", version_page),
    "before_id": ("versions", version_page),
}
# Keys, by table and column.
KEYS: dict[tuple[str | None, str], Callable[[int], Page]] = {
    ("articles", "id"): article_page,
    ("versions", "id"): version_page,
}
# Values that name their row, with the column that identifies it and the page of that and the value.
NAMED: dict[tuple[str | None, str], tuple[str, Callable[[int, Any], Page]]] = {
    ("articles", "title"): ("id", lambda article, _: article_page(article)),
    ("versions", "title"): ("id", lambda version, _: version_page(version)),
    ("versions", "number"): ("id", lambda version, _: version_page(version)),
    ("latest", "title"): ("article_id", lambda article, _: article_page(article)),
    ("changes", "version"): ("article_id", diff_page),
}
LINKED_COLUMNS = frozenset({*REFERENCES, *(column for _, column in (*KEYS, *NAMED))})


def linked_cell(
    datasette: Any, database: str, table: str | None, column: str, value: Any, row: Any
) -> Markup | None:
    """Return a cell with its link; None for a cell that leads nowhere, which Datasette renders."""
    path = datasette.urls.path
    if column in REFERENCES:
        return _reference(datasette, database, column, value)
    if (table, column) in KEYS and isinstance(value, int):
        page = KEYS[table, column](value)
        return _KEY.format(id=value, page=path(page.path), title=page.title)
    if (table, column) not in NAMED or value in (None, ""):
        return None
    key, page_of = NAMED[table, column]
    number = _value(row, key)
    if not isinstance(number, int):
        return None
    return _LINK.format(path(page_of(number, value).path), _shortened(datasette, str(value)))


def _reference(datasette: Any, database: str, column: str, value: Any) -> Markup | None:
    """Link a reference, of which Datasette has found the label, or a number, which has none."""
    table, page_of = REFERENCES[column]
    if isinstance(value, int):
        return _LINK.format(datasette.urls.path(page_of(value).path), value)
    if not isinstance(value, dict) or not isinstance(value["value"], int):
        return None
    number, page = value["value"], page_of(value["value"])
    return _REFERENCE.format(
        row=datasette.urls.row(database, table, str(number)),
        label=_shortened(datasette, str(value["label"])) or "-",
        id=number,
        page=datasette.urls.path(page.path),
        title=page.title,
    )


def _value(row: Any, column: str) -> Any:
    """Return a value of a row; None if the query leaves the column out."""
    return row[column] if column in row.keys() else None  # noqa: SIM118 - iterating a row yields its values


def _shortened(datasette: Any, text: str) -> str:
    most = int(datasette.setting("truncate_cells_html"))
    return f"{text[:most]}…" if most and len(text) > most else text
