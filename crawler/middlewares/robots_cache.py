"""Caches of the robots.txt of servers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.store import StoredRobots, Writer


@dataclass(frozen=True, slots=True)
class Robots:
    """The ``robots.txt`` of a server, valid ``until`` a time (aware, UTC).

    ``text`` is empty if the server has no such file. ``problem`` says why it could not be fetched;
    ``retry_after`` is the earliest time for the next request.
    """

    text: str
    until: datetime
    problem: str | None = None
    retry_after: datetime | None = None


class RobotsCache(Protocol):
    """The robots.txt of servers such as ``gemini://taz.de:1965``."""

    def get(self, server: str, *, now: datetime) -> Robots | None:
        """Return the robots.txt of a server, unless it has expired."""

    def put(self, server: str, robots: Robots) -> None:
        """Store the robots.txt of a server, or the problem with it."""


class TemporaryRobots:
    """A cache that ends with the process, for fetches without an archive."""

    def __init__(self) -> None:
        self._robots: dict[str, Robots] = {}

    def get(self, server: str, *, now: datetime) -> Robots | None:
        robots = self._robots.get(server)
        return robots if robots and now < robots.until else None

    def put(self, server: str, robots: Robots) -> None:
        self._robots[server] = robots


class ArchivedRobots(TemporaryRobots):
    """A cache in an archive. Problems are kept for the run only."""

    def __init__(self, archive: Writer) -> None:
        super().__init__()
        self._archive = archive

    def get(self, server: str, *, now: datetime) -> Robots | None:
        if robots := super().get(server, now=now):
            return robots
        rules = self._archive.hosts.robots(server)
        if rules is None or now >= rules.until:
            return None
        super().put(server, robots := Robots(rules.text, rules.until))
        return robots

    def put(self, server: str, robots: Robots) -> None:
        super().put(server, robots)
        if not robots.problem:
            self._archive.hosts.store_robots(server, StoredRobots(robots.text, robots.until))
