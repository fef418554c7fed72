"""The plainest program that archives saved pages: hash, compress, store and index the text of each.

``python -m benchmarks.plainest_program NEW.db FOLDER``. It parses nothing and knows no versions; it is what
``import`` is compared with.
"""

import hashlib
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import zstandard

LEVEL = 3  # of zstd
BATCH = 200  # pages, in one transaction
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE payloads (digest BLOB PRIMARY KEY, size INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE pages (
  id INTEGER PRIMARY KEY, path TEXT UNIQUE, modified REAL, digest BLOB, title TEXT, text TEXT
);
CREATE VIRTUAL TABLE pages_fts USING fts5 (
  title, text, content="pages", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER pages_insert AFTER INSERT ON pages BEGIN
  INSERT INTO pages_fts (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
"""


def main(database: str, folder: str) -> None:
    compressor = zstandard.ZstdCompressor(LEVEL)
    files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
    with closing(sqlite3.connect(database)) as db:
        db.executescript(SCHEMA)
        while batch := list(islice(files, BATCH)):
            with db:
                for path in batch:
                    _add(db, path, compressor)


def _add(db: sqlite3.Connection, path: Path, compressor: zstandard.ZstdCompressor) -> None:
    body = path.read_bytes()
    digest = hashlib.sha256(body).digest()
    title, *text = _lines(body)
    db.execute(
        "INSERT OR IGNORE INTO payloads VALUES (?, ?, ?)", (digest, len(body), compressor.compress(body))
    )
    db.execute(
        "INSERT OR IGNORE INTO pages (path, modified, digest, title, text) VALUES (?, ?, ?, ?, ?)",
        (str(path), path.stat().st_mtime, digest, title, "\n".join(text)),
    )


def _lines(body: bytes) -> Iterator[str]:
    """Yield what a gopher client shows of each line of a menu."""
    for line in body.decode().splitlines():
        yield line[1:].partition("\t")[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
