"""Times as the tables hold them: UTC, ISO 8601, to the millisecond, so that text order is time order."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

DAY = len("2025-04-10")
# A time of day after its day, ISO 8601; the last group that matches is the unit the time is given in.
CLOCK = re.compile(
    r"[Tt ](?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?P<fraction>[.,]\d+)?)?)?", re.ASCII
)
UNITS = {
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "fraction": timedelta(milliseconds=1),
}
TICK = timedelta(milliseconds=1)  # stamps are no finer


@lru_cache(maxsize=64)  # one capture's time stands in each of its rows
def stamp(moment: datetime) -> str:
    """An aware time → ``2025-04-10T12:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The mirror of :func:`stamp`."""
    return datetime.fromisoformat(text)


def told(text: str, *, now: datetime, end: bool = False) -> datetime:
    """A time as people write it: ``yesterday``, or as :func:`iso_time` reads it.

    Raises :exc:`ValueError` for what is no time, and :exc:`OverflowError` for one before the first year
    there is.
    """
    days = {"today": now.date(), "yesterday": now.date() - timedelta(days=1)}
    if text == "now":
        return now
    return iso_time(days[text].isoformat() if text in days else text, end=end)


def iso_time(text: str, *, end: bool = False) -> datetime:
    """``2025-04-10``, ``2025-04-10T18:00+02:00``; UTC without a zone.

    A day, an hour, a minute or a second stands for its first millisecond, with ``end`` for its last, since
    times are shown shorter than they are stored: what began within a minute had begun by that minute. Raises
    as :func:`told` does.
    """
    time, unit = datetime.fromisoformat(text), _unit(text)
    if end:
        time += unit - TICK
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _unit(text: str) -> timedelta:
    """How long the day, hour, minute or second is that a time names. Raises :exc:`ValueError`."""
    if len(text) <= DAY:
        return timedelta(days=1)
    clock = CLOCK.match(text, DAY)
    if clock is None or clock.lastgroup is None:
        raise ValueError("a day and a time of day are separated by T or a space")
    return UNITS[clock.lastgroup]
