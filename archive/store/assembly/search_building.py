"""Build the search index of an archive in a file of its own, while another process writes the archive."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from operator import itemgetter
from pathlib import Path

from sqlite_utils import Database

from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.data_dictionary.internal_tables import SearchIndexRow
from archive.store.db.connection import connect
from archive.store.db.errors import translated
from archive.store.db.schema import CREATE_SEARCH_INDEX, statements
from archive.store.ingest.derived_rows import Row
from archive.store.search.index_copy import copy_index

INDEXING_BYTES = 32 * 2**20  # of the index that is in memory while it is built
_DEFAULT_INDEXING_BYTES = 2**20
_CACHE_KIB = 16 * 1024
_COLUMNS = ("id", *SearchIndexRow._fields)
_indexed = itemgetter(*map(VersionRow._fields.index, _COLUMNS))
_INSERT = (
    f"INSERT INTO versions_fts (rowid, {', '.join(SearchIndexRow._fields)})"  # noqa: S608 - ours
    f" VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_SET_BYTES = "INSERT INTO versions_fts (versions_fts, rank) VALUES ('hashsize', ?)"


def build_search_index(path: Path, parts: Iterable[Sequence[Row]]) -> None:
    """Index the versions of parts, in order of their ids, in a new file."""
    with translated(path), closing(connect(f"{path.absolute().as_uri()}?mode=rwc")) as db:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            db.execute(f"PRAGMA {pragma}").fetchone()
        db.execute(next(statements(CREATE_SEARCH_INDEX)))
        db.execute(_SET_BYTES, [INDEXING_BYTES])
        db.conn.execute("BEGIN")
        for versions in parts:
            # One row at a time: FTS5 writes what it has in memory before each statement of several rows.
            db.conn.executemany(_INSERT, map(_indexed, versions))
        db.conn.execute("COMMIT")


def copy_search_index(db: Database, path: Path) -> None:
    """Copy an index that was built in a file into an archive that has the same versions."""
    db.execute("ATTACH ? AS built", [str(path)])
    copy_index(db, "built", "main")
    db.execute("DETACH built")


def index_all_versions(db: Database) -> None:
    """Build the index of an archive from its versions."""
    db.execute(_SET_BYTES, [INDEXING_BYTES])
    db.execute("INSERT INTO versions_fts (versions_fts) VALUES ('rebuild')")
    db.execute(_SET_BYTES, [_DEFAULT_INDEXING_BYTES])
