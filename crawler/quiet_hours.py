"""The hours of a day in which no requests are sent."""

from datetime import datetime, time
from typing import NamedTuple, Self


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

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))
