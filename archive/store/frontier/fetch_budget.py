"""How long to wait between fetches of a page, so that a daily budget of fetches suffices."""

from datetime import datetime

from sqlite_utils import Database

from archive.policy.revisit import DAY, DEFAULT_PATIENCE, patience_for
from archive.store.frontier.reschedule import load_change_rates
from archive.timestamps import stamp

RECENT = 7 * DAY
CHECKS_OF_CHANGING_ARTICLES = 1.3  # fetches of a typical article per fetch of one that never changes


def patience_for_budget(db: Database, budget: int, *, now: datetime) -> float:
    """Return the patience with which new articles, menus and refreshes need ``budget`` fetches a day."""
    new = max(_new_articles_per_day(db, now), 1.0)
    left = budget - new - _menu_checks_per_day(db)
    return max(
        patience_for(max(left, 0) / new / CHECKS_OF_CHANGING_ARTICLES, load_change_rates(db)),
        DEFAULT_PATIENCE,
    )


def _new_articles_per_day(db: Database, now: datetime) -> float:
    """Return the mean number of new articles per day over the last week."""
    is_new = "first_seen >= :since AND (published IS NULL OR published >= substr(:since, 1, 10))"
    return db["articles"].count_where(is_new, {"since": stamp(now - RECENT)}) / (RECENT / DAY)


def _menu_checks_per_day(db: Database) -> float:
    """Return the number of menu fetches per day that are scheduled now."""
    query = (
        "SELECT ifnull(sum(1 / max(julianday(due_at) - julianday(checked_at), 0.01)), 0) FROM pages"
        " WHERE kind <> 'article' AND failure_count = 0 AND checked_at IS NOT NULL"
    )
    return float(db.execute(query).fetchone()[0])
