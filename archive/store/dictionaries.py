"""Dictionaries: what the archive's own pages have in common, kept in it, so that each is packed without.

Old ones stay, as payloads name theirs. :mod:`archive.store.training` makes them.
"""

from typing import NamedTuple

from sqlite_utils import Database
from zstandard import ZstdCompressionDict

from archive.store.packing import Known, as_dictionary, digest_of


class Latest(NamedTuple):
    """The dictionary that new payloads are packed with. ``judged``: the last payload there was then."""

    id: int
    digest: str
    judged: int


# By digest, and the level they are made ready for. They never change, and there are few.
_ready: dict[tuple[str, int], ZstdCompressionDict] = {}
MOST_READY = 16


def latest(db: Database) -> Latest | None:
    row = db.execute("SELECT id, digest, judged FROM dictionaries ORDER BY id DESC LIMIT 1").fetchone()
    return Latest._make(row) if row else None


def to_pack(db: Database, chosen: Latest, level: int) -> Known:
    """A dictionary made ready; None if its bytes are damaged, for no page may be packed with those."""
    try:
        return _get_ready(db, chosen.id, chosen.digest, level)
    except ValueError:
        return None


def to_unpack(db: Database, payload: int) -> ZstdCompressionDict:
    """The one a payload was packed with. Raises ``ValueError`` if it is not there, or damaged."""
    row = db.execute(
        "SELECT d.id, d.digest FROM payloads p JOIN dictionaries d ON d.id = p.dictionary WHERE p.id = ?",
        [payload],
    ).fetchone()
    if row is None:
        raise ValueError("the dictionary it was packed with is not there")
    return _get_ready(db, row[0], row[1], 0)


def _get_ready(db: Database, id_: int, digest: str, level: int) -> ZstdCompressionDict:
    if (digest, level) not in _ready:
        (body,) = db.execute("SELECT body FROM dictionaries WHERE id = ?", [id_]).fetchone()
        if digest_of(body) != digest:
            raise ValueError(f"dictionary {id_} is not what was stored: its digest differs")
        if len(_ready) >= MOST_READY:
            _ready.clear()
        _ready[digest, level] = as_dictionary(body, level=level)
    return _ready[digest, level]
