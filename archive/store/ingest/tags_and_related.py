"""Write tags and related articles, which change independently of versions, and names of authors."""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from archive.model import Author, Tag, Teaser
from archive.reading.date_ranges import (
    DateRange,
    article_number,
    related_ranges,
    restore_truncated,
    tag_ranges,
)
from archive.reading.history import Reading
from archive.timestamps import stamp


def write_tags_and_related(db: Database, article: int, readings: Sequence[Reading]) -> None:
    """Write the tags and related articles of ``readings``, which are later than all written so far."""
    db.conn.executemany(
        "INSERT INTO article_tags (article_id, tag_id, first_seen, last_seen) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (article_id, tag_id) DO UPDATE SET last_seen = excluded.last_seen",
        [
            (article, name_id(db, "tags", tag), stamp(span.first_seen), stamp(span.last_seen))
            for tag, span in tag_ranges(readings).values()
        ],
    )
    _write_related(db, article, related_ranges(readings).values())


def _write_related(db: Database, article: int, spans: Iterable[tuple[Teaser, DateRange]]) -> None:
    rows = db.execute(
        "SELECT rowid, related_number, title, text FROM related_articles WHERE article_id = ?", [article]
    )
    known = {
        title if number is None else number: (row, Teaser(title, text)) for row, number, title, text in rows
    }
    for teaser, span in spans:
        number = article_number(teaser.target)
        row = known.get(teaser.title if number is None else number)
        if row is None:
            db.execute(
                "INSERT INTO related_articles (article_id, related_number, related_id, title, text,"
                " first_seen, last_seen)"
                " VALUES (?, ?, (SELECT id FROM articles WHERE id = ?), ?, ?, ?, ?)",
                [
                    article,
                    number,
                    number,
                    teaser.title,
                    teaser.text,
                    stamp(span.first_seen),
                    stamp(span.last_seen),
                ],
            )
        else:
            now = restore_truncated(row[1], teaser)
            db.execute(
                "UPDATE related_articles SET title = ?, text = ?, last_seen = ? WHERE rowid = ?",
                [now.title, now.text, stamp(span.last_seen), row[0]],
            )


def name_id(db: Database, table: str, name: Author | Tag) -> int:
    """Return the id of an author or tag. Inserts the name if it is new, and sets its number if known."""
    row = db.execute(f"SELECT id, number FROM {table} WHERE name = ?", [name.name]).fetchone()  # noqa: S608 - ours
    if row is None:
        cursor = db.execute(f"INSERT INTO {table} (name, number) VALUES (?, ?)", [name.name, name.number])  # noqa: S608
        assert cursor.lastrowid is not None
        return cursor.lastrowid
    # The lower of two numbers, so that the result does not depend on their order.
    if name.number is not None and (row[1] is None or name.number < row[1]):
        db.execute(f"UPDATE {table} SET number = ? WHERE id = ?", [name.number, row[0]])  # noqa: S608 - ours
    return int(row[0])
