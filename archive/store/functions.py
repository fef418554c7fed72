"""SQL functions that read a payload, for whoever opens an archive with SQLite from Python.

- ``payload_bytes(id)``: the page as received, a blob
- ``payload_text(id)``: the same as text, what is broken in it replaced

NULL where there is no such payload. One that is damaged is an error, as SQL knows no better word for it.
"""

from sqlite3 import Connection

from sqlite_utils import Database

from archive.errors import RenditionError
from archive.renditions.charset import decode_text
from archive.store import payloads


def register(connection: Connection) -> None:
    """Make the functions known to a connection, which may be to anything until they are called."""
    db = Database(connection, execute_plugins=False)

    def payload_bytes(payload: int | None) -> bytes | None:
        known = db.execute("SELECT 1 FROM payloads WHERE id = ?", [payload]).fetchone()
        return payloads.get(db, payload) if known and payload is not None else None

    def payload_text(payload: int | None) -> str | None:
        body = payload_bytes(payload)
        return None if body is None else _text(body)

    connection.create_function("payload_bytes", 1, payload_bytes)
    connection.create_function("payload_text", 1, payload_text)


def _text(body: bytes) -> str:
    try:
        return decode_text(body)
    except RenditionError:  # not the text of a page, but somebody wants to see it
        return body.decode(errors="replace")
