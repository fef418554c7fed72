"""Write the changes of articles, set by set: one statement per table for all articles of a batch.

This is the measured hot path, so it is plain SQL. The search index is updated by triggers; it is quick only
if all versions of a batch are written by one statement, with ascending ids.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlite_utils import Database

from archive.pagekey import article_url
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.ingest.derived_rows import MAX_VERSIONS, DerivedRows, version_id
from archive.store.ingest.name_writer import note_names, write_related, write_tags

# Tables derived from captures. A rebuild fills all of them again, a repair deletes their dangling rows.
TABLES_OF_VERSION = ("links", "version_authors", "version_truncations", "version_repairs", "version_edits")
TABLES_OF_ARTICLE = ("article_tags", "related_articles")
DERIVED_TABLES = (
    *("articles", "versions", "authors", "tags", "sections", "placements"),
    *(*TABLES_OF_VERSION, *TABLES_OF_ARTICLE),
)
_VERSIONS_PER_STATEMENT = 200


def write(db: Database, changes: Sequence[DerivedRows]) -> None:
    """Write the changes of several articles, at most one change for each article."""
    changes = sorted(changes, key=lambda change: change.article)
    ensure_articles(db, [change.article for change in changes if change.rows.versions])
    _clear(db, changes)
    authors = note_names(db, "authors", (name for change in changes for name in change.authors))
    write_tags(db, changes)
    write_related(db, changes)
    _write_rows_of_versions(db, changes, authors)
    _extend(db, changes)
    _summarise_latest(db, changes)
    summarise(db, [change.article for change in changes if change.is_whole])


def ensure_articles(db: Database, articles: Sequence[int]) -> None:
    """Insert the rows of articles that have none, before rows of other tables refer to them.

    Otherwise SQLite would search all these tables for deferred references.
    """
    listed = json.dumps(articles)
    known = {id_ for (id_,) in db.execute(_EXISTING, [listed])}
    new = [article for article in articles if article not in known]
    if not new:
        return
    db.conn.executemany(
        "INSERT INTO articles (id, state, url) VALUES (?, 'present', ?)",
        [(article, article_url(article) if article > 0 else None) for article in new],
    )
    for query in _REFERENCES:
        db.execute(query, [json.dumps(new)])


_EXISTING = "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))"
_LISTED = "(SELECT value FROM json_each(?))"
_REFERENCES = (
    f"UPDATE links SET article_id = article_number WHERE article_number IN {_LISTED}",  # noqa: S608 - ours
    f"UPDATE placements SET article_id = article_number WHERE article_id IS NULL AND article_number IN {_LISTED}",  # noqa: S608, E501
    f"UPDATE related_articles SET related_id = related_number WHERE related_number IN {_LISTED}",  # noqa: S608
)


# -- Versions ---------------------------------------------------------------------------------------------


def _clear(db: Database, changes: Sequence[DerivedRows]) -> None:
    """Delete what the changes replace."""
    unassigned = [
        (change.article, version_id(change.article, change.unassigned_from))
        for change in changes
        if change.unassigned_from is not None
    ]
    replaced = [(one, one.replaced_from) for one in changes if one.replaced_from is not None]
    _unassign_captures(db, unassigned)
    _clear_tables_of_versions(db, [_versions_from(one.article, number) for one, number in replaced])
    _delete_versions(
        db,
        [_versions_from(one.article, number + len(one.rows.versions)) for one, number in replaced],
    )
    _clear_tables_of_article(db, [(change.article,) for change in changes if change.is_whole])


Range = tuple[int, int]  # the first and the last of ids


def _versions_from(article: int, number: int) -> Range:
    """Return the ids of an article's versions from ``number`` on."""
    return version_id(article, number), version_id(article, MAX_VERSIONS)


def _unassign_captures(db: Database, versions: Sequence[tuple[int, int]]) -> None:
    """Clear ``version_id`` of captures: pairs of an article and its first version concerned."""
    db.conn.executemany(
        "UPDATE captures SET version_id = NULL WHERE article_id = ? AND version_id >= ?", versions
    )


def _clear_tables_of_versions(db: Database, versions: Sequence[Range]) -> None:
    """Delete the rows that belong to versions."""
    for table in TABLES_OF_VERSION:
        db.conn.executemany(f"DELETE FROM {table} WHERE version_id BETWEEN ? AND ?", versions)  # noqa: S608 - ours


def _delete_versions(db: Database, versions: Sequence[Range]) -> None:
    db.conn.executemany("DELETE FROM versions WHERE id BETWEEN ? AND ?", versions)


def _clear_tables_of_article(db: Database, articles: Sequence[tuple[int]]) -> None:
    """Delete the tags and related articles of articles."""
    for table in TABLES_OF_ARTICLE:
        db.conn.executemany(f"DELETE FROM {table} WHERE article_id = ?", articles)  # noqa: S608 - ours


def delete_article(db: Database, article: int) -> None:
    """Delete all rows derived for an id that has no captures any more."""
    versions = _versions_from(article, 1)
    _unassign_captures(db, [(article, versions[0])])
    _clear_tables_of_versions(db, [versions])
    _delete_versions(db, [versions])
    _clear_tables_of_article(db, [(article,)])
    db.execute("DELETE FROM articles WHERE id = ?", [article])


def _write_rows_of_versions(db: Database, changes: Sequence[DerivedRows], ids: Mapping[str, int]) -> None:
    """Write the rows that belong to versions. ``ids`` are those of authors, by name."""
    rows = [change.rows for change in changes]
    _write_versions(db, (row for some in rows for row in some.versions))
    authors = [(id_, ids[name], at) for some in rows for id_, name, at in some.authors]
    for query, values in (
        (_INSERT_LINK, [row for some in rows for row in some.links]),
        (_INSERT_TRUNCATION, [row for some in rows for row in some.truncations]),
        (_INSERT_REPAIR, [row for some in rows for row in some.repairs]),
        (_INSERT_EDIT, [row for some in rows for row in some.edits]),
        (_INSERT_AUTHOR, authors),
        (_ASSIGN_CAPTURE, [pair for some in rows for pair in some.captures]),
    ):
        if values:
            db.conn.executemany(query, values)


_INSERT_LINK = (
    'INSERT INTO links (version_id, position, text, start, "end", target, article_number, article_id)'
    " VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT id FROM articles WHERE id = ?))"
)
_INSERT_TRUNCATION = (
    "INSERT INTO version_truncations (version_id, field, offset, max_missing) VALUES (?, ?, ?, ?)"
)
_INSERT_REPAIR = (
    'INSERT INTO version_repairs (version_id, field, start, "end", capture_id) VALUES (?, ?, ?, ?, ?)'
)
_INSERT_EDIT = "INSERT INTO version_edits (version_id, field, before_id, typography) VALUES (?, ?, ?, ?)"
_INSERT_AUTHOR = "INSERT INTO version_authors (version_id, author_id, position) VALUES (?, ?, ?)"
_ASSIGN_CAPTURE = "UPDATE captures SET version_id = ? WHERE id = ?"


def _write_versions(db: Database, rows: Iterable[VersionRow]) -> None:
    """Write versions. Not by INSERT OR REPLACE, which skips the triggers that maintain the search index."""
    rows = iter(rows)
    while some := list(islice(rows, _VERSIONS_PER_STATEMENT)):
        values = ", ".join([_PLACEHOLDERS] * len(some))
        db.execute(f"{_INSERT_VERSIONS} {values} {_UNLESS_EQUAL}", [value for row in some for value in row])


_VERSION_COLUMNS = ", ".join(VersionRow._fields)
_EXCLUDED = ", ".join(f"excluded.{name}" for name in VersionRow._fields)
_SET = ", ".join(f"{name} = excluded.{name}" for name in VersionRow._fields[2:])
_PLACEHOLDERS = f"({', '.join('?' * len(VersionRow._fields))})"
_INSERT_VERSIONS = f"INSERT INTO versions ({_VERSION_COLUMNS}) VALUES"
_UNLESS_EQUAL = f"ON CONFLICT (id) DO UPDATE SET {_SET} WHERE ({_VERSION_COLUMNS}) IS NOT ({_EXCLUDED})"


def _extend(db: Database, changes: Iterable[DerivedRows]) -> None:
    """Extend latest versions, and with them their articles."""
    extended = [(*change.extended[::-1], change.article) for change in changes if change.extended]
    if extended:
        db.conn.executemany(
            "UPDATE versions SET last_seen = ? WHERE id = ?", [(at, version) for at, version, _ in extended]
        )
        db.conn.executemany(
            "UPDATE articles SET last_seen = ?, state = 'present' WHERE id = ?",
            [(at, article) for at, _, article in extended],
        )


def _summarise_latest(db: Database, changes: Iterable[DerivedRows]) -> None:
    """Update the rows of articles whose last version was written, and whose last capture was read."""
    latest = [change.rows.versions[-1] for change in changes if change.rows.versions and not change.is_whole]
    db.conn.executemany(
        "UPDATE articles SET title = ?, published = ?, latest_version_id = ?, version_count = ?,"
        " last_seen = ?, first_seen = ifnull(first_seen, ?), state = 'present' WHERE id = ?",
        [
            (row.title, row.published, row.id, row.number, row.last_seen, row.first_seen, row.article_id)
            for row in latest
        ],
    )


def summarise(db: Database, articles: Sequence[int]) -> None:
    """Update the rows of articles from their versions and captures."""
    db.conn.executemany(
        _SUMMARY, [{"article": article, "first": version_id(article, 1)} for article in articles]
    )


_SUMMARY = """
UPDATE articles SET (title, published, latest_version_id, version_count, last_seen) =
    (SELECT title, published, id, number, last_seen FROM versions
     WHERE article_id = :article ORDER BY id DESC LIMIT 1),
  first_seen = (SELECT first_seen FROM versions WHERE id = :first),
  state = (SELECT iif(outcome = 'absent', 'gone', 'present') FROM captures
           WHERE article_id = :article AND outcome IN ('ok', 'absent')
           ORDER BY captured_at DESC, outcome DESC LIMIT 1)
WHERE id = :article
"""
