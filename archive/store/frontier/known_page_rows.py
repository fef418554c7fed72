"""Read the frontier that an archive stores, with what is known of its articles, for a frontier elsewhere."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.policy.revisit import ChangeRates
from archive.store.frontier.known_pages import INITIAL_PRIORITIES, Priority
from archive.store.frontier.reschedule import load_change_rates
from archive.timestamps import parse_stamp

_ROWS_AT_ONCE = 1000
_PAGES = """
SELECT p.kind, p.number, p.priority, p.due_at, p.discovered_at, p.checked_at, p.changed_at, p.check_count,
  p.change_count, p.failure_count, p.change_score, a.first_seen, a.published, ifnull(a.state = 'present', 0),
  ifnull(a.state = 'present' AND (v.truncation_count > 0 OR v.umlauts_transliterated = 1), 0)
FROM pages p LEFT JOIN articles a ON p.kind = 'article' AND a.id = p.number
LEFT JOIN versions v ON v.id = a.latest_version_id
ORDER BY p.id
"""


class KnownPage(NamedTuple):
    """A page of an archive's frontier. ``is_partial``: its article is truncated or transliterated."""

    key: PageKey
    priority: Priority
    due_at: datetime
    discovered_at: datetime
    checked_at: datetime | None
    changed_at: datetime | None
    check_count: int
    change_count: int
    failure_count: int
    change_score: float
    first_seen: datetime | None
    published: date | None
    is_present: bool
    is_partial: bool


class KnownPages:
    """The pages that an archive knows."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def count(self) -> int:
        """Return how many pages are known."""
        (number,) = self._db.execute("SELECT count(*) FROM pages").fetchone()
        return int(number)

    def rows(self) -> Iterator[KnownPage]:
        """Yield all pages, in the order of their discovery. Pages of another shard are as any other."""
        cursor = self._db.execute(_PAGES)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            for row in rows:
                yield _known_page(row)

    def change_rates(self) -> ChangeRates:
        """Return how often the paper's articles change, by age."""
        return load_change_rates(self._db)

    def newest_article(self) -> int:
        """Return the highest number of an article, 0 without any."""
        (number,) = self._db.execute("SELECT ifnull(max(id), 0) FROM articles WHERE id > 0").fetchone()
        return int(number)


def _known_page(row: Sequence[Any]) -> KnownPage:
    """Return a page from a row of :data:`_PAGES`."""
    kind, number, priority, *times, checks, changes, failures, score = row[:11]
    first_seen, published, is_present, is_partial = row[11:]
    key = PageKey(Kind(kind), number)
    due_at, discovered_at, checked_at, changed_at = times
    return KnownPage(
        key,
        _priority(key, priority, is_checked=checked_at is not None),
        parse_stamp(due_at),
        parse_stamp(discovered_at),
        _time(checked_at),
        _time(changed_at),
        checks,
        changes,
        failures,
        score,
        _time(first_seen),
        date.fromisoformat(published) if published else None,
        bool(is_present),
        bool(is_partial),
    )


def _priority(key: PageKey, stored: int, *, is_checked: bool) -> Priority:
    if stored != Priority.ELSEWHERE:
        return Priority(stored)
    return Priority.REST if is_checked else INITIAL_PRIORITIES[key.kind]


def _time(stamped: str | None) -> datetime | None:
    return parse_stamp(stamped) if stamped else None
