"""SQL functions that read a payload, for whoever opens an archive with SQLite from Python.

- ``payload_bytes(id)``: the page as received, a blob
- ``payload_text(id)``: the same as text, what is broken in it replaced

NULL where there is no such payload. One that is damaged is an error, as SQL knows no better word for it.
"""

from collections.abc import Callable
from sqlite3 import SQLITE_LIMIT_LENGTH, Connection, Cursor, OperationalError
from typing import Any
from weakref import WeakKeyDictionary

from sqlite_utils import Database

from archive.errors import RenditionError
from archive.renditions.charset import decode_text
from archive.store.payloads import payloads

LARGEST_RESULT = 2 * payloads.MAX_PAGE_BYTES  # bytes and characters of all values of a query
RowFactory = Callable[[Cursor, tuple[Any, ...]], Any]


def register_sql_functions(connection: Connection) -> None:
    """Make the functions known to a connection, which may be to anything until they are called."""
    db = Database(connection, execute_plugins=False)

    def payload_bytes(payload: int | None) -> bytes | None:
        known = db.execute("SELECT 1 FROM payloads WHERE id = ?", [payload]).fetchone()
        return payloads.load(db, payload) if known and payload is not None else None

    def payload_text(payload: int | None) -> str | None:
        body = payload_bytes(payload)
        return None if body is None else _text(body)

    connection.create_function("payload_bytes", 1, payload_bytes)
    connection.create_function("payload_text", 1, payload_text)


def bound_results(connection: Connection) -> None:
    """Let no value on a connection be larger than the largest page, and no result than two of these.

    SQLite and Python raise an :exc:`sqlite3.Error` for what is larger. Rows are still made by the
    connection's own factory.
    """
    connection.setlimit(SQLITE_LIMIT_LENGTH, payloads.MAX_PAGE_BYTES)
    connection.row_factory = _bounded(connection.row_factory or (lambda _, row: row))


def _bounded(make: RowFactory) -> RowFactory:
    """A factory of rows that counts the bytes and characters of each cursor's."""
    sizes = WeakKeyDictionary[Cursor, int]()

    def make_counted(cursor: Cursor, row: tuple[Any, ...]) -> Any:
        size = sizes.get(cursor, 0) + sum(len(value) for value in row if isinstance(value, str | bytes))
        if size > LARGEST_RESULT:
            raise OperationalError(
                f"the result is larger than {LARGEST_RESULT >> 20} MiB; ask for fewer rows"
            )
        sizes[cursor] = size
        return make(cursor, row)

    return make_counted


def _text(body: bytes) -> str:
    try:
        return decode_text(body)
    except RenditionError:  # not the text of a page, but somebody wants to see it
        return body.decode(errors="replace")
