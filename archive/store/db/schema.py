"""The schema of an archive, as migrations: each is named for a release and never edited after it.

``captures`` and ``payloads`` are facts; ``pages`` is the frontier and ``crawls`` the run history. All
else is derived from captures and can be rebuilt. Foreign keys are deferred, so that an article and its
versions can be written in any order within a transaction.
"""

import sqlite3
from collections.abc import Iterator

from sqlite_utils import Database, Migrations

from archive.store.db.schema_views import VIEWS

# "taza", shown by file(1); tells an archive from any other SQLite database.
APPLICATION_ID = 0x74617A61
# versions.id = article * 10000 + number: derived, so the same captures give the same ids in any archive.
VERSIONS_PER_ARTICLE = 10_000

migrations = Migrations("taz-archive")

TABLES = """
CREATE TABLE crawls (
  id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, reason TEXT, source TEXT NOT NULL,
  pages INTEGER NOT NULL DEFAULT 0, problems INTEGER NOT NULL DEFAULT 0,
  new_articles INTEGER NOT NULL DEFAULT 0, new_versions INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0, runs INTEGER NOT NULL DEFAULT 1, stats TEXT
) STRICT;

CREATE TABLE crawl_sources (
  crawl INTEGER NOT NULL REFERENCES crawls (id) DEFERRABLE INITIALLY DEFERRED,
  source TEXT NOT NULL, asked TEXT, answered TEXT,
  pages INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
  forbidden INTEGER NOT NULL DEFAULT 0, absent INTEGER NOT NULL DEFAULT 0,
  repeated INTEGER NOT NULL DEFAULT 0, unreadable INTEGER NOT NULL DEFAULT 0,
  articles INTEGER NOT NULL DEFAULT 0, without_text INTEGER NOT NULL DEFAULT 0,
  without_date INTEGER NOT NULL DEFAULT 0, without_authors INTEGER NOT NULL DEFAULT 0,
  cut INTEGER NOT NULL DEFAULT 0, rows INTEGER NOT NULL DEFAULT 0,
  unknown_rows INTEGER NOT NULL DEFAULT 0, strange INTEGER NOT NULL DEFAULT 0,
  drift TEXT, stale INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (crawl, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX crawl_sources_source ON crawl_sources (source, crawl);

CREATE TABLE pages (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL,
  priority INTEGER NOT NULL, due TEXT NOT NULL, leased_until TEXT,
  discovered TEXT NOT NULL, checked TEXT, changed TEXT,
  looks INTEGER NOT NULL DEFAULT 0, changes INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
  heat REAL NOT NULL DEFAULT 0,
  UNIQUE (kind, number)
) STRICT;
CREATE INDEX pages_due ON pages (priority, due);
CREATE INDEX pages_leased ON pages (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX pages_past ON pages (number) WHERE priority = 4;

CREATE TABLE habits (age REAL PRIMARY KEY, changes REAL NOT NULL, hours REAL NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE hosts (
  host TEXT PRIMARY KEY, robots TEXT, robots_until TEXT, rests_until TEXT, problem TEXT,
  unreached INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE certificates (
  host TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reparses (
  id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, room TEXT NOT NULL, place INTEGER NOT NULL,
  done INTEGER NOT NULL, found TEXT NOT NULL
) STRICT;

CREATE TABLE payloads (
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
  encoding TEXT NOT NULL, base INTEGER REFERENCES payloads (id) DEFERRABLE INITIALLY DEFERRED,
  dictionary INTEGER REFERENCES dictionaries (id) DEFERRABLE INITIALLY DEFERRED,
  level INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX payloads_hasty ON payloads (id) WHERE level = 3;

CREATE TABLE dictionaries (
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, trained TEXT NOT NULL, note TEXT NOT NULL,
  judged INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE spare_dictionaries (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, body BLOB NOT NULL) STRICT;

CREATE TABLE articles (
  id INTEGER PRIMARY KEY, title TEXT, published TEXT, first_seen TEXT, last_seen TEXT,
  latest_version INTEGER REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  versions INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, url TEXT
) STRICT;
CREATE INDEX articles_published ON articles (published);
CREATE INDEX articles_first_seen ON articles (first_seen);
CREATE INDEX articles_latest_version ON articles (latest_version);
CREATE INDEX articles_state ON articles (state);

CREATE TABLE versions (
  id INTEGER PRIMARY KEY,
  article INTEGER NOT NULL REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  number INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
  title TEXT NOT NULL, lead TEXT, caption TEXT, dateline TEXT, published TEXT,
  text TEXT NOT NULL, words INTEGER NOT NULL, cuts INTEGER NOT NULL,
  guessed INTEGER NOT NULL, folded INTEGER NOT NULL, mended INTEGER NOT NULL,
  capture INTEGER NOT NULL REFERENCES captures (id) DEFERRABLE INITIALLY DEFERRED,
  spellings TEXT NOT NULL
) STRICT;
CREATE INDEX versions_article ON versions (article, first_seen);
CREATE INDEX versions_first_seen ON versions (first_seen);
CREATE INDEX versions_edited ON versions (first_seen) WHERE number > 1;
CREATE INDEX versions_lossy ON versions (article) WHERE (cuts > 0 OR folded = 1);
CREATE INDEX versions_capture ON versions (capture);

CREATE TABLE version_cuts (
  version INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  field TEXT NOT NULL, place INTEGER NOT NULL, most INTEGER
) STRICT;
CREATE INDEX version_cuts_version ON version_cuts (version);

CREATE TABLE version_healed (
  version INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  field TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
  capture INTEGER NOT NULL REFERENCES captures (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX version_healed_version ON version_healed (version);
CREATE INDEX version_healed_capture ON version_healed (capture);

CREATE TABLE version_edits (
  version INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  field TEXT NOT NULL,
  before INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  typography INTEGER NOT NULL, PRIMARY KEY (version, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_edits_before ON version_edits (before);

CREATE TABLE captures (
  id INTEGER PRIMARY KEY,
  article INTEGER REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  version INTEGER REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  crawl INTEGER REFERENCES crawls (id) DEFERRABLE INITIALLY DEFERRED,
  page INTEGER REFERENCES pages (id) DEFERRABLE INITIALLY DEFERRED,
  source TEXT NOT NULL, rendition TEXT, url TEXT NOT NULL, captured_at TEXT NOT NULL,
  payload INTEGER REFERENCES payloads (id) DEFERRABLE INITIALLY DEFERRED,
  outcome TEXT NOT NULL, problem TEXT
) STRICT;
CREATE INDEX captures_article ON captures (article, captured_at) WHERE article IS NOT NULL;
CREATE INDEX captures_page ON captures (page, captured_at) WHERE article IS NULL;
CREATE INDEX captures_problem ON captures (captured_at) WHERE outcome <> 'ok';
CREATE INDEX captures_absent ON captures (article, captured_at) WHERE outcome = 'absent';
CREATE INDEX captures_version ON captures (version) WHERE version IS NOT NULL;

CREATE TABLE links (
  version INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  n INTEGER NOT NULL, text TEXT, start INTEGER, "end" INTEGER, target TEXT,
  article INTEGER REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED, number INTEGER
) STRICT;
CREATE INDEX links_version ON links (version);
CREATE INDEX links_number ON links (number) WHERE number IS NOT NULL;
CREATE INDEX links_article ON links (article) WHERE article IS NOT NULL;

CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER) STRICT;
CREATE TABLE version_authors (
  version INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  author INTEGER NOT NULL REFERENCES authors (id) DEFERRABLE INITIALLY DEFERRED,
  n INTEGER NOT NULL, PRIMARY KEY (version, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_authors_author ON version_authors (author);

CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER) STRICT;
CREATE TABLE article_tags (
  article INTEGER NOT NULL REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  tag INTEGER NOT NULL REFERENCES tags (id) DEFERRABLE INITIALLY DEFERRED,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, PRIMARY KEY (article, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_tags_tag ON article_tags (tag);

CREATE TABLE related (
  article INTEGER NOT NULL REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  related INTEGER REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  number INTEGER, title TEXT NOT NULL, text TEXT,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
) STRICT;
CREATE INDEX related_article ON related (article);
CREATE INDEX related_number ON related (number) WHERE number IS NOT NULL;
CREATE INDEX related_related ON related (related) WHERE related IS NOT NULL;
"""

# content="versions" in double quotes is how Datasette and sqlite-utils recognise the index. The update
# trigger names its columns: extending last_seen, the commonest write of all, must not index anew.
SEARCH = """
CREATE VIRTUAL TABLE versions_fts USING fts5 (
  title, lead, caption, text, spellings,
  content="versions", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER versions_insert AFTER INSERT ON versions BEGIN
  INSERT INTO versions_fts (rowid, title, lead, caption, text, spellings)
  VALUES (new.id, new.title, new.lead, new.caption, new.text, new.spellings);
END;
CREATE TRIGGER versions_delete AFTER DELETE ON versions BEGIN
  INSERT INTO versions_fts (versions_fts, rowid, title, lead, caption, text, spellings)
  VALUES ('delete', old.id, old.title, old.lead, old.caption, old.text, old.spellings);
END;
CREATE TRIGGER versions_update AFTER UPDATE OF id, title, lead, caption, text, spellings ON versions
WHEN (old.id, old.title, old.lead, old.caption, old.text, old.spellings)
  IS NOT (new.id, new.title, new.lead, new.caption, new.text, new.spellings)
BEGIN
  INSERT INTO versions_fts (versions_fts, rowid, title, lead, caption, text, spellings)
  VALUES ('delete', old.id, old.title, old.lead, old.caption, old.text, old.spellings);
  INSERT INTO versions_fts (rowid, title, lead, caption, text, spellings)
  VALUES (new.id, new.title, new.lead, new.caption, new.text, new.spellings);
END;
"""


@migrations(name="0.2.0")
def first_release(db: Database) -> None:
    for statement in statements(TABLES + SEARCH + VIEWS):
        db.execute(statement)


def statements(script: str) -> Iterator[str]:
    """A script's statements. Not ``executescript``, which would commit the migration's transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
