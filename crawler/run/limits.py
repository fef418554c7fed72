"""What a run may do, and when."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple, Self

from archive.policy.revisit import DEFAULT_PATIENCE
from archive.store import ONLY_SHARD, Shard


class Hours(NamedTuple):
    """From ``start`` up to ``end`` by this machine's own clock, past midnight if ``end`` comes first."""

    start: time
    end: time

    @classmethod
    def of(cls, text: str) -> Self:
        """``22:00-06:30`` or ``22-6``. Raises :exc:`ValueError` for what is none."""
        start, _, end = (part.strip() for part in text.partition("-"))
        found = cls(_time(start), _time(end))
        if found.start == found.end:
            raise ValueError("all day, or none of it")
        return found

    def has(self, moment: datetime) -> bool:
        """Whether an aware time is one of them."""
        now = moment.astimezone().time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may do. None is no limit; ``again`` looks at everything whatever the schedule says.

    ``time`` is the whole crawl's, ``timeout`` one page's, ``delay`` the pause between two requests. ``past``
    is how many pages of the paper's past may be fetched, after what is due of its present. ``budget`` is how
    many in 24 hours, by all runs. ``patience`` is that of :mod:`archive.policy.revisit`. No page is asked for
    in the ``quiet`` hours.
    """

    pages: int | None = None
    past: int | None = None
    budget: int | None = None
    patience: float = DEFAULT_PATIENCE
    quiet: Hours | None = None
    shard: Shard = ONLY_SHARD
    time: timedelta | None = None
    again: bool = False
    delay: timedelta = timedelta(0)
    timeout: timedelta = timedelta(seconds=30)
