"""Transactions for writing and snapshots for reading."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.connection import ArchiveDatabase


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """Commit all changes of the block, or none if it raises.

    IMMEDIATE, since a deferred transaction that begins to write can fail with "database is locked". Raise
    :exc:`StoreError` if the archive was replaced before the commit.
    """
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        refuse_replaced(db)
        db.conn.execute("COMMIT")
    except BaseException:
        db.conn.rollback()
        raise


def refuse_replaced(db: Database) -> None:
    """Raise :exc:`StoreError` if the file was deleted, replaced or overwritten while it was written to."""
    if isinstance(db, ArchiveDatabase) and db.held:
        db.held.refuse_replaced()


@contextmanager
def attempt(db: Database) -> Iterator[None]:
    """Undo the changes of the block, a part of a transaction, if it raises :exc:`DamagedArchive`."""
    db.conn.execute("SAVEPOINT attempt")
    try:
        yield
    except DamagedArchive:
        db.conn.execute("ROLLBACK TO attempt")
        db.conn.execute("RELEASE attempt")
        raise
    db.conn.execute("RELEASE attempt")


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collection of cyclic garbage in the block.

    A batch of captures makes many values, which the collector would visit again and again, and no cycles: it
    takes 4 % of the time of recording.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def snapshot(db: Database) -> Iterator[None]:
    """Read one state of the archive in the block, even if another process writes to it."""
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.conn.rollback()
