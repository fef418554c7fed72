"""What servers said to robots, and where that is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.store import StoredRobots, Writer


@dataclass(frozen=True, slots=True)
class Robots:
    """What one server says to robots, and until when (aware, UTC) that may be believed.

    ``text`` is its ``robots.txt``, empty if it has none; ``problem`` why it could not be told.
    """

    text: str
    until: datetime
    problem: str | None = None
    alone_until: datetime | None = None


class RobotsCache(Protocol):
    """The answers of servers: ``gemini://taz.de:1965``."""

    def get(self, server: str, *, now: datetime) -> Robots | None:
        """Tell what ``server`` said, if that may still be believed."""

    def put(self, server: str, robots: Robots) -> None:
        """Keep what it said, or why it could not be heard."""


class PassingRobots:
    """Answers that are kept until the process ends, for whoever fetches without an archive."""

    def __init__(self) -> None:
        self._robots: dict[str, Robots] = {}

    def get(self, server: str, *, now: datetime) -> Robots | None:
        robots = self._robots.get(server)
        return robots if robots and now < robots.until else None

    def put(self, server: str, robots: Robots) -> None:
        self._robots[server] = robots


class KeptRobots(PassingRobots):
    """Answers that are kept in an archive. That one could not be heard is forgotten with the run."""

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
