"""Schedule a fetched page: update its change history and the change rates, and set when it is due."""

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
    observations,
    update_change_score,
)
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

    failure_count: int
    check_count: int
    change_count: int
    change_score: float
    checked_at: str | None
    discovered_at: str
    due_at: str


# Raw SQL here, since recording a capture runs it.
_PAGE_QUERY = f"SELECT {', '.join(_PageRow._fields)} FROM pages WHERE kind = ? AND number = ?"  # noqa: S608 - ours


def reschedule(
    db: Database, key: PageKey, result: CheckResult, *, patience: float = DEFAULT_PATIENCE
) -> datetime:
    """Update a page in the transaction that stores its capture, and return when it is due."""
    page = [key.kind.value, key.number]
    row = _PageRow(*db.execute(_PAGE_QUERY, page).fetchone())
    if result.known_since:
        row = row._replace(discovered_at=result.known_since)
    if row.checked_at and row.checked_at > stamp(result.at):
        # An older capture, imported later, does not change the schedule.
        db.execute("UPDATE pages SET leased_until = NULL WHERE kind = ? AND number = ?", page)
        return parse_stamp(row.due_at)
    updated = _updated_row(key, row, result)
    history = _history(updated, result)
    is_another_check = row.check_count and not row.failure_count
    if key.kind is Kind.ARTICLE and result.good and is_another_check and row.checked_at:
        _update_change_rates(db, history.appeared_at, parse_stamp(row.checked_at), result)
    due = next_due(key.kind, history, now=result.at, change_rates=load_change_rates(db), patience=patience)
    counts = updated.failure_count, updated.check_count, updated.change_count, updated.change_score
    changed = _priority(key, history, result.at), result.began, stamp(result.at)
    db.execute(_RESCHEDULE, [stamp(due), stamp(result.at), *counts, *changed, *page])
    return due


_RESCHEDULE = """
UPDATE pages SET due_at = ?, leased_until = NULL, checked_at = ?, failure_count = ?, check_count = ?,
  change_count = ?, change_score = ?, priority = ?, changed_at = iif(?, ?, changed_at)
WHERE kind = ? AND number = ?
"""


def _updated_row(key: PageKey, row: _PageRow, result: CheckResult) -> _PageRow:
    """Return the updated columns. Links of the first capture count as no change."""
    changes = result.changes if row.check_count else 0
    passed = result.at - parse_stamp(row.checked_at or row.discovered_at)
    return row._replace(
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


def _update_change_rates(db: Database, born: datetime, before: datetime, result: CheckResult) -> None:
    """Add to the change rates what one article did between two checks."""
    young, old = (max((at - born) / HOUR, 0.0) for at in (before, result.at))
    db.conn.executemany(
        "INSERT INTO change_rates (age_hours, change_count, observed_hours) VALUES (?, ?, ?) ON"
        " CONFLICT (age_hours) DO UPDATE SET"
        " change_count = change_count + excluded.change_count, observed_hours = observed_hours +"
        " excluded.observed_hours",
        [
            (AGES_HOURS[part.age_index], part.changes, part.hours)
            for part in observations(young, old, changed=result.changes > 0)
        ],
    )


def load_change_rates(db: Database) -> ChangeRates:
    """Return how often the paper's articles change, by age."""
    known = {
        age: (changes, hours)
        for age, changes, hours in db.execute(
            "SELECT age_hours, change_count, observed_hours FROM change_rates"
        )
    }
    rates = [known.get(age, (0.0, 0.0)) for age in AGES_HOURS]
    return ChangeRates(tuple(changes for changes, _ in rates), tuple(hours for _, hours in rates))
