"""Schedule a fetched page: update its change history and the change rates, and set when it is due."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import PageKey
from archive.policy.revisit import AGES_HOURS, DEFAULT_PATIENCE, ChangeRates
from archive.store.frontier import known_pages
from archive.store.frontier.known_pages import Priority
from archive.store.frontier.schedule import CheckedPage, CheckResult, Rescheduled, schedule_page
from archive.timestamps import parse_stamp, stamp


class _PageRow(NamedTuple):
    """The columns of a page that scheduling needs."""

    id: int
    failure_count: int
    check_count: int
    change_count: int
    change_score: float
    checked_at: str | None
    discovered_at: str
    due_at: str

    def checked(self, known_since: str | None) -> CheckedPage:
        return CheckedPage(
            discovered_at=parse_stamp(known_since or self.discovered_at),
            checked_at=parse_stamp(self.checked_at) if self.checked_at else None,
            check_count=self.check_count,
            change_count=self.change_count,
            change_score=self.change_score,
            failure_count=self.failure_count,
        )


class _Schedule(NamedTuple):
    """The values of :data:`_RESCHEDULE`."""

    due_at: str
    checked_at: str
    failure_count: int
    check_count: int
    change_count: int
    change_score: float
    priority: Priority
    began: bool
    changed_at: str
    id: int


# Raw SQL here, since recording captures runs it.
_RESCHEDULE = """
UPDATE pages SET due_at = ?, leased_until = NULL, checked_at = ?, failure_count = ?, check_count = ?,
  change_count = ?, change_score = ?, priority = ?, changed_at = iif(?, ?, changed_at)
WHERE id = ?
"""


def reschedule(
    db: Database, key: PageKey, result: CheckResult, *, patience: float = DEFAULT_PATIENCE
) -> datetime:
    """Update a page in the transaction that stores its capture, and return when it is due."""
    return reschedule_all(db, [(key, result)], patience=patience)[0]


def reschedule_all(
    db: Database, checks: Sequence[tuple[PageKey, CheckResult]], *, patience: float = DEFAULT_PATIENCE
) -> list[datetime]:
    """Update pages, of which none occurs twice, as if each was checked after the one before.

    Return when each page is due.
    """
    rows = known_pages.page_rows(db, ", ".join(_PageRow._fields), [key for key, _ in checks])
    known = rates = load_change_rates(db)
    due: list[datetime] = []
    schedules: list[_Schedule] = []
    late: list[tuple[int]] = []
    for key, result in checks:
        row = _PageRow._make(rows[key])
        if row.checked_at and row.checked_at > stamp(result.at):
            # An older capture, imported later, does not change the schedule.
            due.append(parse_stamp(row.due_at))
            late.append((row.id,))
            continue
        after = schedule_page(key, row.checked(result.known_since), result, rates, patience=patience)
        rates = after.rates
        due.append(after.due_at)
        schedules.append(_values(row.id, result, after))
    db.conn.executemany("UPDATE pages SET leased_until = NULL WHERE id = ?", late)
    db.conn.executemany(_RESCHEDULE, schedules)
    _store_change_rates(db, known, rates)
    return due


def _values(id_: int, result: CheckResult, after: Rescheduled) -> _Schedule:
    return _Schedule(
        due_at=stamp(after.due_at),
        checked_at=stamp(result.at),
        failure_count=after.page.failure_count,
        check_count=after.page.check_count,
        change_count=after.page.change_count,
        change_score=after.page.change_score,
        priority=after.priority,
        began=result.began,
        changed_at=stamp(result.at),
        id=id_,
    )


def _store_change_rates(db: Database, before: ChangeRates, now: ChangeRates) -> None:
    """Store the change rates of the ages at which they changed."""
    rows = zip(AGES_HOURS, now.changes, now.hours, strict=True)
    stored = zip(AGES_HOURS, before.changes, before.hours, strict=True)
    db.conn.executemany(
        "INSERT INTO change_rates (age_hours, change_count, observed_hours) VALUES (?, ?, ?) ON"
        " CONFLICT (age_hours) DO UPDATE SET"
        " change_count = excluded.change_count, observed_hours = excluded.observed_hours",
        [row for row, old in zip(rows, stored, strict=True) if row != old],
    )


def load_change_rates(db: Database) -> ChangeRates:
    """Return how often the paper's articles change, by age."""
    return change_rates(db.execute("SELECT age_hours, change_count, observed_hours FROM change_rates"))


def change_rates(rows: Iterable[tuple[float, float, float]]) -> ChangeRates:
    """Return change rates from rows of ages in hours, changes and observed hours."""
    known = {age: (changes, hours) for age, changes, hours in rows}
    rates = [known.get(age, (0.0, 0.0)) for age in AGES_HOURS]
    return ChangeRates(tuple(changes for changes, _ in rates), tuple(hours for _, hours in rates))
