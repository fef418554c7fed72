"""When an answer must be ready. Whatever may take long checks it, since a thread cannot be stopped."""

from dataclasses import dataclass
from time import monotonic

from archive.store import TooLong


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline that ends in so many seconds."""
        return cls(monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds until then; less than 0 afterwards."""
        return self.at - monotonic()

    def check(self) -> None:
        """Raise :exc:`TooLong` after the deadline."""
        if self.left <= 0:
            raise TooLong("that took too long; ask for less")
