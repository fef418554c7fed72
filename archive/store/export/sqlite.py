"""A slim database of what was selected: the tables people read, without captures, pages and runs.

The columns are the archive's own. ``articles`` has each article as of the selection, with its latest selected
version. The file is not an archive: nothing can be derived from it, and no crawl can continue in it.
"""

from collections.abc import Mapping
from pathlib import Path

from sqlite_utils import Database

from archive.progress import Advance
from archive.store.data_dictionary.ddl import create_table
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.db.schema import statements
from archive.store.export.table_file import disk_errors_as_os_errors
from archive.store.search.index_copy import INDEX_TABLES, SETTINGS_TABLE, copy_index

# Each with the columns to leave out, and those that may be NULL: what they refer to may not be selected.
_TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "articles": ((), ()),
    "versions": (("healed", "capture_id"), ()),
    "version_truncations": ((), ()),
    "version_edits": ((), ("before_id",)),
    "links": ((), ()),
    "authors": ((), ()),
    "version_authors": ((), ()),
    "tags": ((), ()),
    "article_tags": ((), ()),
    "related_articles": ((), ()),
    "sections": ((), ()),
    "placements": ((), ()),
}
_OWN_TABLES = """
CREATE TABLE out.about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE out.versions_fts USING fts5 (
  title, lead, caption, text, search_spellings,
  content="versions", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
"""
# After the rows: an index made at once is smaller and quicker made.
_INDEXES = """
CREATE INDEX out.articles_published ON articles (published);
CREATE INDEX out.articles_latest_version ON articles (latest_version_id);
CREATE INDEX out.versions_article ON versions (article_id, first_seen);
CREATE INDEX out.versions_first_seen ON versions (first_seen);
CREATE INDEX out.versions_digest ON versions (digest);
CREATE INDEX out.version_truncations_version ON version_truncations (version_id);
CREATE INDEX out.version_edits_before ON version_edits (before_id);
CREATE INDEX out.links_version ON links (version_id);
CREATE INDEX out.links_number ON links (article_number) WHERE article_number IS NOT NULL;
CREATE INDEX out.version_authors_author ON version_authors (author_id);
CREATE INDEX out.article_tags_tag ON article_tags (tag_id);
CREATE INDEX out.related_articles_article ON related_articles (article_id);
CREATE INDEX out.related_articles_number ON related_articles (related_number)
  WHERE related_number IS NOT NULL;
CREATE INDEX out.placements_article ON placements (article_id);
"""
_VERSION_COLUMNS = ", ".join(
    "s.last_seen" if name == "last_seen" else f"v.{name}"
    for name in VersionRow._fields
    if name not in _TABLES["versions"][0]
)
_VERSIONS = f"""
INSERT INTO out.versions SELECT {_VERSION_COLUMNS}
FROM temp.selected s CROSS JOIN main.versions v ON v.id = s.version_id
WHERE s.version_id > ? ORDER BY s.version_id LIMIT ?
"""  # noqa: S608 - our own columns
# ``latest`` is the latest selected version; times end with the selection.
_ROWS = """
INSERT INTO out.articles SELECT v.article_id, v.title, v.published, a.first_seen, s.last_seen, v.id,
  s.version_count,  iif(s.gone_since IS NULL, 'present', 'gone'), a.url
FROM (SELECT article_id, max(version_id) AS version_id FROM temp.selected GROUP BY article_id) latest
CROSS JOIN temp.selected s ON s.version_id = latest.version_id
  CROSS JOIN out.versions v ON v.id = s.version_id
CROSS JOIN main.articles a ON a.id = v.article_id ORDER BY v.article_id;
INSERT INTO out.version_truncations SELECT x.version_id, x.field, x.offset, x.max_missing FROM temp.selected s
CROSS JOIN main.version_truncations x ON x.version_id = s.version_id ORDER BY s.version_id, x.rowid;
INSERT INTO out.version_edits SELECT x.version_id, x.field, b.id, x.typography FROM temp.selected s
CROSS JOIN main.version_edits x ON x.version_id = s.version_id LEFT JOIN out.versions b ON b.id = x.before_id
ORDER BY x.version_id, x.field;
INSERT INTO out.links SELECT x.version_id, x.position, x.text, x.start, x."end", x.target, a.id,
  x.article_number FROM temp.selected s CROSS JOIN main.links x ON x.version_id = s.version_id
LEFT JOIN out.articles a ON a.id = x.article_number ORDER BY s.version_id, x.rowid;
INSERT INTO out.version_authors SELECT x.version_id, x.author_id, x.position FROM temp.selected s
CROSS JOIN main.version_authors x ON x.version_id = s.version_id ORDER BY x.version_id, x.author_id;
INSERT INTO out.authors SELECT id, name, number FROM main.authors
WHERE id IN (SELECT author_id FROM out.version_authors) ORDER BY id;
INSERT INTO out.article_tags SELECT x.article_id, x.tag_id, x.first_seen, min(x.last_seen, a.last_seen)
FROM out.articles a CROSS JOIN main.article_tags x ON x.article_id = a.id AND x.first_seen <= a.last_seen
ORDER BY x.article_id, x.tag_id;
INSERT INTO out.tags SELECT id, name, number FROM main.tags
WHERE id IN (SELECT tag_id FROM out.article_tags) ORDER BY id;
INSERT INTO out.related_articles SELECT x.article_id, other.id, x.related_number, x.title, x.text,
  x.first_seen,
  min(x.last_seen, a.last_seen)
FROM out.articles a CROSS JOIN main.related_articles x ON x.article_id = a.id AND x.first_seen <= a.last_seen
LEFT JOIN out.articles other ON other.id = x.related_number ORDER BY x.article_id, x.rowid;
"""
# Of the selected articles. A run that went on after the selection ends with its page's last capture by then.
_PLACEMENTS = """
INSERT INTO out.placements SELECT p.section_id, p.position, p.article_id, p.article_number, p.first_seen,
  iif(p.last_seen <= :as_of, p.last_seen, (SELECT max(captured_at) FROM captures c WHERE c.article_id IS NULL
    AND c.page_id = g.id AND c.outcome = 'ok' AND c.captured_at <= :as_of))
FROM main.sections s JOIN main.pages g ON g.number = s.number AND g.kind IN ('root', 'section')
CROSS JOIN main.placements p ON p.section_id = s.id AND p.first_seen <= :as_of
CROSS JOIN out.articles a ON a.id = p.article_id ORDER BY p.section_id, p.position, p.first_seen
"""
_SECTIONS = """
INSERT INTO out.sections SELECT id, number, name FROM main.sections
WHERE id IN (SELECT section_id FROM out.placements) ORDER BY id
"""
_VERSIONS_PER_STEP = 2000  # versions


def write_slim(db: Database, out: Path, about: Mapping[str, str], as_of: str, advance: Advance) -> None:
    """Write the versions selected ``as_of`` a time to a file. Raise ``OSError`` if the disk refuses it."""
    with disk_errors_as_os_errors():
        db.execute("ATTACH ? AS out", [f"{out.absolute().as_uri()}?mode=rwc"])
        db.execute("PRAGMA out.cache_size = -65536").fetchone()  # KiB; indexes are made in it
        _fill(db, about, as_of, advance)
        db.execute("COMMIT")
        db.execute("DETACH out")


def _fill(db: Database, about: Mapping[str, str], as_of: str, advance: Advance) -> None:
    for name, (left_out, nullable) in _TABLES.items():
        db.execute(create_table(name, schema="out", without=left_out, nullable=nullable))
    for statement in statements(_OWN_TABLES):
        db.execute(statement)
    db.conn.executemany("INSERT INTO out.about VALUES (?, ?)", sorted(about.items()))
    _fill_versions(db, advance)
    for statement in statements(_ROWS):
        db.execute(statement)
    db.execute(_PLACEMENTS, {"as_of": as_of})
    db.execute(_SECTIONS)
    for statement in statements(_INDEXES):
        db.execute(statement)
    _index_words(db)


def _fill_versions(db: Database, advance: Advance) -> None:
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
    # If all versions are selected, the tables of the index are copied as they are.
    copy_index(db, "main", "out", (*INDEX_TABLES, SETTINGS_TABLE))
