"""A damaged file made anew, if only what is derived was damaged: facts as they stand, all else from them."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from archive.errors import StoreError
from archive.store.db.connection import connect, open_to_write
from archive.store.db.errors import translated
from archive.store.db.lock import writing
from archive.store.db.transactions import transaction
from archive.store.ingest.deriving import derive_whole
from archive.store.maintenance.backup import part_of, put_in_place

ROWS_PER_TRANSACTION = 500  # rows of facts, which may be large, or articles, in one transaction
DERIVED_TABLES = (
    *("articles", "versions", "links", "authors", "version_authors", "tags"),
    *("article_tags", "related_articles"),
    *("version_truncations", "version_repairs", "version_edits"),
)
# All other tables but those of SQLite, of its search index, and of the migrations.
FACT_TABLES = """
SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
  AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_*' ORDER BY name
"""
SHARED_COLUMNS = """
SELECT name FROM pragma_table_info(?, 'damaged') JOIN pragma_table_info(?, 'main') USING (name) ORDER BY 1
"""
Advance = Callable[[int], object]


def rebuild(path: Path, advance: Advance) -> int:
    """Make the archive's file anew, and put the new one in its place; how many articles were derived.

    Raises :exc:`DamagedArchive` if facts cannot be read; then all is as it was, as after any other error.
    """
    path = path.resolve()
    with writing(path), part_of(path, mode=path.stat().st_mode) as part:
        with _new(path, part) as db:
            with translated(path):
                _copy_facts(db)
            with translated(part):
                done = _derive_all(db, advance)
        _retire(path)
        put_in_place(part, path)
    return done


@contextmanager
def _new(path: Path, part: Path) -> Iterator[Database]:
    """An empty archive, with the damaged one attached. If anything happens it is thrown away."""
    with closing(open_to_write(part)) as db:
        # Articles are derived after the captures that name them; nothing is ever rolled back.
        for pragma in ("foreign_keys = OFF", "journal_mode = MEMORY", "synchronous = OFF"):
            db.execute(f"PRAGMA {pragma}").fetchone()
        db.execute("ATTACH ? AS damaged", [f"{path.absolute().as_uri()}?mode=ro"])
        yield db
        db.execute("DETACH damaged")
        db.execute("PRAGMA journal_mode = WAL").fetchone()


def _copy_facts(db: Database) -> None:
    """Row by row as they lie in their tables, whatever became of the indexes."""
    tables = [(name, whole) for name, whole in db.execute(FACT_TABLES) if name not in DERIVED_TABLES]
    for name, whole in tables:
        columns = [column for (column,) in db.execute(SHARED_COLUMNS, [name, name])]  # those in both files
        if not columns:
            continue
        listed = ", ".join(f'"{column}"' for column in columns)
        copied = listed.replace('"version_id"', "NULL") if name == "captures" else listed
        copy = f"INSERT INTO main.{name} ({listed}) SELECT {copied} FROM damaged.{name} NOT INDEXED"  # noqa: S608 - ours
        if whole:
            with transaction(db):
                db.execute(copy)
        else:
            _copy_rows(db, name, copy)


def _copy_rows(db: Database, name: str, copy: str) -> None:
    last: int | None = -(2**63)
    while last is not None:
        with transaction(db):
            db.execute(f"{copy} WHERE rowid > ? ORDER BY rowid LIMIT {ROWS_PER_TRANSACTION}", [last])
            (newest,) = db.execute(f"SELECT max(rowid) FROM main.{name}").fetchone()  # noqa: S608 - ours
        last = newest if newest != last else None


def _derive_all(db: Database, advance: Advance) -> int:
    query = "SELECT DISTINCT article_id FROM captures WHERE article_id IS NOT NULL"
    articles = [article for (article,) in db.execute(query)]
    for at in range(0, len(articles), ROWS_PER_TRANSACTION):
        with transaction(db):
            for article in articles[at : at + ROWS_PER_TRANSACTION]:
                derive_whole(db, article, 0)
                advance(1)
    return len(articles)


def _retire(path: Path) -> None:
    """See that nothing of the old file is left beside it, which SQLite would take for the new one's."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with translated(path), closing(connect(uri)) as db:
        (mode,) = db.execute("PRAGMA journal_mode = DELETE").fetchone()
    if mode != "delete":
        raise StoreError(f"{path}: is open in another program; close it there, and repair again")
