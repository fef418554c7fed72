"""Compression dictionaries, trained on the archive's own pages and stored in it.

Old dictionaries are kept, since payloads name theirs. Each is stored in two tables, since no payload that
uses it can be read without it. :mod:`archive.store.payloads.training` trains them.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database
from zstandard import ZstdCompressionDict

from archive.errors import DamagedArchive
from archive.store.db.errors import translated
from archive.store.payloads.compression import OptionalDictionary, digest_of, trained_dictionary


class LatestDictionary(NamedTuple):
    """The dictionary that new payloads are compressed with.

    ``evaluated_at_payload``: the newest payload when its use was last evaluated.
    """

    id: int
    digest: bytes
    evaluated_at_payload: int


# By digest and the level they are prepared for.
_cache: dict[tuple[bytes, int], ZstdCompressionDict] = {}
MAX_CACHED_DICTIONARIES = 16
_WHERE = Path("dictionaries")  # for messages that are not shown
MAX_DICTIONARY_BYTES = 2**20  # trained dictionaries are a tenth of that


def latest(db: Database) -> LatestDictionary | None:
    """Return the newest dictionary, None if none was trained."""
    row = db.execute(
        "SELECT id, digest, evaluated_at_payload FROM dictionaries ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return LatestDictionary._make(row) if row else None


def for_compression(db: Database, chosen: LatestDictionary, level: int) -> OptionalDictionary:
    """Load a dictionary, prepared for ``level``. Returns None if its bytes are damaged."""
    try:
        return _load(db, chosen.id, chosen.digest, level)
    except ValueError:
        return None


def for_decompression(db: Database, payload: int) -> ZstdCompressionDict:
    """Load the dictionary of a payload. Raises ``ValueError`` if it is missing or damaged."""
    [(id_,)] = _readable_rows(db, "SELECT dictionary_id FROM payloads WHERE id = ?", payload) or [(None,)]
    for table in DICTIONARY_TABLES:
        if found := _readable_rows(db, f"SELECT digest FROM {table} WHERE id = ?", id_):  # noqa: S608 - ours
            return _load(db, id_, found[0][0], 0)
    raise ValueError("its dictionary is missing")


def store_copy(db: Database, dictionary: int) -> None:
    """Copy a dictionary to the second table."""
    db.execute(
        "INSERT OR REPLACE INTO dictionary_copies (id, digest, body)"
        " SELECT id, digest, body FROM dictionaries WHERE id = ?",
        [dictionary],
    )


def find_damaged(db: Database) -> Iterator[tuple[int, str]]:
    """Yield the id and table of every stored dictionary that is missing or damaged."""
    ids = {id_ for table in DICTIONARY_TABLES for (id_,) in _readable_rows(db, f"SELECT id FROM {table}")}  # noqa: S608 - ours
    for id_ in sorted(ids):
        for table in DICTIONARY_TABLES:
            if _body(db, table, id_) is None:
                yield id_, table


def restore_damaged(db: Database) -> int:
    """Restore missing or damaged dictionaries from the other table. Returns how many."""
    done = 0
    for id_, table in list(find_damaged(db)):
        other = DICTIONARY_TABLES[1 - DICTIONARY_TABLES.index(table)]
        if _body(db, other, id_) is None:
            continue
        there = db.execute(f"SELECT 1 FROM {table} WHERE id = ?", [id_]).fetchone()  # noqa: S608 - ours
        db.execute(_OVERWRITE[table] if there else _INSERT[table], {"id": id_})
        done += 1
    return done


DICTIONARY_TABLES = ("dictionaries", "dictionary_copies")
_OVERWRITE = {
    table: f"UPDATE {table} SET (digest, body) = (SELECT digest, body FROM {other} WHERE id = :id)"  # noqa: S608 - ours
    " WHERE id = :id"
    for table, other in (DICTIONARY_TABLES, DICTIONARY_TABLES[::-1])
}
_INSERT = {
    "dictionaries": (
        "INSERT INTO dictionaries (id, digest, trained_at, note, evaluated_at_payload, body)"
        " SELECT id, digest, '', 'restored from its copy', id, body FROM dictionary_copies WHERE id = :id"
    ),
    "dictionary_copies": (
        "INSERT INTO dictionary_copies SELECT id, digest, body FROM dictionaries WHERE id = :id"
    ),
}


def _load(db: Database, id_: int, digest: bytes, level: int) -> ZstdCompressionDict:
    if (digest, level) not in _cache:
        found = (body for table in DICTIONARY_TABLES if (body := _body(db, table, id_)))
        body = next(found, None)
        if body is None:
            raise ValueError(f"dictionary {id_} is damaged: its digest differs")
        if len(_cache) >= MAX_CACHED_DICTIONARIES:
            _cache.clear()
        _cache[digest, level] = trained_dictionary(body, level=level)
    return _cache[digest, level]


def _body(db: Database, table: str, id_: int) -> bytes | None:
    """Return a dictionary's bytes from one table, None if they are missing or damaged."""
    query = f"SELECT digest, body FROM {table} WHERE id = ? AND typeof(body) = 'blob' AND length(body) <= ?"  # noqa: S608 - ours
    for digest, body in _readable_rows(db, query, id_, MAX_DICTIONARY_BYTES):
        if digest_of(body) == digest:
            return bytes(body)
    return None


def _readable_rows(db: Database, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a query, none where the file is damaged."""
    with suppress(DamagedArchive), translated(_WHERE):
        return db.execute(query, values).fetchall()
    return []
