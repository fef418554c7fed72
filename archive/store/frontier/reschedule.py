"""Schedule a fetched page: update its change history and the change rates, and set when it is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.policy.revisit import (
    AGES_HOURS,
    DAY,
    DEFAULT_PATIENCE,
    HOUR,
    ChangeRates,
    PageHistory,
    next_due,
    update_change_score,
)
from archive.store.frontier import known_pages
from archive.store.frontier.known_pages import NEWS_MENUS, Priority
from archive.timestamps import parse_stamp, stamp

YOUNG_ARTICLE_AGE = 7 * DAY  # until then articles are fetched before menus
MIN_NEWS_SCORE = 0.5  # change score of a menu with recent news


class CheckResult(NamedTuple):
    """The result of a fetch ``at`` a time; ``good``: the page was parsed.

    ``began``: the capture began a version. ``changes`` counts versions after the first, or new pages that a
    menu links to. ``born`` is the estimated time of publication, ``first_seen`` the first good capture;
    ``known_since`` when the page was discovered, as known at the time of the fetch, by default as stored.
    """

    at: datetime
    good: bool
    began: bool = False
    changes: int = 0
    born: datetime | None = None
    first_seen: datetime | None = None
    known_since: str | None = None


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
        rates, again, schedule = _checked(key, row, result, rates, patience)
        due.append(again)
        schedules.append(schedule)
    db.conn.executemany("UPDATE pages SET leased_until = NULL WHERE id = ?", late)
    db.conn.executemany(_RESCHEDULE, schedules)
    _store_change_rates(db, known, rates)
    return due


def _checked(
    key: PageKey, row: _PageRow, result: CheckResult, rates: ChangeRates, patience: float
) -> tuple[ChangeRates, datetime, _Schedule]:
    """Return the change rates after a check, when its page is due, and its columns."""
    updated = _updated_row(key, row, result)
    history = _history(updated, result)
    is_another_check = row.check_count and not row.failure_count
    if key.kind is Kind.ARTICLE and result.good and is_another_check and row.checked_at:
        young, old = (
            max((at - history.appeared_at) / HOUR, 0.0) for at in (parse_stamp(row.checked_at), result.at)
        )
        rates = rates.with_observations(young, old, changed=result.changes > 0)
    due = next_due(key.kind, history, now=result.at, change_rates=rates, patience=patience)
    schedule = _Schedule(
        due_at=stamp(due),
        checked_at=stamp(result.at),
        failure_count=updated.failure_count,
        check_count=updated.check_count,
        change_count=updated.change_count,
        change_score=updated.change_score,
        priority=_priority(key, history, result.at),
        began=result.began,
        changed_at=stamp(result.at),
        id=row.id,
    )
    return rates, due, schedule


def _updated_row(key: PageKey, row: _PageRow, result: CheckResult) -> _PageRow:
    """Return the updated columns. Links of the first capture count as no change."""
    changes = result.changes if row.check_count else 0
    discovered_at = result.known_since or row.discovered_at
    passed = result.at - parse_stamp(row.checked_at or discovered_at)
    return row._replace(
        discovered_at=discovered_at,
        failure_count=0 if result.good else row.failure_count + 1,
        check_count=row.check_count + result.good,
        change_count=row.change_count + changes,
        change_score=update_change_score(key.kind, row.change_score, passed=passed, changes=changes),
    )


def _history(updated: _PageRow, result: CheckResult) -> PageHistory:
    discovered = parse_stamp(updated.discovered_at)
    return PageHistory(
        appeared_at=result.born or discovered,
        first_checked_at=result.first_seen or discovered,
        change_count=updated.change_count,
        change_score=updated.change_score,
        failure_count=updated.failure_count,
    )


def _priority(key: PageKey, history: PageHistory, now: datetime) -> Priority:
    """Return the priority of a fetched page: young articles, menus with news, the rest."""
    if key.kind is Kind.ARTICLE:
        return Priority.YOUNG if now - history.appeared_at < YOUNG_ARTICLE_AGE else Priority.REST
    return (
        Priority.MENU if key.kind in NEWS_MENUS or history.change_score >= MIN_NEWS_SCORE else Priority.REST
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
    rows = db.execute("SELECT age_hours, change_count, observed_hours FROM change_rates")
    known = {age: (changes, hours) for age, changes, hours in rows}
    rates = [known.get(age, (0.0, 0.0)) for age in AGES_HOURS]
    return ChangeRates(tuple(changes for changes, _ in rates), tuple(hours for _, hours in rates))
