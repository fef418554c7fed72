"""SQL functions that read a payload or a time, for connections made in Python.

- ``payload_bytes(id)``: the page as received, a blob
- ``payload_text(id)``: the page as text; bytes that cannot be decoded are replaced by U+FFFD
- ``paper_time(stamp)``: a stored time in the paper's time zone, ``2025-04-10 14:00``; NULL for any other text

The first two return NULL for an unknown id, and raise an SQL error for a damaged payload.
"""

from collections.abc import Callable
from sqlite3 import SQLITE_LIMIT_LENGTH, Connection, Cursor, OperationalError
from typing import Any
from weakref import WeakKeyDictionary

from sqlite_utils import Database

from archive.errors import RenditionError
from archive.renditions.charset import decode_text
from archive.store.payloads import payloads
from archive.timestamps import minute_of, parse_stamp

MAX_RESULT_SIZE = 2 * payloads.MAX_PAYLOAD_BYTES  # bytes and characters in all rows of a query
_RowFactory = Callable[[Cursor, tuple[Any, ...]], Any]


def register_sql_functions(connection: Connection) -> None:
    """Register the functions on a connection. Only calling one requires it to be an archive's."""
    db = Database(connection, execute_plugins=False)

    def payload_bytes(payload: int | None) -> bytes | None:
        known = db.execute("SELECT 1 FROM payloads WHERE id = ?", [payload]).fetchone()
        return payloads.load(db, payload) if known and payload is not None else None

    def payload_text(payload: int | None) -> str | None:
        body = payload_bytes(payload)
        return None if body is None else _text(body)

    connection.create_function("payload_bytes", 1, payload_bytes)
    connection.create_function("payload_text", 1, payload_text)
    connection.create_function("paper_time", 1, paper_time)


def paper_time(stamped: object) -> str | None:
    """Return a stamp as people read it; None for any other value, as SQLite's functions of times do."""
    try:
        return minute_of(stamped) if isinstance(stamped, str) and parse_stamp(stamped).tzinfo else None
    except ValueError:
        return None


def bound_results(connection: Connection) -> None:
    """Limit a value to the size of the largest page, and the result of a query to twice that size.

    Beyond these limits queries raise a :exc:`sqlite3.Error`. The connection's row factory stays in use.
    """
    connection.setlimit(SQLITE_LIMIT_LENGTH, payloads.MAX_PAYLOAD_BYTES)
    connection.row_factory = _bounded(connection.row_factory or (lambda _, row: row))


def _bounded(make: _RowFactory) -> _RowFactory:
    """Return a row factory that limits the bytes and characters of the rows of each cursor."""
    sizes = WeakKeyDictionary[Cursor, int]()

    def make_counted(cursor: Cursor, row: tuple[Any, ...]) -> Any:
        size = sizes.get(cursor, 0) + sum(len(value) for value in row if isinstance(value, str | bytes))
        if size > MAX_RESULT_SIZE:
            raise OperationalError(
                f"the result is larger than {MAX_RESULT_SIZE >> 20} MiB; ask for fewer rows"
            )
        sizes[cursor] = size
        return make(cursor, row)

    return make_counted


def _text(body: bytes) -> str:
    try:
        return decode_text(body)
    except RenditionError:  # not the text of a page; show it as well as possible
        return body.decode(errors="replace")
