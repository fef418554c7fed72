"""The interface of a gate, which says when a host may be asked: by one machine, or by several that share it.

A run enters the gate for all hosts of a request before it sends it, and leaves when the answer has ended; the
pause counts from then. Hosts are named by any text: ``taz.de`` for a machine, ``gopher://taz.de:70`` for a
server on it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol, Self

# A host that another run holds is tried again after its last pause, and no sooner than this.
MIN_BUSY_WAIT = timedelta(milliseconds=50)


class Turn(NamedTuple):
    """The right to send one request to some hosts. ``tokens`` differ from those of any other turn.

    ``pause`` is the last pause after a request to the first host, which is its server; zero before the first.
    ``ban_count`` counts the latest answers in a row of that server which look like a ban.
    """

    tokens: Mapping[str, int]
    pause: timedelta = timedelta(0)
    ban_count: int = 0


class Closed(NamedTuple):
    """A gate cannot be entered for ``wait``. ``problem`` is the reason of a back-off; None for a pause."""

    wait: timedelta
    problem: str | None = None


class KnownRobots(NamedTuple):
    """A robots.txt, empty if the host has none, and for how long it is valid.

    ``problem`` says why it could not be fetched; then the host is not asked for ``retry_in``, if it said so.
    """

    text: str
    valid_for: timedelta
    problem: str | None = None
    retry_in: timedelta | None = None

    def after(self, age: timedelta) -> Self | None:
        """Return the robots.txt with the times that are left after some time; None if it has expired."""
        if self.valid_for <= age:
            return None
        retry_in = None if self.retry_in is None else max(self.retry_in - age, timedelta(0))
        return self._replace(valid_for=self.valid_for - age, retry_in=retry_in)


class Gate(Protocol):
    """The hosts that several runs may ask, one request at a time. Times are durations."""

    def enter(self, hosts: Sequence[str], *, longest: timedelta) -> Turn | Closed:
        """Enter for all hosts or for none. The turn ends by itself after ``longest``.

        The first of the hosts is the server of the request.
        """

    def leave(self, turn: Turn, pauses: Mapping[str, timedelta]) -> None:
        """Leave, unless the turn has passed to another run; each host may be asked again after its pause."""

    def back_off(self, host: str, *, wait: timedelta, problem: str) -> None:
        """Close a host to all runs for a time."""

    def count_ban(self, host: str, *, is_ban: bool) -> int:
        """Count an answer that looks like a ban; any other sets the count to zero. Return the count."""

    def robots(self, server: str) -> KnownRobots | None:
        """Return the robots.txt of a server such as ``gopher://taz.de:70``, unless it has expired."""

    def claim_robots(self, server: str, *, longest: timedelta) -> bool:
        """Return whether this run is to fetch a robots.txt: only one does, for at most so long.

        None has to while a robots.txt without a problem is valid.
        """

    def store_robots(self, server: str, robots: KnownRobots) -> None:
        """Store the robots.txt of a server, or the problem with it; this ends the claim to fetch it."""
