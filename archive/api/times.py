"""Times as Python programs give and get them."""

from datetime import UTC, date, datetime

from archive.timestamps import day_of, end_of, parse_stamp, parse_time, start_of

Moment = datetime | date | str  # a day is its beginning, or its end where a span ends


def moment(when: Moment, *, end: bool = False) -> datetime:
    """Return the aware time that is meant.

    Text is read as by the options of commands: ``7d``, ``2025-04-10``. Raise :exc:`ValueError` for other
    text, and for a :class:`datetime.datetime` without a time zone.
    """
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise ValueError(f"{when!r} has no time zone; give one, such as datetime.UTC")
        return when
    if isinstance(when, date):
        return end_of(when) if end else start_of(when)
    return parse_time(when, now=datetime.now(UTC), end=end)


def day(when: Moment) -> date:
    """Return the day that is meant."""
    if isinstance(when, date) and not isinstance(when, datetime):
        return when
    return day_of(moment(when))


def optional_time(stamped: str | None) -> datetime | None:
    """Return the time of a stamp, if there is one."""
    return None if stamped is None else parse_stamp(stamped)


def optional_day(text: str | None) -> date | None:
    """Return the day that is stored, if there is one."""
    return None if text is None else date.fromisoformat(text)
