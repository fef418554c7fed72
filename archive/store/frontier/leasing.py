"""Lease due pages of the frontier, in the order in which they are fetched."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.store.frontier.known_pages import ALL_PRIORITIES, Priority
from archive.timestamps import stamp

# Raw SQL here, since each batch of fetches runs it.
_ORDER = {Priority.MENU: "change_score DESC, due_at, id", Priority.PAST: "number DESC"}
# In every cycle of 13 captures, each of these priorities comes first once or twice, so that a flood of new
# articles cannot starve the others. 13 is prime: only leases of a multiple of 13 pages would skip some.
LEASE_CYCLE = 13
_FIRST_IN_CYCLE = {
    2: Priority.YOUNG,
    4: Priority.MENU,
    6: Priority.PAST,
    8: Priority.YOUNG,
    10: Priority.MENU,
    12: Priority.REST,
}


def is_any_due(db: Database, *, now: datetime) -> bool:
    """Return whether any page is due. Takes the same time for any number of pages."""
    query = "SELECT 1 FROM pages WHERE priority = ? AND due_at <= ? LIMIT 1"
    return any(db.execute(query, [priority, stamp(now)]).fetchone() for priority in ALL_PRIORITIES)


def lease(
    db: Database,
    count: int,
    *,
    now: datetime,
    until: datetime,
    unchecked_since: datetime | None = None,
    of: Sequence[Priority] = ALL_PRIORITIES,
) -> list[PageKey]:
    """Lease up to ``count`` due pages ``until`` a time, and return them, most urgent first.

    Other priorities come first at times, see :func:`leasing_order`. With ``unchecked_since``, the schedule is
    ignored: all pages not checked since then are leased.
    """
    rows: list[tuple[int, int, str, int]] = []
    wanted = "due_at <= :now" if unchecked_since is None else "(checked_at IS NULL OR checked_at < :since)"
    (captures,) = db.execute("SELECT ifnull(max(id), 0) FROM captures").fetchone()
    for priority in leasing_order(of, captures):
        if len(rows) < count:
            rows += db.execute(
                "SELECT priority, id, kind, number FROM pages"  # noqa: S608 - one of our two conditions
                f" WHERE priority = {priority:d} AND {wanted}"
                " AND (leased_until IS NULL OR leased_until <= :now)"
                f" ORDER BY {_ORDER.get(priority, 'due_at, id')} LIMIT :count",
                {
                    "now": stamp(now),
                    "since": unchecked_since and stamp(unchecked_since),
                    "count": count - len(rows),
                },
            ).fetchall()
    db.conn.executemany(
        "UPDATE pages SET leased_until = ? WHERE id = ?", [(stamp(until), row) for _, row, *_ in rows]
    )
    rows.sort(key=itemgetter(0))
    return [PageKey(Kind(kind), number) for *_, kind, number in rows]


def leasing_order(of: Iterable[Priority], number: int) -> list[Priority]:
    """Return priorities in the order in which they are leased, after a ``number`` of pages or leases.

    Seeds come first, then a priority that changes with the number, then the most urgent.
    """
    first = _FIRST_IN_CYCLE.get(number % LEASE_CYCLE)
    return sorted(of, key=lambda priority: (priority is not Priority.SEED, priority is not first, priority))


def release_all(db: Database) -> None:
    """Release the leases of runs that were killed. The caller holds the write lock."""
    db.execute("UPDATE pages SET leased_until = NULL WHERE leased_until IS NOT NULL")
