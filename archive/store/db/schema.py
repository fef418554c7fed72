"""The schema of an archive. After a release only :mod:`archive.store.db.migrations` change it.

``captures`` and ``payloads`` are data as received, ``pages`` is the frontier and ``crawls`` the run history.
Most other tables are derived from captures and can be rebuilt. Foreign keys are deferred, so that an article
and its versions can be written in any order within a transaction.
"""

import sqlite3
from collections.abc import Iterator

# "taza", as shown by file(1); distinguishes an archive from other SQLite databases.
APPLICATION_ID = 0x74617A61
# Of all migrations, in order.
MIGRATION_NAMES = ("0.2.0",)
# versions.id = article_id * 10000 + number, so the same captures give the same ids in any archive.
VERSIONS_PER_ARTICLE = 10_000

CREATE_TABLES = """
CREATE TABLE crawls (
  id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT, reason TEXT, sources TEXT NOT NULL,
  page_count INTEGER NOT NULL DEFAULT 0, problem_count INTEGER NOT NULL DEFAULT 0,
  new_articles INTEGER NOT NULL DEFAULT 0, new_versions INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0, idle_runs INTEGER NOT NULL DEFAULT 0, stats TEXT
) STRICT;

CREATE TABLE crawl_sources (
  crawl_id INTEGER NOT NULL REFERENCES crawls (id) DEFERRABLE INITIALLY DEFERRED,
  source TEXT NOT NULL, asked_at TEXT, answered_at TEXT,
  page_count INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
  forbidden INTEGER NOT NULL DEFAULT 0, absent INTEGER NOT NULL DEFAULT 0,
  repeated INTEGER NOT NULL DEFAULT 0, unreadable INTEGER NOT NULL DEFAULT 0,
  article_count INTEGER NOT NULL DEFAULT 0, without_text INTEGER NOT NULL DEFAULT 0,
  without_date INTEGER NOT NULL DEFAULT 0, without_authors INTEGER NOT NULL DEFAULT 0,
  truncated INTEGER NOT NULL DEFAULT 0, row_count INTEGER NOT NULL DEFAULT 0,
  unknown_row_count INTEGER NOT NULL DEFAULT 0, pages_with_unknown_rows INTEGER NOT NULL DEFAULT 0,
  layout_change TEXT, excluded INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (crawl_id, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX crawl_sources_source ON crawl_sources (source, crawl_id);

CREATE TABLE pages (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL,
  priority INTEGER NOT NULL, due_at TEXT NOT NULL, leased_until TEXT,
  discovered_at TEXT NOT NULL, checked_at TEXT, changed_at TEXT,
  check_count INTEGER NOT NULL DEFAULT 0, change_count INTEGER NOT NULL DEFAULT 0,
  failure_count INTEGER NOT NULL DEFAULT 0, change_score REAL NOT NULL DEFAULT 0,
  UNIQUE (kind, number)
) STRICT;
CREATE INDEX pages_due ON pages (priority, due_at);
CREATE INDEX pages_leased ON pages (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX pages_past ON pages (number) WHERE priority = 4;

CREATE TABLE change_rates (
  age_hours REAL PRIMARY KEY, change_count REAL NOT NULL, observed_hours REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE hosts (
  host TEXT PRIMARY KEY, robots TEXT, robots_until TEXT, backoff_until TEXT, problem TEXT,
  failure_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE certificates (
  host TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reparses (
  id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT, phase TEXT NOT NULL,
  cursor INTEGER NOT NULL, done_count INTEGER NOT NULL, result TEXT NOT NULL
) STRICT;

CREATE TABLE pending (
  subject TEXT NOT NULL, id INTEGER NOT NULL, capture_id INTEGER NOT NULL,
  PRIMARY KEY (subject, id, capture_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE payloads (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), size INTEGER NOT NULL,
  encoding TEXT NOT NULL, base_id INTEGER REFERENCES payloads (id) DEFERRABLE INITIALLY DEFERRED,
  dictionary_id INTEGER REFERENCES dictionaries (id) DEFERRABLE INITIALLY DEFERRED,
  level INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX payloads_fast ON payloads (id) WHERE level = 3;

CREATE TABLE dictionaries (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), trained_at TEXT NOT NULL,
  note TEXT NOT NULL, evaluated_at_payload INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE dictionary_copies (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL CHECK (length(digest) = 32), body BLOB NOT NULL
) STRICT;

CREATE TABLE articles (
  id INTEGER PRIMARY KEY, title TEXT, published TEXT, first_seen TEXT, last_seen TEXT,
  latest_version_id INTEGER REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  version_count INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, url TEXT
) STRICT;
CREATE INDEX articles_published ON articles (published);
CREATE INDEX articles_first_seen ON articles (first_seen);
CREATE INDEX articles_latest_version ON articles (latest_version_id);
CREATE INDEX articles_state ON articles (state);
CREATE INDEX articles_version_count ON articles (version_count);

CREATE TABLE versions (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  number INTEGER NOT NULL, digest BLOB NOT NULL CHECK (length(digest) = 32),
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
  title TEXT NOT NULL, lead TEXT, caption TEXT, dateline TEXT, published TEXT,
  text TEXT NOT NULL, words INTEGER NOT NULL, truncation_count INTEGER NOT NULL,
  paragraphs_inferred INTEGER NOT NULL, umlauts_transliterated INTEGER NOT NULL, healed INTEGER NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id) DEFERRABLE INITIALLY DEFERRED,
  search_spellings TEXT NOT NULL
) STRICT;
CREATE INDEX versions_article ON versions (article_id, first_seen);
CREATE INDEX versions_first_seen ON versions (first_seen);
CREATE INDEX versions_edited ON versions (first_seen) WHERE number > 1;
CREATE INDEX versions_truncated ON versions (article_id) WHERE (truncation_count > 0
  OR umlauts_transliterated = 1);
CREATE INDEX versions_capture ON versions (capture_id);
CREATE INDEX versions_digest ON versions (digest);

CREATE TABLE version_truncations (
  version_id INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  field TEXT NOT NULL, offset INTEGER NOT NULL, max_missing INTEGER
) STRICT;
CREATE INDEX version_truncations_version ON version_truncations (version_id);

CREATE TABLE version_repairs (
  version_id INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  field TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
  capture_id INTEGER NOT NULL REFERENCES captures (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX version_repairs_version ON version_repairs (version_id);
CREATE INDEX version_repairs_capture ON version_repairs (capture_id);

CREATE TABLE version_edits (
  version_id INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  field TEXT NOT NULL,
  before_id INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  typography INTEGER NOT NULL, PRIMARY KEY (version_id, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_edits_before ON version_edits (before_id);

CREATE TABLE captures (
  id INTEGER PRIMARY KEY,
  article_id INTEGER REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  version_id INTEGER REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  crawl_id INTEGER REFERENCES crawls (id) DEFERRABLE INITIALLY DEFERRED,
  page_id INTEGER REFERENCES pages (id) DEFERRABLE INITIALLY DEFERRED,
  source TEXT NOT NULL, rendition TEXT, url TEXT NOT NULL, captured_at TEXT NOT NULL,
  payload_id INTEGER REFERENCES payloads (id) DEFERRABLE INITIALLY DEFERRED,
  outcome TEXT NOT NULL, problem TEXT
) STRICT;
CREATE INDEX captures_time ON captures (captured_at);
CREATE INDEX captures_article ON captures (article_id, captured_at) WHERE article_id IS NOT NULL;
CREATE INDEX captures_page ON captures (page_id, captured_at) WHERE article_id IS NULL;
CREATE INDEX captures_problem ON captures (captured_at) WHERE outcome <> 'ok';
CREATE INDEX captures_absent ON captures (article_id, captured_at) WHERE outcome = 'absent';
CREATE INDEX captures_version ON captures (version_id) WHERE version_id IS NOT NULL;

CREATE TABLE capture_periods (
  level INTEGER NOT NULL, period TEXT NOT NULL, capture_count INTEGER NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32), PRIMARY KEY (level, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE added_captures (first_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL) STRICT;

CREATE TABLE roots (
  id INTEGER PRIMARY KEY, computed_at TEXT NOT NULL, capture_count INTEGER NOT NULL,
  last_capture_id INTEGER NOT NULL, digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

CREATE TABLE checks (
  id INTEGER PRIMARY KEY, began_at TEXT NOT NULL, finished_at TEXT NOT NULL, scope TEXT NOT NULL,
  file TEXT NOT NULL, part_count INTEGER NOT NULL, sound_count INTEGER NOT NULL,
  payload_count INTEGER NOT NULL, article_count INTEGER NOT NULL, section_count INTEGER NOT NULL,
  unchanged_count INTEGER NOT NULL, fault_count INTEGER NOT NULL
) STRICT;

CREATE TABLE part_checks (
  kind TEXT NOT NULL, part TEXT NOT NULL,
  check_id INTEGER NOT NULL, sound_at TEXT, faulty INTEGER NOT NULL, PRIMARY KEY (kind, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE links (
  version_id INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL, text TEXT, start INTEGER, "end" INTEGER, target TEXT,
  article_id INTEGER REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED, article_number INTEGER
) STRICT;
CREATE INDEX links_version ON links (version_id);
CREATE INDEX links_number ON links (article_number) WHERE article_number IS NOT NULL;
CREATE INDEX links_article ON links (article_id) WHERE article_id IS NOT NULL;

CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER) STRICT;
CREATE TABLE version_authors (
  version_id INTEGER NOT NULL REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  author_id INTEGER NOT NULL REFERENCES authors (id) DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL, PRIMARY KEY (version_id, author_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_authors_author ON version_authors (author_id);

CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER) STRICT;
CREATE TABLE article_tags (
  article_id INTEGER NOT NULL REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  tag_id INTEGER NOT NULL REFERENCES tags (id) DEFERRABLE INITIALLY DEFERRED,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, PRIMARY KEY (article_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_tags_tag ON article_tags (tag_id);

CREATE TABLE related_articles (
  article_id INTEGER NOT NULL REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  related_id INTEGER REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,
  related_number INTEGER, title TEXT NOT NULL, text TEXT,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
) STRICT;
CREATE INDEX related_articles_article ON related_articles (article_id);
CREATE INDEX related_articles_number ON related_articles (related_number) WHERE related_number IS NOT NULL;
CREATE INDEX related_articles_related ON related_articles (related_id) WHERE related_id IS NOT NULL;

CREATE TABLE sections (id INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;
CREATE TABLE placements (
  section_id INTEGER NOT NULL REFERENCES sections (id) DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL,
  article_id INTEGER REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED, article_number INTEGER NOT NULL,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
) STRICT;
CREATE INDEX placements_section ON placements (section_id, last_seen, position);
CREATE INDEX placements_article ON placements (article_id) WHERE article_id IS NOT NULL;
CREATE INDEX placements_missing ON placements (article_number) WHERE article_id IS NULL;
"""

# content="versions" in double quotes is how Datasette and sqlite-utils recognise the index. The update
# trigger names its columns, since the most common write, to last_seen, must not update the index.
CREATE_SEARCH_INDEX = """
CREATE VIRTUAL TABLE versions_fts USING fts5 (
  title, lead, caption, text, search_spellings,
  content="versions", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER versions_insert AFTER INSERT ON versions BEGIN
  INSERT INTO versions_fts (rowid, title, lead, caption, text, search_spellings)
  VALUES (new.id, new.title, new.lead, new.caption, new.text, new.search_spellings);
END;
CREATE TRIGGER versions_delete AFTER DELETE ON versions BEGIN
  INSERT INTO versions_fts (versions_fts, rowid, title, lead, caption, text, search_spellings)
  VALUES ('delete', old.id, old.title, old.lead, old.caption, old.text, old.search_spellings);
END;
CREATE TRIGGER versions_update AFTER UPDATE OF id, title, lead, caption, text, search_spellings ON versions
WHEN (old.id, old.title, old.lead, old.caption, old.text, old.search_spellings)
  IS NOT (new.id, new.title, new.lead, new.caption, new.text, new.search_spellings)
BEGIN
  INSERT INTO versions_fts (versions_fts, rowid, title, lead, caption, text, search_spellings)
  VALUES ('delete', old.id, old.title, old.lead, old.caption, old.text, old.search_spellings);
  INSERT INTO versions_fts (rowid, title, lead, caption, text, search_spellings)
  VALUES (new.id, new.title, new.lead, new.caption, new.text, new.search_spellings);
END;
"""


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script: ``executescript`` would commit the migration's transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
