"""Times as stored in tables, and as people read and write them.

Tables store UTC, ISO 8601, to the millisecond, so that text order is time order. People read and write times
of the paper's time zone, or of the one that the environment variable :data:`ZONE_VARIABLE` names.
"""

import os
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

from archive.errors import UnknownTimeZone
from archive.paper import TIME_ZONE

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ZONE_VARIABLE = "TAZ_ARCHIVE_TZ"
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}", re.ASCII)
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
_MINUTE_CHARACTERS = len("2025-04-10 14:00")
_LAST_TIME = time(23, 59, 59, 999_000)


def zone() -> "ZoneInfo":
    """Return the time zone of times that people read and write. Raise :exc:`UnknownTimeZone`."""
    return zone_named(os.environ.get(ZONE_VARIABLE) or TIME_ZONE)


@lru_cache(maxsize=8)  # each time that is shown asks for it
def zone_named(name: str) -> "ZoneInfo":
    """Return a time zone by its name in the IANA database. Raise :exc:`UnknownTimeZone`."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - a crawl that finds nothing due shows no times

    try:
        if _ZONE_NAME.fullmatch(name):
            return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # no such file, one that is not a zone, a folder
        pass
    raise UnknownTimeZone(f'unknown time zone "{name[:80]}": use a name such as {TIME_ZONE} or UTC')


def local(moment: datetime, where: tzinfo | None = None) -> datetime:
    """Return an aware time in a zone, :func:`zone` by default; unchanged if it leaves the years 1 to 9999."""
    try:
        return moment.astimezone(where or zone())
    except OverflowError:
        return moment


def minute_of(stamped: str, where: tzinfo | None = None) -> str:
    """Return a stamp as shown in tables, by default in :func:`zone`: ``2025-04-10 14:00``."""
    try:
        return _minute(local(parse_stamp(stamped), where))
    except ValueError:  # in a damaged archive
        return stamped[:_MINUTE_CHARACTERS]


def display_stamp(stamped: str, where: tzinfo | None = None) -> str:
    """Return a stamp as shown in sentences, by default in :func:`zone`: ``2025-04-10 14:00 CEST``."""
    try:
        return display_time(parse_stamp(stamped), where)
    except ValueError:
        return stamped[:_MINUTE_CHARACTERS]


def display_time(moment: datetime, where: tzinfo | None = None) -> str:
    """Return an aware time as shown in sentences, as :func:`display_stamp` does."""
    shown = local(moment, where)
    return f"{_minute(shown)} {shown:%Z}"


def _minute(shown: datetime) -> str:
    return shown.replace(tzinfo=None).isoformat(" ", "minutes")


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
    """Return the time that ``2025-04-10`` or ``2025-04-10T18:00+02:00`` names, in UTC.

    Without an offset it is a time of :func:`zone`.
    A day, an hour, a minute or a second means its first millisecond, with ``end`` its last, because times are
    displayed with less precision than they are stored: a version shown with a minute may begin within it.
    Raise :exc:`ValueError` for any other text, and :exc:`OverflowError` outside the years 1 to 9999.
    """
    unit = _unit(text)
    named = datetime.fromisoformat(text)
    if end:
        named += unit - _PRECISION
    return named.astimezone(UTC) if named.tzinfo else _on_the_clock(named, end=end)


def _on_the_clock(shown: datetime, *, end: bool) -> datetime:
    """Return when clocks in :func:`zone` show a time, in UTC: with ``end`` the last time that they do.

    A time that clocks skip in spring is read with the offset before, as RFC 5545 does: 02:30 is 03:30.
    """
    first = shown.replace(tzinfo=zone(), fold=0).astimezone(UTC)
    if not end:
        return first
    return max(first, shown.replace(tzinfo=zone(), fold=1).astimezone(UTC))  # a later one in autumn


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
    """Return the day on which an aware time falls in :func:`zone`."""
    return local(moment).date()


def start_of(day: date) -> datetime:
    """Return the first moment of a day of :func:`zone`, in UTC."""
    return _of_day(day, time(), end=False)


def end_of(day: date) -> datetime:
    """Return the last millisecond of a day of :func:`zone`, in UTC."""
    return _of_day(day, _LAST_TIME, end=True)


def _of_day(day: date, clock: time, *, end: bool) -> datetime:
    """Return a time of a day; that of UTC where :func:`local` has it too, outside the years 1 to 9999."""
    shown = datetime.combine(day, clock)
    try:
        return _on_the_clock(shown, end=end)
    except OverflowError:
        return shown.replace(tzinfo=UTC)
