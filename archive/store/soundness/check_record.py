"""Record in an archive what a run of ``verify`` checked.

This is one short transaction, which waits for that of another program, and takes no lock of the archive: it
may be recorded during a crawl, which writes other tables. Programs that replace the file instead of writing
to it wait until no other program has it open (``retire_log``), or keep the old file with its log; a file that
was replaced before the transaction began is not written to.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.errors import StoreError
from archive.store.db.connection import connect
from archive.store.db.errors import translated
from archive.store.db.transactions import transaction
from archive.store.db.write_ahead_log import has_older_format
from archive.store.soundness.check_history import file_identity
from archive.store.soundness.check_run import CheckRun
from archive.timestamps import stamp

_INSERT = """
INSERT INTO checks (began_at, finished_at, scope, file, part_count, sound_count, payload_count, article_count,
  section_count, unchanged_count, fault_count)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_STORE = "INSERT OR REPLACE INTO part_checks (kind, part, check_id, sound_at, faulty) VALUES (?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM part_checks WHERE kind = ? AND part = ?"


def record_check(path: Path, run: CheckRun, *, finished_at: datetime) -> None:
    """Record a run. Raise :exc:`StoreError` if that is impossible; the file is then as before.

    Call it when this process has no other connection to the archive.
    """
    if not run.is_recordable:
        raise StoreError(f"{path}: damaged, and so not written to")
    try:
        with translated(path), _writing_to_same_file(path, run.file) as db:
            check = db.execute(_INSERT, _row(run, stamp(finished_at))).lastrowid
            db.conn.executemany(_STORE, _parts(run, check))
            db.conn.executemany(_FORGET, run.checked.keys() - set(run.units))
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


@contextmanager
def _writing_to_same_file(path: Path, file: str) -> Iterator[Database]:
    if has_older_format(path):  # before SQLite opens it, which would apply a log that belongs to another file
        raise StoreError(f"{path}: as `backup` or `restore` wrote it, and stays so")
    with closing(connect(f"{path.absolute().as_uri()}?mode=rw")) as db, transaction(db):
        if has_older_format(path) or file_identity(path) != file:
            raise StoreError(f"{path}: replaced during the check")
        yield db


def _row(run: CheckRun, finished_at: str) -> list[str | int]:
    return [
        run.began_at,
        finished_at,
        run.scope.value,
        run.file,
        len(run.units),
        len(run.sound),
        *run.read,
        run.unchanged,
        len(run.faults),
    ]


def _parts(run: CheckRun, check: int | None) -> Iterator[tuple[object, ...]]:
    for (kind, part), at in run.sound.items():
        yield kind.value, part, check, at, 0
    for unit in run.faulty | run.unfinished:
        yield unit.kind.value, unit.part, check, run.sound_at(unit), int(unit in run.faulty)
