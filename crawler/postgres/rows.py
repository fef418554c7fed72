"""What statements of several modules need: one row, the server's time, lists of pages as parameters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from archive.model import PageKey


def one_row(connection: Connection, query: str, values: Sequence[object] | Mapping[str, object]) -> Any:
    """Return the only row of a query."""
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None, query
    return row


def server_time(connection: Connection) -> datetime:
    """Return the time by the server's clock."""
    now: datetime = one_row(connection, "SELECT clock_timestamp()", [])[0]
    return now


def columns_of(keys: Iterable[PageKey]) -> dict[str, list[Any]]:
    """Return pages as two arrays, ``kinds`` and ``numbers``, which ``unnest`` makes rows of."""
    listed = list(keys)
    return {"kinds": [key.kind.value for key in listed], "numbers": [key.number for key in listed]}
