"""Transactions: all or nothing of what is written, one moment of what is read."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.connection import ArchiveDatabase


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """All or nothing. IMMEDIATE: a deferred one that turns writer can fail with "database is locked".

    Raise :exc:`StoreError` if the archive was replaced before the commit.
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
    """A part of a transaction that leaves nothing behind if what it needs turns out to be damaged."""
    db.conn.execute("SAVEPOINT attempt")
    try:
        yield
    except DamagedArchive:
        db.conn.execute("ROLLBACK TO attempt")
        db.conn.execute("RELEASE attempt")
        raise
    db.conn.execute("RELEASE attempt")


@contextmanager
def snapshot(db: Database) -> Iterator[None]:
    """Whatever a writer does meanwhile, all that is read in here is of one moment."""
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.conn.rollback()
