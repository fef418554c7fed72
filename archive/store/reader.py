"""An archive opened to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from archive.store.db import connection, schema_guard
from archive.store.db.errors import translated
from archive.store.db.schema_check import blaming_types


class Reader:
    """An archive opened to read. :func:`open_reader` makes one."""

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self.db = db


@contextmanager
def open_reader(
    path: Path,
    *,
    patience: float = connection.PATIENCE,
    limit: float | None = None,
    as_is: bool = False,
) -> Iterator[Reader]:
    """Open an archive to read, without waiting for a run that writes and without changing the file.

    ``patience`` is how many seconds to wait for another program that blocks readers, ``limit`` how many
    seconds all queries may take together. ``as_is`` opens an archive whose schema may differ, to check it.
    Raises :exc:`StoreError` or a subclass if the archive is missing, damaged, newer or not an archive.
    """
    db = connection.open_to_read(path, patience=patience, as_is=as_is)
    if limit is not None:
        connection.limit(db, limit)
    try:
        with blaming_types(path, db), translated(path):
            if not as_is:
                schema_guard.refuse_unfit_tables(path, db)
            yield Reader(path, db)
    finally:
        db.close()
