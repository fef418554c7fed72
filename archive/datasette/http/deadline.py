"""The deadline of a response. Slow code checks it, since a thread cannot be stopped."""

from dataclasses import dataclass
from time import monotonic

from archive.store import TooLong


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(monotonic() + seconds)

    @property
    def left(self) -> float:
        """Return the seconds left; negative after the deadline."""
        return self.at - monotonic()

    def check(self) -> None:
        """Raise :exc:`TooLong` after the deadline."""
        if self.left <= 0:
            raise TooLong("the response took too long; request less")
