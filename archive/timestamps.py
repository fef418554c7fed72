"""Times as stored in tables, and as people write them.

Tables store UTC, ISO 8601, to the millisecond, so that text order is time order.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

ZONE = UTC  # of times without a zone, and of days
_DURATION = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[smhd])")
DURATION_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DAYS_AGO = {"today": timedelta(), "yesterday": timedelta(days=1)}
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# A time of day after its day, ISO 8601; the last group that matches is the unit the time is given in.
_CLOCK = re.compile(
    r"[Tt ](?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?P<fraction>[.,]\d+)?)?)?", re.ASCII
)
_UNITS = {
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "fraction": timedelta(milliseconds=1),
}
_PRECISION = timedelta(milliseconds=1)  # stamps are no finer


def minute_of(stamped: str) -> str:
    """Return a stamp as shown in tables: ``2025-04-10 12:00``."""
    return f"{stamped[:10]} {stamped[11:16]}"


def display_stamp(stamped: str) -> str:
    """Return a stamp as shown in sentences: ``2025-04-10 12:00 UTC``."""
    return f"{minute_of(stamped)} UTC"


@lru_cache(maxsize=64)  # each row of a capture has the same time
def stamp(moment: datetime) -> str:
    """Return the stamp of an aware time: ``2025-04-10T12:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_stamp(text: str) -> datetime:
    """Parse a stamp: the inverse of :func:`stamp`."""
    return datetime.fromisoformat(text)


def parse_time(text: str, *, now: datetime, end: bool = False) -> datetime:
    """Return the time that ``text`` names, in UTC.

    Accept ``today``, ``yesterday``, ``now``, an age such as ``24h`` or ``7d``, and what
    :func:`parse_iso_time` accepts; ``end`` is passed on to it.
    Raise :exc:`ValueError`, whose message is for the user, for any other text.
    """
    words = text.strip()
    try:
        if words == "now":
            return now
        if _DURATION.fullmatch(words):
            return now - parse_duration(words)
        if words in _DAYS_AGO:
            words = (day_of(now) - _DAYS_AGO[words]).isoformat()
        return parse_iso_time(words, end=end)
    except OverflowError as error:
        raise ValueError(f'invalid time "{text}": it is outside the years 1 to 9999') from error
    except ValueError as error:
        raise ValueError(
            f'invalid time "{text}": use 2025-04-10, 2025-04-10T18:00, now, today, yesterday, 24h or 7d'
        ) from error


def parse_iso_time(text: str, *, end: bool = False) -> datetime:
    """Return the time that ``2025-04-10`` or ``2025-04-10T18:00+02:00`` names; :data:`ZONE` without a zone.

    A day, an hour, a minute or a second means its first millisecond, with ``end`` its last, because times are
    displayed with less precision than they are stored: a version shown with a minute may begin within it.
    Raise :exc:`ValueError` for any other text, and :exc:`OverflowError` outside the years 1 to 9999.
    """
    unit = _unit(text)
    named = datetime.fromisoformat(text)
    if not named.tzinfo:
        named = named.replace(tzinfo=ZONE)
    return (named + (unit - _PRECISION) if end else named).astimezone(UTC)


def _unit(text: str) -> timedelta:
    """Return the length of the smallest unit that a time names. Raise :exc:`ValueError`."""
    day = _DAY.match(text)
    if day is None:
        raise ValueError("a time begins with a day such as 2025-04-10")
    if text == day[0]:
        return timedelta(days=1)
    clock = _CLOCK.match(text, day.end())
    if clock is None or clock.lastgroup is None:
        raise ValueError("a day and a time of day are separated by T or a space")
    return _UNITS[clock.lastgroup]


def parse_duration(text: str) -> timedelta:
    """Return a length of time: ``90s``, ``10m``, ``2h``, ``1d``. Raise ValueError or OverflowError."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(text)
    return float(match["number"]) * DURATION_UNITS[match["unit"]]


def parse_http_date(text: str) -> datetime | None:
    """Return the aware time that an HTTP date names; None for any other text."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load, and rarely needed

    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # not a date, or one in the year 10^20
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day_of(moment: datetime) -> date:
    """Return the day on which an aware time falls."""
    return moment.astimezone(ZONE).date()


def start_of(day: date) -> datetime:
    """Return the first moment of a day, in UTC."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)
