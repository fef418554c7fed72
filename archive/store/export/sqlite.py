"""A slim database of what was selected: the tables people read, without captures, pages and runs.

The columns are the archive's own. ``articles`` has each article as of the selection, with its latest selected
version. The file is not an archive: nothing can be derived from it, and no crawl can continue in it.
"""

import sqlite3
from collections.abc import Callable, Mapping
from errno import EIO
from pathlib import Path

from sqlite_utils import Database

from archive.store.db.schema import statements

_TABLES = """
CREATE TABLE out.about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE out.articles (
  id INTEGER PRIMARY KEY, title TEXT, published TEXT, first_seen TEXT, last_seen TEXT,
  latest_version INTEGER REFERENCES versions (id), versions INTEGER NOT NULL, state TEXT NOT NULL, url TEXT
) STRICT;
CREATE TABLE out.versions (
  id INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles (id),
  number INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
  title TEXT NOT NULL, lead TEXT, caption TEXT, dateline TEXT, published TEXT,
  text TEXT NOT NULL, words INTEGER NOT NULL, cuts INTEGER NOT NULL, spellings TEXT NOT NULL,
  guessed INTEGER NOT NULL, folded INTEGER NOT NULL
) STRICT;
CREATE TABLE out.version_cuts (
  version INTEGER NOT NULL REFERENCES versions (id), field TEXT NOT NULL, place INTEGER NOT NULL, most INTEGER
) STRICT;
CREATE TABLE out.version_edits (
  version INTEGER NOT NULL REFERENCES versions (id), field TEXT NOT NULL,
  before INTEGER REFERENCES versions (id), typography INTEGER NOT NULL, PRIMARY KEY (version, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE out.links (
  version INTEGER NOT NULL REFERENCES versions (id), n INTEGER NOT NULL, text TEXT,
  start INTEGER, "end" INTEGER, target TEXT, article INTEGER REFERENCES articles (id), number INTEGER
) STRICT;
CREATE TABLE out.authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER) STRICT;
CREATE TABLE out.version_authors (
  version INTEGER NOT NULL REFERENCES versions (id), author INTEGER NOT NULL REFERENCES authors (id),
  n INTEGER NOT NULL, PRIMARY KEY (version, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE out.tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER) STRICT;
CREATE TABLE out.article_tags (
  article INTEGER NOT NULL REFERENCES articles (id), tag INTEGER NOT NULL REFERENCES tags (id),
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, PRIMARY KEY (article, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE out.related (
  article INTEGER NOT NULL REFERENCES articles (id), related INTEGER REFERENCES articles (id),
  number INTEGER, title TEXT NOT NULL, text TEXT, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE out.versions_fts USING fts5 (
  title, lead, caption, text, spellings,
  content="versions", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
"""
# After the rows: an index made at once is smaller and quicker made.
_INDEXES = """
CREATE INDEX out.articles_published ON articles (published);
CREATE INDEX out.articles_latest_version ON articles (latest_version);
CREATE INDEX out.versions_article ON versions (article, first_seen);
CREATE INDEX out.versions_first_seen ON versions (first_seen);
CREATE INDEX out.version_cuts_version ON version_cuts (version);
CREATE INDEX out.version_edits_before ON version_edits (before);
CREATE INDEX out.links_version ON links (version);
CREATE INDEX out.links_number ON links (number) WHERE number IS NOT NULL;
CREATE INDEX out.version_authors_author ON version_authors (author);
CREATE INDEX out.article_tags_tag ON article_tags (tag);
CREATE INDEX out.related_article ON related (article);
CREATE INDEX out.related_number ON related (number) WHERE number IS NOT NULL;
"""
_VERSIONS = """
INSERT INTO out.versions SELECT v.id, v.article, v.number, v.first_seen, s.last_seen, v.title, v.lead,
  v.caption, v.dateline, v.published, v.text, v.words, v.cuts, v.spellings, v.guessed, v.folded
FROM temp.selected s CROSS JOIN main.versions v ON v.id = s.version
WHERE s.version > ? ORDER BY s.version LIMIT ?
"""
# ``latest`` is the latest selected version; times end with the selection.
_ROWS = """
INSERT INTO out.articles SELECT v.article, v.title, v.published, a.first_seen, s.last_seen, v.id, s.versions,
  iif(s.gone_since IS NULL, 'here', 'gone'), a.url
FROM (SELECT article, max(version) AS version FROM temp.selected GROUP BY article) latest
CROSS JOIN temp.selected s ON s.version = latest.version CROSS JOIN out.versions v ON v.id = s.version
CROSS JOIN main.articles a ON a.id = v.article ORDER BY v.article;
INSERT INTO out.version_cuts SELECT x.version, x.field, x.place, x.most FROM temp.selected s
CROSS JOIN main.version_cuts x ON x.version = s.version ORDER BY s.version, x.rowid;
INSERT INTO out.version_edits SELECT x.version, x.field, b.id, x.typography FROM temp.selected s
CROSS JOIN main.version_edits x ON x.version = s.version LEFT JOIN out.versions b ON b.id = x.before
ORDER BY x.version, x.field;
INSERT INTO out.links SELECT x.version, x.n, x.text, x.start, x."end", x.target, a.id, x.number
FROM temp.selected s CROSS JOIN main.links x ON x.version = s.version
LEFT JOIN out.articles a ON a.id = x.number ORDER BY s.version, x.rowid;
INSERT INTO out.version_authors SELECT x.version, x.author, x.n FROM temp.selected s
CROSS JOIN main.version_authors x ON x.version = s.version ORDER BY x.version, x.author;
INSERT INTO out.authors SELECT id, name, number FROM main.authors
WHERE id IN (SELECT author FROM out.version_authors) ORDER BY id;
INSERT INTO out.article_tags SELECT x.article, x.tag, x.first_seen, min(x.last_seen, a.last_seen)
FROM out.articles a CROSS JOIN main.article_tags x ON x.article = a.id AND x.first_seen <= a.last_seen
ORDER BY x.article, x.tag;
INSERT INTO out.tags SELECT id, name, number FROM main.tags
WHERE id IN (SELECT tag FROM out.article_tags) ORDER BY id;
INSERT INTO out.related SELECT x.article, other.id, x.number, x.title, x.text, x.first_seen,
  min(x.last_seen, a.last_seen)
FROM out.articles a CROSS JOIN main.related x ON x.article = a.id AND x.first_seen <= a.last_seen
LEFT JOIN out.articles other ON other.id = x.number ORDER BY x.article, x.rowid;
"""
# If all versions are selected, the tables of the index are copied as they are.
_FTS_TABLES = ("data", "idx", "docsize", "config")
_VERSIONS_PER_STEP = 2000  # versions


def write_slim(db: Database, out: Path, about: Mapping[str, str], advance: Callable[[int], None]) -> None:
    """Write the selected versions to a new file. Raise ``OSError`` if the disk refuses it."""
    try:
        db.execute("ATTACH ? AS out", [f"{out.absolute().as_uri()}?mode=rwc"])
        db.execute("PRAGMA out.cache_size = -65536").fetchone()  # KiB; indexes are made in it
        _fill(db, about, advance)
        db.execute("COMMIT")
        db.execute("DETACH out")
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DISK_ERRORS:
            raise
        raise OSError(EIO, str(error)) from error


_DISK_ERRORS = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


def _fill(db: Database, about: Mapping[str, str], advance: Callable[[int], None]) -> None:
    for statement in statements(_TABLES):
        db.execute(statement)
    db.conn.executemany("INSERT INTO out.about VALUES (?, ?)", sorted(about.items()))
    _fill_versions(db, advance)
    for statement in statements(_ROWS + _INDEXES):
        db.execute(statement)
    _index_words(db)


def _fill_versions(db: Database, advance: Callable[[int], None]) -> None:
    last, written = -(2**63), _VERSIONS_PER_STEP
    while written == _VERSIONS_PER_STEP:
        written = db.execute(_VERSIONS, [last, _VERSIONS_PER_STEP]).rowcount
        (last,) = db.execute("SELECT max(id) FROM out.versions").fetchone()
        advance(written)


def _index_words(db: Database) -> None:
    same = "SELECT (SELECT count(*) FROM out.versions) = (SELECT count(*) FROM main.versions)"
    if not db.execute(same).fetchone()[0]:
        db.execute("INSERT INTO out.versions_fts (versions_fts) VALUES ('rebuild')")
        return
    for shadow in _FTS_TABLES:
        db.execute(f"DELETE FROM out.versions_fts_{shadow}")  # noqa: S608 - ours
        db.execute(f"INSERT INTO out.versions_fts_{shadow} SELECT * FROM main.versions_fts_{shadow}")  # noqa: S608
