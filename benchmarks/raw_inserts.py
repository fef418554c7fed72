"""Baseline: insert the finished rows of an archive with plain SQL, search index included.

Rows are inserted in batches of as many captures as a crawl records at once, referenced rows first. Columns
that refer to later rows are filled afterwards.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlite_utils import Database

from archive.store.db.connection import open_to_read, open_to_write

Rows = list[tuple[Any, ...]]
Batch = dict[str, Rows]  # by statement
LATER = {"articles": "latest_version_id", "captures": "version_id"}
# Rows that belong to the captures of a batch, in the order in which they can be inserted.
TABLES = {
    "payloads": "id IN (SELECT payload_id FROM captures WHERE id BETWEEN :first AND :last)",
    "pages": "id IN (SELECT page_id FROM captures WHERE id BETWEEN :first AND :last)",
    "articles": "id IN (SELECT article_id FROM captures WHERE id BETWEEN :first AND :last)",
    "captures": "id BETWEEN :first AND :last",
    "versions": "capture_id BETWEEN :first AND :last",
    "links": "version_id IN (SELECT version_id FROM captures WHERE id BETWEEN :first AND :last)",
    "version_authors": "version_id IN (SELECT version_id FROM captures WHERE id BETWEEN :first AND :last)",
    "article_tags": "article_id IN (SELECT article_id FROM captures WHERE id BETWEEN :first AND :last)",
    "related_articles": "article_id IN (SELECT article_id FROM captures WHERE id BETWEEN :first AND :last)",
}
BEFORE = ("authors", "tags")  # all inserted before the first batch
NULL_AT_FIRST = {
    "links": "article_id",
    "related_articles": "related_id",
}  # articles that may not be there yet


def seconds_of_raw_inserts(archive: Path, path: Path, batch: int) -> float:
    """Return the seconds to insert all rows of ``archive`` into a new archive at ``path``."""
    with closing(open_to_read(archive)) as db:
        batches = list(_batches(db, batch))
    with closing(open_to_write(path)) as other:
        started = perf_counter()
        for statements in batches:
            with other.conn:
                for statement, rows in statements.items():
                    other.conn.executemany(statement, rows)
        return perf_counter() - started


def _batches(db: Database, size: int) -> Iterator[Batch]:
    last = db.execute("SELECT max(id) FROM captures").fetchone()[0]
    for first in range(1, last + 1, size):
        ids = {"first": first, "last": first + size - 1}
        before = BEFORE if first == 1 else ()
        statements = dict([_ready(db, table, "1", ids) for table in before])
        statements |= dict([_ready(db, table, where, ids) for table, where in TABLES.items()])
        yield statements | {
            f"UPDATE {table} SET {column} = ? WHERE id = ?": db.execute(
                f"SELECT {column}, id FROM {table} WHERE {TABLES[table]}", ids
            ).fetchall()
            for table, column in LATER.items()
        }


def _ready(db: Database, table: str, where: str, ids: dict[str, int]) -> tuple[str, Rows]:
    columns = [column.name for column in db.table(table).columns]
    left_out = {LATER.get(table), NULL_AT_FIRST.get(table)}
    values = ", ".join("NULL" if name in left_out else f'"{name}"' for name in columns)
    rows = db.execute(f"SELECT {values} FROM {table} WHERE {where}", ids).fetchall()
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows
