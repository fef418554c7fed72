"""Write the changes of articles, set by set: one statement per table for all articles of a batch.

This is the measured hot path, so it is plain SQL. The search index is updated by triggers; it is quick only
if all versions of a batch are written by one statement, with ascending ids.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlite_utils import Database

from archive.model import Author, Tag, Teaser
from archive.pagekey import article_url
from archive.reading.date_ranges import (
    DateRange,
    article_number,
    related_ranges,
    restore_truncated,
    tag_ranges,
)
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.ingest.derived_rows import MAX_VERSIONS, DerivedRows, Row, version_id
from archive.timestamps import stamp

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
    _write_rows_of_versions(db, changes)
    _extend(db, changes)
    _write_tags(db, changes)
    _write_related(db, changes)
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


def _clear(db: Database, changes: Iterable[DerivedRows]) -> None:
    """Delete what the changes replace."""
    for change in changes:
        if change.unassigned_from is not None:
            unassign_captures(db, change.article, change.unassigned_from)
        if change.replaced_from is not None:
            clear_tables_of_versions(db, change.article, change.replaced_from)
            beyond = change.replaced_from + len(change.rows.versions)
            _delete_versions(db, change.article, beyond)
        if change.is_whole:
            clear_tables_of_article(db, change.article)


def unassign_captures(db: Database, article: int, number: int) -> None:
    """Clear ``version_id`` of the captures of the versions from ``number`` on."""
    db.execute(
        "UPDATE captures SET version_id = NULL WHERE article_id = ? AND version_id >= ?",
        [article, version_id(article, number)],
    )


def clear_tables_of_versions(db: Database, article: int, number: int) -> None:
    """Delete the rows that belong to the versions from ``number`` on."""
    ids = [version_id(article, number), version_id(article, MAX_VERSIONS)]
    for table in TABLES_OF_VERSION:
        db.execute(f"DELETE FROM {table} WHERE version_id BETWEEN ? AND ?", ids)  # noqa: S608 - ours


def _delete_versions(db: Database, article: int, number: int) -> None:
    db.execute(
        "DELETE FROM versions WHERE id BETWEEN ? AND ?",
        [version_id(article, number), version_id(article, MAX_VERSIONS)],
    )


def clear_tables_of_article(db: Database, article: int) -> None:
    """Delete the tags and related articles of an article."""
    for table in TABLES_OF_ARTICLE:
        db.execute(f"DELETE FROM {table} WHERE article_id = ?", [article])  # noqa: S608 - ours


def delete_article(db: Database, article: int) -> None:
    """Delete all rows derived for an id that has no captures any more."""
    unassign_captures(db, article, 1)
    clear_tables_of_versions(db, article, 1)
    _delete_versions(db, article, 1)
    clear_tables_of_article(db, article)
    db.execute("DELETE FROM articles WHERE id = ?", [article])


def _write_rows_of_versions(db: Database, changes: Sequence[DerivedRows]) -> None:
    rows = [change.rows for change in changes]
    _write_versions(db, (row for some in rows for row in some.versions))
    ids = _note_names(db, "authors", (author for change in changes for author in _authors(change)))
    authors = [(id_, ids[author.name], at) for some in rows for id_, author, at in some.authors]
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


def _authors(change: DerivedRows) -> Iterator[Author]:
    yield from (author for _, author, _ in change.rows.authors)
    yield from change.authors


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


# -- Names, tags and related articles ---------------------------------------------------------------------


def _note_names(db: Database, table: str, names: Iterable[Author | Tag]) -> dict[str, int]:
    """Insert authors or tags that are new, and set numbers that were unknown. Return the ids by name."""
    noted: dict[str, int | None] = {}
    for one in names:
        noted[one.name] = _lower(noted.get(one.name), one.number)
    if not noted:
        return {}
    known = _known_names(db, table, noted)
    db.conn.executemany(
        f"INSERT INTO {table} (name, number) VALUES (?, ?)",  # noqa: S608 - ours
        [(name, number) for name, number in noted.items() if name not in known],
    )
    db.conn.executemany(
        f"UPDATE {table} SET number = ? WHERE id = ?",  # noqa: S608 - ours
        [
            (noted[name], id_)
            for name, (id_, number) in known.items()
            if _lower(number, noted[name]) != number
        ],
    )
    if len(known) < len(noted):
        known = _known_names(db, table, noted)
    return {name: id_ for name, (id_, _) in known.items()}


def _known_names(db: Database, table: str, names: Iterable[str]) -> dict[str, tuple[int, int | None]]:
    query = f"SELECT name, id, number FROM {table} WHERE name IN (SELECT value FROM json_each(?))"  # noqa: S608 - ours
    return {name: (id_, number) for name, id_, number in db.execute(query, [json.dumps(list(names))])}


def _lower(one: int | None, other: int | None) -> int | None:
    """Return the lower of two numbers, so that the result does not depend on their order."""
    return min((number for number in (one, other) if number is not None), default=None)


def _write_tags(db: Database, changes: Sequence[DerivedRows]) -> None:
    db.conn.executemany(
        "UPDATE article_tags SET last_seen = ? WHERE article_id = ? AND last_seen = ?", _repeated(changes)
    )
    ranges = [
        (change.article, *found) for change in changes for found in tag_ranges(change.readings).values()
    ]
    ids = _note_names(db, "tags", (tag for _, tag, _ in ranges))
    db.conn.executemany(
        "INSERT INTO article_tags (article_id, tag_id, first_seen, last_seen) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (article_id, tag_id) DO UPDATE SET last_seen = excluded.last_seen",
        [(article, ids[tag.name], *_stamps(seen)) for article, tag, seen in ranges],
    )


def _repeated(changes: Iterable[DerivedRows]) -> list[tuple[str, int, str]]:
    return [
        (change.extended[1], change.article, change.repeated)
        for change in changes
        if change.extended and change.repeated
    ]


def _stamps(seen: DateRange) -> tuple[str, str]:
    return stamp(seen.first_seen), stamp(seen.last_seen)


def _write_related(db: Database, changes: Sequence[DerivedRows]) -> None:
    db.conn.executemany(
        "UPDATE related_articles SET last_seen = ? WHERE article_id = ? AND last_seen = ?", _repeated(changes)
    )
    known = _known_related(
        db, [change.article for change in changes if change.readings and not change.is_whole]
    )
    new: list[Row] = []
    again: list[Row] = []
    for change in changes:
        for name, (teaser, seen) in related_ranges(change.readings).items():
            if found := known.get((change.article, name)):
                row, before = found
                now = restore_truncated(before, teaser)
                again.append((now.title, now.text, stamp(seen.last_seen), row))
            else:
                number = article_number(teaser.target)
                new.append((change.article, number, number, teaser.title, teaser.text, *_stamps(seen)))
    db.conn.executemany(_INSERT_RELATED, new)
    db.conn.executemany(
        "UPDATE related_articles SET title = ?, text = ?, last_seen = ? WHERE rowid = ?", again
    )


_INSERT_RELATED = (
    "INSERT INTO related_articles (article_id, related_number, related_id, title, text, first_seen,"
    " last_seen) VALUES (?, ?, (SELECT id FROM articles WHERE id = ?), ?, ?, ?, ?)"
)


def _known_related(db: Database, articles: Sequence[int]) -> dict[tuple[int, int | str], tuple[int, Teaser]]:
    """Return the related articles that are stored for articles, by article and by number or title."""
    rows = db.execute(
        "SELECT rowid, article_id, related_number, title, text FROM related_articles"
        " WHERE article_id IN (SELECT value FROM json_each(?))",
        [json.dumps(articles)],
    )
    return {
        (article, title if number is None else number): (row, Teaser(title, text))
        for row, article, number, title, text in rows
    }
