"""Times as the tables hold them: UTC, ISO 8601, to the millisecond, so that text order is time order."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

A_DAY = len("2025-04-10")


@lru_cache(maxsize=64)  # one capture's time stands in each of its rows
def stamp(moment: datetime) -> str:
    """An aware time → ``2025-04-10T12:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The mirror of :func:`stamp`."""
    return datetime.fromisoformat(text)


def told(text: str, *, now: datetime, end_of_day: bool = False) -> datetime:
    """A time as people write it: ``2025-04-10``, ``2025-04-10T18:00+02:00``, ``yesterday``; else UTC.

    A day alone is its first moment, or its last. Raises :exc:`ValueError` for what is no time, and
    :exc:`OverflowError` for one before the first year there is.
    """
    days = {"today": now.date(), "yesterday": now.date() - timedelta(days=1)}
    if text == "now":
        return now
    text = days[text].isoformat() if text in days else text
    time = datetime.fromisoformat(text)
    if end_of_day and len(text) == A_DAY:
        time += timedelta(days=1, milliseconds=-1)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
