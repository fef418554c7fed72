"""When to look at a page again. Pure: all times are arguments.

A table by age, after newsdiffs': edits cluster in the first hours, most articles never change.
"""

from datetime import UTC, date, datetime, timedelta

from archive.model import Kind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# An article younger than the first is looked at again after the second.
BY_AGE = [
    (3 * HOUR, HOUR / 4),
    (DAY, HOUR),
    (7 * DAY, 6 * HOUR),
    (30 * DAY, 3 * DAY),
    (360 * DAY, 30 * DAY),
]
OLDER = 180 * DAY
MENUS = {Kind.ROOT: HOUR / 4, Kind.SECTION: HOUR / 2, Kind.TOPIC: DAY, Kind.AUTHOR: DAY}
# After the n-th failure in a row: an hour, two, four … up to a month.
FIRST_RETRY, LAST_RETRY = HOUR, 30 * DAY


def next_visit(kind: Kind, *, born: datetime, now: datetime, failures: int = 0) -> datetime:
    """The time to fetch a page again that was fetched ``now``.

    ``born`` is when the article appeared; ``failures`` how many fetches in a row gave no page.
    """
    if failures:
        return now + min(FIRST_RETRY * (1 << min(failures - 1, 16)), LAST_RETRY)
    if kind is not Kind.ARTICLE:
        return now + MENUS[kind]
    age = now - born
    return now + next((interval for limit, interval in BY_AGE if age < limit), OLDER)


def born(published: date | None, first_seen: datetime) -> datetime:
    """When an article appeared, as well as can be told: its date if we came later, else when we saw it."""
    if published is None or published >= first_seen.astimezone(UTC).date():
        return first_seen
    return datetime(published.year, published.month, published.day, tzinfo=UTC)
