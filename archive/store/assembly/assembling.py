"""Make an archive of derived parts, as if all their captures had been recorded.

Rows are written in key order into a new file, without a journal; indexes and the search index are built
afterwards. The file gets its name once it is complete.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from archive.errors import StoreError
from archive.progress import Advance
from archive.store.assembly.linked_pages import note_linked, write_linked
from archive.store.assembly.part_writer import write_articles, write_prepared
from archive.store.assembly.prepared_part import PreparedPart
from archive.store.assembly.search_building import copy_search_index, index_all_versions
from archive.store.bulk.part_rows import PartChangeRate
from archive.store.db.connection import BUSY_TIMEOUT_SECONDS, open_to_write, refuse_non_archive
from archive.store.db.errors import translated
from archive.store.db.held_file import set_foreign_log_aside
from archive.store.db.lock import writing
from archive.store.db.transactions import transaction
from archive.store.frontier.reschedule import change_rates
from archive.store.ingest import unnumbered
from archive.store.ingest.derived_rows import Row
from archive.store.maintenance.backup import empty, part_of, put_in_place
from archive.store.maintenance.rebuilding import retire_log
from archive.store.roots.capture_tree import CaptureTree

CACHE_KIB = 128 * 1024  # of file pages; 2 MB by default
_FILE_MODE = 0o644


@contextmanager
def new_archives(
    targets: Sequence[Path], *, replace: bool = False, patience: float = BUSY_TIMEOUT_SECONDS
) -> Iterator[list[Path]]:
    """Yield a new file for each target, and give them their names once the block has ended without an error.

    Holds the locks of the targets. ``patience`` is how many seconds to wait for other programs to close them.
    Raise :exc:`StoreError` for a target that exists, unless ``replace`` is given and it is an archive.
    """
    targets = [target.resolve() for target in targets]
    for target in targets:
        _refuse_existing(target, replace=replace)
    with ExitStack() as stack:
        for target in targets:
            stack.enter_context(writing(target))
            _refuse_existing(target, replace=replace)  # a crawl may have created it before it was locked
        parts = [stack.enter_context(part_of(target, mode=_FILE_MODE)) for target in targets]
        yield parts
        for target in filter(Path.exists, targets):  # of all, before any is replaced
            retire_log(target, patience)
        for part, target in zip(parts, targets, strict=True):
            put_in_place(part, target)
            set_foreign_log_aside(target)  # of a file that was lost


def _refuse_existing(target: Path, *, replace: bool) -> None:
    if target.exists() and not replace:
        raise StoreError(f"{target}: exists; --replace overwrites an archive")
    refuse_non_archive(target)


class Assembly:
    """An archive while it is written. :func:`open_assembly` creates it.

    Articles come first, then parts in order, then :meth:`finish`. Raises :exc:`.PartFault` for rows that no
    archive can have, and :exc:`StoreError`.
    """

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db
        self._indexes = _dropped(db, "index")
        self._triggers = _dropped(db, "trigger")

    @property
    def steps(self) -> int:
        """How many steps :meth:`finish` reports."""
        return len(self._indexes) + 1

    def add_articles(self, rows: Iterable[Row]) -> None:
        """Write the articles of a part."""
        with translated(self._path), transaction(self._db):
            write_articles(self._db, rows)

    def add_part(self, part: PreparedPart) -> None:
        """Write a part, whose articles are there."""
        with translated(self._path), transaction(self._db):
            write_prepared(self._db, part)
            note_linked(self._db, part.linked)

    def finish(
        self,
        rates: Sequence[PartChangeRate],
        advance: Advance,
        search_index: Callable[[], Path | None] = lambda: None,
    ) -> None:
        """Write what follows from all parts: the frontier, indexes, the search index.

        ``rates`` are the change rates of all parts. ``search_index`` returns the file of
        :func:`build_search_index` once it is complete; None: the index is built here.
        """
        db = self._db
        with translated(self._path):
            with transaction(db):
                db.conn.executemany("INSERT INTO change_rates VALUES (?, ?, ?)", rates)
                write_linked(db, change_rates(rates))
            for statement in self._indexes:
                db.execute(statement)
                advance(1)
            index = search_index()
            if index:
                copy_search_index(db, index)
            else:
                index_all_versions(db)
            advance(1)
            for statement in self._triggers:
                db.execute(statement)
            db.execute("PRAGMA journal_mode = MEMORY").fetchone()  # what follows can undo a part of its work
            unnumbered.match_unnumbered(db)
            with transaction(db):
                CaptureTree(db).update(datetime.now(UTC))
            db.execute("PRAGMA journal_mode = WAL").fetchone()


@contextmanager
def open_assembly(path: Path) -> Iterator[Assembly]:
    """Begin an archive in a file of :func:`new_archives`. The file is of no use if the block raises."""
    empty(path)  # a process that was killed may have begun it before
    with translated(path), closing(open_to_write(path)) as db:
        for pragma in ("foreign_keys = OFF", "journal_mode = OFF", "synchronous = OFF"):
            db.execute(f"PRAGMA {pragma}").fetchone()
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        yield Assembly(path, db)


# -- Indexes ----------------------------------------------------------------------------------------------

_SECONDARY = """
SELECT name, sql FROM sqlite_schema
WHERE type = ? AND sql IS NOT NULL AND tbl_name NOT GLOB '_*' ORDER BY rowid
"""


def _dropped(db: Database, kind: str) -> list[str]:
    """Drop all indexes, but those of constraints, or all triggers. Return the statements that create them."""
    found = db.execute(_SECONDARY, [kind]).fetchall()
    for name, _ in found:
        db.execute(f"DROP {kind} {name}")
    return [sql for _, sql in found]
