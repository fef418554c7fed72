"""Write prepared parts into a new archive, which has no secondary indexes or triggers meanwhile."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlite_utils import Database

from archive.store.assembly.part_check import PartFault
from archive.store.assembly.prepared_part import PreparedPart
from archive.store.data_dictionary.derived_tables import (
    ArticleRow,
    VersionEditRow,
    VersionRepairRow,
    VersionRow,
    VersionTruncationRow,
)
from archive.store.data_dictionary.fact_tables import CaptureRow
from archive.store.ingest.derived_rows import Row
from archive.store.ingest.name_writer import note_names
from archive.store.roots.added_captures import note_added


def _insert(table: str, columns: Sequence[str]) -> str:
    quoted = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table} ({quoted}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - ours


# Raw SQL here, since it is what assembling an archive consists of.
INSERTS = {
    "versions": _insert("versions", VersionRow._fields),
    "links": (
        'INSERT INTO links (version_id, position, text, start, "end", target, article_number, article_id)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT id FROM articles WHERE id = ?))"
    ),
    "edits": _insert("version_edits", VersionEditRow._fields),
    "truncations": _insert("version_truncations", VersionTruncationRow._fields),
    "repairs": _insert("version_repairs", VersionRepairRow._fields),
    "related_articles": (
        "INSERT INTO related_articles (article_id, related_id, related_number, title, text, first_seen,"
        " last_seen) VALUES (?, (SELECT id FROM articles WHERE id = ?), ?, ?, ?, ?, ?)"
    ),
    "pages": _insert(
        "pages",
        (
            *("id", "kind", "number", "priority", "due_at", "discovered_at", "checked_at", "changed_at"),
            *("check_count", "change_count", "failure_count", "change_score"),
        ),
    ),
    "sections": _insert("sections", ("number", "name")),
}
_INSERT_ARTICLE = _insert("articles", ArticleRow._fields)
_INSERT_CAPTURE = _insert("captures", CaptureRow._fields)
_INSERT_PAYLOAD = (
    _insert("payloads", ("id", "digest", "size", "encoding", "base_id", "level", "body"))
    + " ON CONFLICT (digest) DO NOTHING"
)
_INSERT_VERSION_AUTHOR = _insert("version_authors", ("version_id", "author_id", "position"))
_INSERT_TAG = _insert("article_tags", ("article_id", "tag_id", "first_seen", "last_seen"))
_INSERT_PLACEMENT = (
    "INSERT INTO placements (section_id, position, article_number, article_id, first_seen, last_seen)"
    " VALUES ((SELECT id FROM sections WHERE number = ?), ?, ?, (SELECT id FROM articles WHERE id = ?), ?, ?)"
)


def write_articles(db: Database, rows: Iterable[Row]) -> None:
    """Write articles, before anything that refers to them. Raise :exc:`.PartFault`."""
    with _refusals("articles"):
        db.conn.executemany(_INSERT_ARTICLE, rows)


def write_prepared(db: Database, part: PreparedPart) -> None:
    """Write a part; the articles of all parts are there. Raise :exc:`.PartFault`."""
    for table, rows in part.rows.items():
        _write(db, table, INSERTS[table], rows)
    _write_names(db, part)
    _write(
        db,
        "placements",
        _INSERT_PLACEMENT,
        [(section, at, number, number, *seen) for section, at, number, *seen in part.placements],
    )
    known = _write_payloads(db, part.payloads)
    captures = part.captures
    if known:
        captures = [(*row[:9], known.get(row[9], row[9]), *row[10:]) for row in captures]
    _write(db, "captures", _INSERT_CAPTURE, captures)
    if captures:
        note_added(db, captures[0][0], len(captures))


def _write(db: Database, table: str, query: str, rows: Sequence[Row]) -> None:
    if rows:
        with _refusals(table):
            db.conn.executemany(query, rows)


@contextmanager
def _refusals(table: str) -> Iterator[None]:
    """Raise :exc:`.PartFault` for rows that the archive's tables refuse."""
    try:
        yield
    except (sqlite3.IntegrityError, OverflowError) as error:
        raise PartFault(table, str(error)) from error


def _write_names(db: Database, part: PreparedPart) -> None:
    authors = note_names(db, "authors", part.authors)
    _write(
        db,
        "version_authors",
        _INSERT_VERSION_AUTHOR,
        [(version, authors[name], at) for version, name, at in part.version_authors],
    )
    tags = note_names(db, "tags", ((name, number) for _, name, number, *_ in part.tags))
    _write(db, "tags", _INSERT_TAG, [(article, tags[name], *seen) for article, name, _, *seen in part.tags])


# -- Payloads ---------------------------------------------------------------------------------------------


def _write_payloads(db: Database, rows: Sequence[Row]) -> dict[int | None, int]:
    """Write payloads. Return the ids of those whose bytes an earlier part has, by the ids that they lack."""
    if not rows:
        return {}
    with _refusals("payloads"):
        written = db.conn.executemany(_INSERT_PAYLOAD, rows).rowcount
    if written == len(rows):
        return {}
    known = _known(db, rows)
    bases = [(known[row[4]], row[0]) for row in rows if row[4] in known and row[0] not in known]
    db.conn.executemany("UPDATE payloads SET base_id = ? WHERE id = ?", bases)
    return known


def _known(db: Database, rows: Sequence[Row]) -> dict[int | None, int]:
    query = "SELECT id FROM payloads WHERE id BETWEEN ? AND ?"
    new = {id_ for (id_,) in db.execute(query, [rows[0][0], rows[-1][0]])}
    find = "SELECT id FROM payloads WHERE digest = ?"
    return {row[0]: db.execute(find, [row[1]]).fetchone()[0] for row in rows if row[0] not in new}
