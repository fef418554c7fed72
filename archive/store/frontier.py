"""The frontier: which pages are known, when each is due, which are being fetched. A table, ``pages``.

A page is due, then leased, then done: done only in the transaction that stores its capture. Whoever
leased it and died left a lease that expires.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sqlite_utils import Database

from archive.model import Article, Kind, Menu, Page, PageKey
from archive.pagekey import page_key
from archive.revisit import next_visit
from archive.store.times import stamp

# What is fetched first: menus that bring news, articles never seen, articles again, other menus.
FIRST = {Kind.ROOT: 0, Kind.SECTION: 0, Kind.ARTICLE: 1, Kind.TOPIC: 3, Kind.AUTHOR: 3}
ARTICLE_AGAIN = 2
PRIORITIES = range(4)


def discover(db: Database, keys: Iterable[PageKey], at: datetime) -> None:
    """Add pages not known yet, due at once; of others note if they were there earlier than was known."""
    now = stamp(at)
    db.conn.executemany(
        "INSERT INTO pages (kind, number, priority, due, discovered) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, number) DO UPDATE SET discovered = excluded.discovered,"
        " due = iif(checked IS NULL, min(due, excluded.due), due) WHERE excluded.discovered < discovered",
        [(key.kind.value, key.number, FIRST[key.kind], now, now) for key in keys],
    )


def hasten(db: Database, keys: Iterable[PageKey], at: datetime) -> None:
    """Make pages due now, and first of all."""
    now = stamp(at)
    db.conn.executemany(
        "UPDATE pages SET due = min(due, ?), priority = 0 WHERE kind = ? AND number = ?",
        [(now, key.kind.value, key.number) for key in keys],
    )


def any_due(db: Database, *, now: datetime) -> bool:
    """Whether there is anything to fetch; quick, however many pages there are."""
    query = "SELECT 1 FROM pages WHERE priority = ? AND due <= ? LIMIT 1"
    return any(db.execute(query, [priority, stamp(now)]).fetchone() for priority in PRIORITIES)


def page_id(db: Database, key: PageKey) -> int | None:
    """The row of a page, None if it is not known."""
    row = db.execute(
        "SELECT id FROM pages WHERE kind = ? AND number = ?", [key.kind.value, key.number]
    ).fetchone()
    return row and int(row[0])


def lease(
    db: Database, count: int, *, now: datetime, until: datetime, unchecked_since: datetime | None = None
) -> list[PageKey]:
    """Up to ``count`` pages to fetch, most urgent first, kept from others ``until`` then.

    Due ones only; or, whatever the schedule says, all not looked at since ``unchecked_since``.
    """
    rows: list[tuple[int, str, int]] = []
    wanted = "due <= :now" if unchecked_since is None else "(checked IS NULL OR checked < :since)"
    for priority in PRIORITIES:
        rows += db.execute(
            "SELECT id, kind, number FROM pages"  # noqa: S608 - one of our two conditions
            f" WHERE priority = :priority AND {wanted} AND (leased_until IS NULL OR leased_until <= :now)"
            " ORDER BY due, id LIMIT :count",
            {
                "priority": priority,
                "now": stamp(now),
                "since": unchecked_since and stamp(unchecked_since),
                "count": count - len(rows),
            },
        ).fetchall()
    db.conn.executemany(
        "UPDATE pages SET leased_until = ? WHERE id = ?", [(stamp(until), row) for row, *_ in rows]
    )
    return [PageKey(Kind(kind), number) for _, kind, number in rows]


def release(db: Database) -> None:
    """Give back what a run before this one leased and never finished; only the lock's holder may."""
    db.execute("UPDATE pages SET leased_until = NULL WHERE leased_until IS NOT NULL")


def set_right(db: Database, now: datetime) -> int:
    """Make pages due that were looked at later than ``now``, as by a clock that was ahead; how many were.

    Else nobody would look at them until then. Goes through all pages: a tenth of a second for a million.
    """
    query = "UPDATE pages SET due = :now, checked = :now WHERE checked > :now"
    return int(db.execute(query, {"now": stamp(now)}).rowcount)


def done(db: Database, key: PageKey, *, at: datetime, born: datetime, good: bool, changed: bool) -> None:
    """The page was fetched ``at``: when to look again. Call it in the transaction that stores the capture."""
    row = db.execute(
        "SELECT failures, checked FROM pages WHERE kind = ? AND number = ?", [key.kind.value, key.number]
    ).fetchone()
    if row[1] and row[1] > stamp(at):  # an old capture, imported late, says nothing of when to look next
        db.execute(
            "UPDATE pages SET leased_until = NULL WHERE kind = ? AND number = ?", [key.kind.value, key.number]
        )
        return
    failures = 0 if good else row[0] + 1
    due = next_visit(key.kind, born=born, now=at, failures=failures)
    db.execute(
        "UPDATE pages SET due = ?, leased_until = NULL, checked = ?, failures = ?, priority = ?,"
        " changed = iif(?, ?, changed) WHERE kind = ? AND number = ?",
        [
            stamp(due),
            stamp(at),
            failures,
            _priority_again(key),
            changed,
            stamp(at),
            key.kind.value,
            key.number,
        ],
    )


class Visits(Protocol):
    """What the frontier of another archive says of a page. Times are stamps."""

    @property
    def priority(self) -> int: ...
    @property
    def due(self) -> str: ...
    @property
    def discovered(self) -> str: ...
    @property
    def checked(self) -> str | None: ...
    @property
    def changed(self) -> str | None: ...
    @property
    def failures(self) -> int: ...


def join(db: Database, key: PageKey, theirs: Visits) -> None:
    """Take in what another archive knows of a page known here: the later look says when to look next."""
    values = {name: getattr(theirs, name) for name in VISITS}
    db.execute(JOIN, {**values, "kind": key.kind.value, "number": key.number})


VISITS = ("priority", "due", "discovered", "checked", "changed", "failures")
LATER = "ifnull(:checked, '') > ifnull(checked, '')"
AS_LATE = ":checked IS checked"
# Of one instant, or if nobody looked: what is more urgent. So it does not matter whose is taken into whose.
JOIN = f"""
UPDATE pages SET discovered = min(discovered, :discovered),
  changed = max(ifnull(changed, :changed), ifnull(:changed, changed)),
  checked = iif({LATER}, :checked, checked),
  due = CASE WHEN {LATER} THEN :due WHEN {AS_LATE} THEN min(due, :due) ELSE due END,
  priority = CASE WHEN {LATER} THEN :priority WHEN {AS_LATE} THEN min(priority, :priority) ELSE priority END,
  failures = CASE WHEN {LATER} THEN :failures WHEN {AS_LATE} THEN min(failures, :failures) ELSE failures END
WHERE kind = :kind AND number = :number
"""  # noqa: S608 - ours


def _priority_again(key: PageKey) -> int:
    return ARTICLE_AGAIN if key.kind is Kind.ARTICLE else FIRST[key.kind]


def links_of(page: Page) -> list[PageKey]:
    """Every page of the paper that a page leads to, in its order."""
    targets = [teaser.target for teaser in (page.entries if isinstance(page, Menu) else page.related)]
    keys: list[PageKey] = []
    if isinstance(page, Article):
        targets += [link.target for link in page.links]
        keys += [PageKey(Kind.AUTHOR, author.number) for author in page.authors if author.number is not None]
        keys += [PageKey(Kind.TOPIC, tag.number) for tag in page.tags if tag.number is not None]
    keys += [key for target in targets if target and (key := page_key(target))]
    return list(dict.fromkeys(keys))
