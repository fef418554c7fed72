"""Rows of the shared frontier, and lists of pages as parameters of a statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import Connection

from archive.model import PageKey


def one_row(connection: Connection, query: str, values: Sequence[object] | Mapping[str, object]) -> Any:
    """Return the only row of a query."""
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None, query
    return row


def columns_of(keys: Iterable[PageKey]) -> dict[str, list[Any]]:
    """Return pages as two arrays, ``kinds`` and ``numbers``, which ``unnest`` makes rows of."""
    listed = list(keys)
    return {"kinds": [key.kind.value for key in listed], "numbers": [key.number for key in listed]}
