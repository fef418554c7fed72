"""Clocks of the newspaper."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """A source of aware times, read at any request and from any thread."""

    def now(self) -> datetime: ...


class PaperClock:
    """A clock that changes only when it is set."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at

    def step(self, by: timedelta) -> datetime:
        """Move the clock forwards or backwards, and return the new time."""
        self.set(self.now() + by)
        return self.now()


@dataclass(frozen=True, slots=True)
class FileClock:
    """A clock another process can set: a file with one ISO time, read for every request.

    ``set`` replaces the file whole. A time written into it by hand must be UTC or have an
    offset. Raises :exc:`ValueError` if the file contains no time, :exc:`OSError` if it cannot be read.
    """

    path: Path

    def now(self) -> datetime:
        return read_time(self.path.read_text(encoding="utf-8"))

    def set(self, at: datetime) -> None:
        replacement = self.path.with_name(f".{self.path.name}.new")
        replacement.write_text(f"{at.isoformat()}\n", encoding="utf-8")
        replacement.replace(self.path)

    def step(self, by: timedelta) -> datetime:
        at = self.now() + by
        self.set(at)
        return at


class LenientClock:
    """``clock``, or its last time while it cannot be read, such as a file half written by an editor."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._last = clock.now()

    def now(self) -> datetime:
        with suppress(OSError, ValueError):
            self._last = self.clock.now()
        return self._last


def read_time(text: str) -> datetime:
    """Parse ``2025-04-01T06:00Z`` or ``2025-04-01``: UTC unless an offset is given."""
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo else at.replace(tzinfo=UTC)
