"""An archive opened for reading."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.store.bulk.facts import Facts
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.db import connection, schema_guard
from archive.store.db.errors import translated
from archive.store.db.schema_check import type_errors_as_damage
from archive.store.db.transactions import snapshot
from archive.store.export.selected_rows import Export
from archive.store.frontier.known_page_rows import KnownPages
from archive.store.maintenance.checks import Checks
from archive.store.menus.name_index import NameIndex
from archive.store.menus.republished_lists import Menus, time_limit
from archive.store.menus.section_pages import SectionPages
from archive.store.menus.sections import Sections
from archive.store.menus.topics_authors import TopicsAuthors
from archive.store.query.articles import Articles
from archive.store.query.calendar import Calendar
from archive.store.query.captures import Captures
from archive.store.query.edits import Edits
from archive.store.query.events import Events
from archive.store.query.history import History
from archive.store.query.provenance import Provenance, provenance
from archive.store.query.status import Status
from archive.store.query.versions import Versions
from archive.store.roots.capture_tree import CaptureTree
from archive.store.roots.witnessed_roots import WitnessedRoots
from archive.store.search.search import Search
from archive.store.search.suggestions import Suggesting
from archive.store.sql_functions import register_sql_functions


class Reader:
    """An archive opened for reading; its attributes group the queries. :func:`open_reader` creates it."""

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self._db = db
        self.articles = Articles(db)
        self.versions = Versions(db)
        self.history = History(db)
        self.edits = Edits(db)
        self.events = Events(db)
        self.calendar = Calendar(db)
        self.search = Search(db)
        self.suggestions = Suggesting(db)
        self.topics = TopicsAuthors(db)
        self.sections = Sections(db)
        self.section_pages = SectionPages(db)
        self.name_index = NameIndex(db)
        self.menus = Menus(db)
        self.captures = Captures(db)
        self.export = Export(db)
        self.facts = Facts(db)
        self.checks = Checks(path, db)
        self.status = Status(path, db)
        self.known_pages = KnownPages(db)
        self.tree = CaptureTree(db)
        self.witnessed = WitnessedRoots(db)

    def provenance(self, version: VersionRow) -> Provenance:
        """Return the captures that a version's text comes from."""
        return provenance(self._db, version)

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """Return all rows of a query, which may use our SQL functions, each in the order of its columns."""
        register_sql_functions(self._db.conn)
        return self._db.execute(sql).fetchall()

    def snapshot(self) -> AbstractContextManager[None]:
        """Read one state of the archive in the block, even if another process writes to it."""
        return snapshot(self._db)

    def time_limit(self, seconds: float) -> AbstractContextManager[None]:
        """Raise :exc:`TooLong` when the queries in the block have taken this many seconds in total."""
        return time_limit(self._db, seconds)

    def data_version(self) -> int:
        """Return a number that changes whenever another process has written to the archive."""
        (number,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(number)


@contextmanager
def open_reader(
    path: Path,
    *,
    patience: float = connection.BUSY_TIMEOUT_SECONDS,
    limit: float | None = None,
    as_is: bool = False,
) -> Iterator[Reader]:
    """Open an archive for reading, without waiting for a run that writes and without changing the file.

    ``patience`` is how many seconds to wait for another program that blocks readers, ``limit`` after
    how many seconds queries are interrupted. ``as_is`` skips the checks of the schema, to examine it.
    Raises :exc:`StoreError` or a subclass if the archive is missing, damaged, newer or not an archive.
    """
    db = connection.open_to_read(path, patience=patience, as_is=as_is)
    if limit is not None:
        connection.limit(db, limit)
    try:
        with type_errors_as_damage(path, db), translated(path):
            if not as_is:
                schema_guard.refuse_unfit_tables(path, db)
            yield Reader(path, db)
    finally:
        db.close()
