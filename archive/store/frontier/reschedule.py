"""What a visit teaches: how often a page changes, how often the paper's do, and when to come again."""

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

YOUNG_ARTICLE_AGE = 7 * DAY  # as long articles are looked at before menus are
MIN_NEWS_SCORE = 0.5  # heat of a menu that lately brought news


class CheckResult(NamedTuple):
    """A page was fetched ``at``; ``good``: it was read.

    ``began`` says that a version did; ``changes`` counts those, the first apart, or new pages a menu led to.
    ``born`` is when an article appeared, as well as can be told, ``first_seen`` when it was first read.
    """

    at: datetime
    good: bool
    began: bool = False
    changes: int = 0
    born: datetime | None = None
    first_seen: datetime | None = None


class _PageRow(NamedTuple):
    """What the frontier knows of a page."""

    failure_count: int
    check_count: int
    change_count: int
    change_score: float
    checked_at: str | None
    discovered_at: str
    due_at: str


_PAGE_QUERY = f"SELECT {', '.join(_PageRow._fields)} FROM pages WHERE kind = ? AND number = ?"  # noqa: S608 - ours


def reschedule(
    db: Database, key: PageKey, visit: CheckResult, *, patience: float = DEFAULT_PATIENCE
) -> datetime:
    """When to look again, which is noted. Call it in the transaction that stores the capture."""
    page = [key.kind.value, key.number]
    row = _PageRow(*db.execute(_PAGE_QUERY, page).fetchone())
    if row.checked_at and row.checked_at > stamp(visit.at):
        # An old capture, imported late, says nothing of when to look next.
        db.execute("UPDATE pages SET leased_until = NULL WHERE kind = ? AND number = ?", page)
        return parse_stamp(row.due_at)
    seen = _updated_row(key, row, visit)
    past = _past(seen, visit)
    if (
        key.kind is Kind.ARTICLE
        and visit.good
        and row.check_count
        and not row.failure_count
        and row.checked_at
    ):
        _update_change_rates(db, past.appeared_at, parse_stamp(row.checked_at), visit)
    due = next_due(key.kind, past, now=visit.at, habits=load_change_rates(db), patience=patience)
    db.execute(
        "UPDATE pages SET due_at = ?, leased_until = NULL, checked_at = ?, failure_count = ?,"
        " check_count = ?,"
        " change_count = ?, change_score = ?, priority = ?, changed_at = iif(?, ?, changed_at)"
        " WHERE kind = ? AND number = ?",
        [
            *(
                stamp(due),
                stamp(visit.at),
                seen.failure_count,
                seen.check_count,
                seen.change_count,
                seen.change_score,
            ),
            *(_priority(key, past, visit.at), visit.began, stamp(visit.at), *page),
        ],
    )
    return due


def _updated_row(key: PageKey, row: _PageRow, visit: CheckResult) -> _PageRow:
    """What is known of the page now. What it leads to the first time is no news."""
    changes = visit.changes if row.check_count else 0
    passed = visit.at - parse_stamp(row.checked_at or row.discovered_at)
    return row._replace(
        failure_count=0 if visit.good else row.failure_count + 1,
        check_count=row.check_count + visit.good,
        change_count=row.change_count + changes,
        change_score=update_change_score(key.kind, row.change_score, passed=passed, changes=changes),
    )


def _past(seen: _PageRow, visit: CheckResult) -> PageHistory:
    discovered = parse_stamp(seen.discovered_at)
    return PageHistory(
        appeared_at=visit.born or discovered,
        first_checked_at=visit.first_seen or discovered,
        change_count=seen.change_count,
        change_score=seen.change_score,
        failure_count=seen.failure_count,
    )


def _priority(key: PageKey, past: PageHistory, now: datetime) -> Priority:
    """Of a page that was fetched: articles while they are young, menus while they bring news, the rest."""
    if key.kind is Kind.ARTICLE:
        return Priority.YOUNG if now - past.appeared_at < YOUNG_ARTICLE_AGE else Priority.REST
    return Priority.MENU if key.kind in NEWS_MENUS or past.change_score >= MIN_NEWS_SCORE else Priority.REST


def _update_change_rates(db: Database, born: datetime, before: datetime, visit: CheckResult) -> None:
    """Add to the paper's habits what one article did between two looks."""
    young, old = (max((at - born) / HOUR, 0.0) for at in (before, visit.at))
    db.conn.executemany(
        "INSERT INTO change_rates (age_hours, change_count, observed_hours) VALUES (?, ?, ?) ON"
        " CONFLICT (age_hours) DO UPDATE SET"
        " change_count = change_count + excluded.change_count, observed_hours = observed_hours +"
        " excluded.observed_hours",
        [
            (AGES_HOURS[part.age_index], part.changes, part.hours)
            for part in observations(young, old, changed=visit.changes > 0)
        ],
    )


def load_change_rates(db: Database) -> ChangeRates:
    """The paper's, as far as they were seen."""
    known = {
        age: (changes, hours)
        for age, changes, hours in db.execute(
            "SELECT age_hours, change_count, observed_hours FROM change_rates"
        )
    }
    told = [known.get(age, (0.0, 0.0)) for age in AGES_HOURS]
    return ChangeRates(tuple(changes for changes, _ in told), tuple(hours for _, hours in told))
