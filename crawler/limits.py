"""Limits of a run: pages, time, hours, pauses."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple, Self

from archive.policy.revisit import DEFAULT_PATIENCE
from archive.store import ONLY_SHARD, Shard
from crawler.politeness import PAUSE, TIMEOUT


class Hours(NamedTuple):
    """The hours from ``start`` to ``end``, local time; past midnight if ``end`` is earlier."""

    start: time
    end: time

    @classmethod
    def of(cls, text: str) -> Self:
        """Parse ``22:00-06:30`` or ``22-6``. Raise :exc:`ValueError` for any other text."""
        start, _, end = (part.strip() for part in text.partition("-"))
        problem = f'invalid hours "{text}": use 22-6 or 22:00-06:30'
        try:
            found = cls(_time(start), _time(end))
        except ValueError as error:
            raise ValueError(problem) from error
        if found.start == found.end:
            raise ValueError(problem)
        return found

    def has(self, moment: datetime) -> bool:
        """Return whether an aware time is within these hours."""
        now = moment.astimezone().time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a run; None means no limit.

    ``pages`` and ``time`` limit the run, ``timeout`` one page, ``budget`` the pages of all runs in 24 hours.
    ``past`` limits the pages of the backfill, fetched after current ones. ``patience`` stretches the
    schedule: see :mod:`archive.policy.revisit`. ``again`` fetches pages that are not due, too. ``delay`` is
    the pause between requests. No request is sent in the ``quiet`` hours.
    """

    pages: int | None = None
    past: int | None = None
    budget: int | None = None
    patience: float = DEFAULT_PATIENCE
    quiet: Hours | None = None
    shard: Shard = ONLY_SHARD
    time: timedelta | None = None
    again: bool = False
    delay: timedelta = PAUSE
    timeout: timedelta = TIMEOUT
