"""Write names of authors and tags, and the tags and related articles of articles."""

import json
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from archive.model import Teaser
from archive.reading.date_ranges import restore_truncated
from archive.store.ingest.derived_rows import DerivedRows, Name, Row


def note_names(db: Database, table: str, names: Iterable[Name]) -> dict[str, int]:
    """Insert authors or tags that are new, and set numbers that were unknown. Return the ids by name."""
    noted: dict[str, int | None] = {}
    for name, number in names:
        noted[name] = lower_number(noted.get(name), number)
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
            if lower_number(number, noted[name]) != number
        ],
    )
    if len(known) < len(noted):
        known = _known_names(db, table, noted)
    return {name: id_ for name, (id_, _) in known.items()}


def _known_names(db: Database, table: str, names: Iterable[str]) -> dict[str, tuple[int, int | None]]:
    query = f"SELECT name, id, number FROM {table} WHERE name IN (SELECT value FROM json_each(?))"  # noqa: S608 - ours
    return {name: (id_, number) for name, id_, number in db.execute(query, [json.dumps(list(names))])}


def lower_number(one: int | None, other: int | None) -> int | None:
    """Return the lower of two numbers, so that the result does not depend on their order."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def write_tags(db: Database, changes: Sequence[DerivedRows]) -> None:
    db.conn.executemany(
        "UPDATE article_tags SET last_seen = ? WHERE article_id = ? AND last_seen = ?", _repeated(changes)
    )
    ids = note_names(db, "tags", (tag[:2] for change in changes for tag in change.tags))
    db.conn.executemany(
        "INSERT INTO article_tags (article_id, tag_id, first_seen, last_seen) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (article_id, tag_id) DO UPDATE SET last_seen = excluded.last_seen",
        [(change.article, ids[name], *seen) for change in changes for name, _, *seen in change.tags],
    )


def _repeated(changes: Iterable[DerivedRows]) -> list[tuple[str, int, str]]:
    return [
        (change.extended[1], change.article, change.repeated)
        for change in changes
        if change.extended and change.repeated
    ]


def write_related(db: Database, changes: Sequence[DerivedRows]) -> None:
    db.conn.executemany(
        "UPDATE related_articles SET last_seen = ? WHERE article_id = ? AND last_seen = ?", _repeated(changes)
    )
    known = _known_related(
        db, [change.article for change in changes if change.related and not change.is_whole]
    )
    new: list[Row] = []
    again: list[Row] = []
    for change in changes:
        for number, title, text, *seen in change.related:
            if found := known.get((change.article, title if number is None else number)):
                row, before = found
                now = restore_truncated(before, Teaser(title, text))
                again.append((now.title, now.text, seen[-1], row))
            else:
                new.append((change.article, number, number, title, text, *seen))
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
