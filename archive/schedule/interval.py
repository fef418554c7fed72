"""When a job runs: at even intervals or at a time of the day, by the machine's own clock. Pure.

Written out as lists of minutes and hours, since that is what every cron understands, and systemd too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PER_HOUR, PER_DAY = 60, 24
EVEN = "1m 2m 3m 4m 5m 6m 10m 12m 15m 20m 30m 1h 2h 3h 4h 6h 8h 12h 1d"
# A run is told to end so long before the next one begins, since it finishes the page in flight.
SPARE, SPARE_SHARE = timedelta(minutes=5), 4
LONGEST = timedelta(hours=6)  # of one run, however rare they are


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The minutes of each of these hours; one after the other they are ``interval`` apart."""

    minutes: Sequence[int]
    hours: Sequence[int]
    interval: timedelta

    @property
    def crontab(self) -> str:
        """``7,37 * * * *``."""
        return f"{_list(self.minutes, PER_HOUR)} {_list(self.hours, PER_DAY)} * * *"

    @property
    def calendar(self) -> str:
        """``*-*-* *:07,37:00``, of systemd.time(7)."""
        return f"*-*-* {_list(self.hours, PER_DAY)}:{_list(self.minutes, PER_HOUR)}:00"

    @property
    def longest_run(self) -> timedelta:
        """How long a run may take, so that it is over when the next one begins."""
        return min(self.interval - min(self.interval / SPARE_SHARE, SPARE), LONGEST)


def _list(numbers: Sequence[int], of: int) -> str:
    return "*" if len(numbers) == of else ",".join(map(str, numbers))


def every(interval: timedelta, *, offset: int = 0) -> Rhythm:
    """At even intervals. Raises :exc:`ValueError` for one that does not go evenly into an hour or a day.

    ``offset`` is in minutes, any number: lest all archives of the world ask at the full hour.
    """
    minutes, rest = divmod(interval, MINUTE)
    if rest or minutes < 1 or (PER_HOUR % minutes and (minutes % PER_HOUR or DAY % interval)):
        raise ValueError(f"{short(interval)} does not go evenly into an hour or a day; these do: {EVEN}")
    if minutes <= PER_HOUR:
        return Rhythm(range(offset % minutes, PER_HOUR, minutes), range(PER_DAY), interval)
    hours = minutes // PER_HOUR
    first = offset // PER_HOUR % hours
    return Rhythm([offset % PER_HOUR], range(first, PER_DAY, hours), interval)


def daily(at: time) -> Rhythm:
    """Once a day."""
    return Rhythm([at.minute], [at.hour], DAY)


def short(length: timedelta) -> str:
    """``25m``, ``45s``: as the crawl's options read it."""
    seconds = int(length.total_seconds())
    return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"
