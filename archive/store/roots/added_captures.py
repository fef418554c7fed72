"""The captures that this program added: ids that another program inserted or deleted are faults.

Each transaction that adds captures notes their ids, so that there is no instant at which an inserted capture
could pass for one of ours. Ids follow each other, and no capture is ever deleted: there is one range, unless
captures were inserted.
"""

from collections.abc import Iterator

from sqlite_utils import Database

from archive.errors import DamagedArchive

_EXTEND = "UPDATE added_captures SET last_id = ? WHERE last_id = ?"
_INSERT = "INSERT INTO added_captures (first_id, last_id) VALUES (?, ?)"
_MAX_ID = 2**53  # also an id in JSON
_RANGES = f"""
SELECT first_id, last_id FROM added_captures WHERE first_id > 0 AND last_id BETWEEN first_id AND {_MAX_ID}
ORDER BY first_id
"""  # noqa: S608 - ours
_COUNT = "SELECT count(*) FROM captures WHERE id BETWEEN ? AND ?"
_NEXT = """
SELECT 1 + max(0, ifnull((SELECT max(id) FROM captures), 0),
  ifnull((SELECT last_id FROM added_captures ORDER BY first_id DESC LIMIT 1), 0))
"""
_IDS = "SELECT id FROM captures WHERE id BETWEEN ? AND ? ORDER BY id"
_LEAST, _LARGEST = -(2**63), 2**63 - 1  # integers of SQLite
_MAX_NAMED = 5


def next_capture(db: Database) -> int:
    """Return the id of the next capture, which none ever had. Raise :exc:`DamagedArchive` if none is left."""
    (id_,) = db.execute(_NEXT).fetchone()
    if id_ > _MAX_ID:
        raise DamagedArchive("captures have impossible ids; `verify` names them")
    return int(id_)


def note_added(db: Database, first: int, count: int) -> None:
    """Note that captures of ids from ``first`` on were added. Run within the transaction that adds them."""
    if count and not db.execute(_EXTEND, [first + count - 1, first - 1]).rowcount:
        db.execute(_INSERT, [first, first + count - 1])


def id_faults(db: Database) -> Iterator[str]:
    """Yield the ids of captures that another program inserted or deleted."""
    last = _LEAST - 1
    for first, until in db.execute(_RANGES).fetchall():
        if first > last + 1:
            yield from _inserted(db, last + 1, first - 1)
        yield from _deleted(db, max(first, last + 1), until)
        last = until
    yield from _inserted(db, last + 1, _LARGEST)


def _inserted(db: Database, first: int, last: int) -> Iterator[str]:
    (found,) = db.execute(_COUNT, [first, last]).fetchone()
    if found:
        ids = [id_ for (id_,) in db.execute(f"{_IDS} LIMIT {_MAX_NAMED}", [first, last])]
        yield _named(ids, found, "inserted")


def _deleted(db: Database, first: int, last: int) -> Iterator[str]:
    (found,) = db.execute(_COUNT, [first, last]).fetchone()
    lost = last - first + 1 - found
    if not lost:
        return
    ids, expected = list[int](), first
    for (id_,) in [*db.execute(_IDS, [first, last]), (last + 1,)]:
        ids += range(expected, min(id_, expected + _MAX_NAMED))
        expected = id_ + 1
        if len(ids) >= _MAX_NAMED:
            break
    yield _named(ids[:_MAX_NAMED], lost, "deleted")


def _named(ids: list[int], count: int, what: str) -> str:
    more = " …" if count > len(ids) else ""
    named = f"{', '.join(map(str, ids))}{more}"
    return (
        f"{count:,} captures were {what} by another program: captures {named}"
        if count > 1
        else (f"capture {named} was {what} by another program")
    )
