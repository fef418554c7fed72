"""When a job runs: at even intervals or at a time of day, by the local clock.

Times are lists of minutes and hours, which every cron and systemd understand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_HOUR_MINUTES, _DAY_HOURS = 60, 24
EVEN_INTERVALS = "1m 2m 3m 4m 5m 6m 10m 12m 15m 20m 30m 1h 2h 3h 4h 6h 8h 12h 1d"
# A run ends this long before the next begins, or a quarter of the interval if that is less, since it
# finishes the page in flight.
_GAP_BETWEEN_RUNS, _GAP_SHARE = timedelta(minutes=5), 4
MAX_RUN_TIME = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Minutes and hours at which a job runs, ``interval`` apart."""

    minutes: Sequence[int]
    hours: Sequence[int]
    interval: timedelta

    @property
    def crontab(self) -> str:
        """``7,37 * * * *``."""
        return f"{_list(self.minutes, _HOUR_MINUTES)} {_list(self.hours, _DAY_HOURS)} * * *"

    @property
    def calendar(self) -> str:
        """``*-*-* *:07,37:00``, of systemd.time(7)."""
        return f"*-*-* {_list(self.hours, _DAY_HOURS)}:{_list(self.minutes, _HOUR_MINUTES)}:00"

    @property
    def longest_run(self) -> timedelta:
        """How long a run may take to end before the next begins."""
        return min(self.interval - min(self.interval / _GAP_SHARE, _GAP_BETWEEN_RUNS), MAX_RUN_TIME)


def _list(numbers: Sequence[int], of: int) -> str:
    return "*" if len(numbers) == of else ",".join(map(str, numbers))


def every(interval: timedelta, *, offset: int = 0) -> Rhythm:
    """Return a rhythm of even intervals, shifted by ``offset`` minutes so that archives differ.

    Raise :exc:`ValueError` for an interval that divides neither an hour nor a day.
    """
    minutes, rest = divmod(interval, _MINUTE)
    if rest or minutes < 1 or (_HOUR_MINUTES % minutes and (minutes % _HOUR_MINUTES or _DAY % interval)):
        raise ValueError(f"{short(interval)} does not divide an hour or a day; use one of {EVEN_INTERVALS}")
    if minutes <= _HOUR_MINUTES:
        return Rhythm(range(offset % minutes, _HOUR_MINUTES, minutes), range(_DAY_HOURS), interval)
    hours = minutes // _HOUR_MINUTES
    first = offset // _HOUR_MINUTES % hours
    return Rhythm([offset % _HOUR_MINUTES], range(first, _DAY_HOURS, hours), interval)


def daily(at: time) -> Rhythm:
    return Rhythm([at.minute], [at.hour], _DAY)


def short(length: timedelta) -> str:
    """Return a length of time as options read it: ``25m``, ``45s``."""
    seconds = int(length.total_seconds())
    return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"
