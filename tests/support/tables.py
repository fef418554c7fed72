"""Read and change the tables of an archive, and open it for functions that take a connection."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.store import Reader
from archive.store.db.connection import open_to_write

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]  # by query

# Everything that is derived, without the ids that only say in which order rows were made.
DERIVED = {
    "articles": "SELECT * FROM articles ORDER BY id",
    "versions": "SELECT id, article_id, number, digest, first_seen, last_seen, title, lead, caption,"
    " dateline, published, text, words, truncation_count, search_spellings, paragraphs_inferred,"
    " umlauts_transliterated FROM versions ORDER BY id",
    "bases": "SELECT v.id, captured_at, p.digest, source, c.url FROM versions v"
    " JOIN captures c ON c.id = v.capture_id JOIN payloads p ON p.id = payload_id ORDER BY 1",
    "cuts": "SELECT version_id, field, offset, max_missing FROM version_truncations ORDER BY 1, rowid",
    "healed": 'SELECT h.version_id, field, start, "end", captured_at, digest FROM version_repairs h'
    " JOIN captures c ON c.id = h.capture_id JOIN payloads p ON p.id = payload_id ORDER BY 1, h.rowid",
    "edits": "SELECT * FROM version_edits ORDER BY version_id, field",
    "captures": "SELECT c.article_id, c.version_id, source, url, captured_at, digest, outcome, problem"
    " FROM captures c LEFT JOIN payloads p ON p.id = payload_id ORDER BY captured_at, digest, source, url",
    "links": "SELECT * FROM links ORDER BY version_id, position, start",
    "authors": "SELECT version_id, v.position, name, number FROM version_authors v JOIN authors a"
    " ON a.id = author_id"
    " ORDER BY 1, 2",
    "tags": "SELECT article_id, name, number, first_seen, last_seen FROM article_tags JOIN tags t"
    " ON t.id = tag_id"
    " ORDER BY 1, 2",
    "related": "SELECT * FROM related_articles ORDER BY article_id, related_number, title",
    "sections": "SELECT number, name FROM sections ORDER BY 1",
    "placements": "SELECT number, position, article_id, article_number, first_seen, last_seen FROM placements"
    " JOIN sections s ON s.id = section_id ORDER BY 1, 2, first_seen",
    "pages": "SELECT kind, number FROM pages ORDER BY 1, 2",
}


@contextmanager
def database(archive: Path | Reader) -> Iterator[Database]:
    """Open an archive as a writer does, but without its lock."""
    db = open_to_write(path_of(archive))
    try:
        yield db
    finally:
        db.close()


def path_of(archive: Path | Reader) -> Path:
    return archive.path if isinstance(archive, Reader) else archive


def rows(archive: Path | Reader, query: str, *values: object, **named: object) -> list[Row]:
    """Return the rows of a query, of what is committed."""
    with closing(sqlite3.connect(f"file:{path_of(archive)}?mode=ro", uri=True)) as connection:
        return connection.execute(query, named or values).fetchall()


def change(archive: Path | Reader, statement: str, *values: object, **named: object) -> int:
    """Run a statement and commit it; return how many rows it changed."""
    with closing(sqlite3.connect(path_of(archive))) as connection, connection:
        return connection.execute(statement, named or values).rowcount


def derived_rows(archive: Path | Reader) -> Rows:
    return {name: rows(archive, query) for name, query in DERIVED.items()}


def is_sound(archive: Path | Reader) -> bool:
    """Return whether SQLite finds no damage, no foreign key dangles and the search index has all versions."""
    change(archive, "INSERT INTO versions_fts (versions_fts, rank) VALUES ('integrity-check', 1)")
    checked = rows(archive, "PRAGMA integrity_check")
    return checked == [("ok",)] and not rows(archive, "PRAGMA foreign_key_check")
