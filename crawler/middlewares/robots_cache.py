"""The robots.txt of servers: in memory for the run, behind it in the gate."""

from collections.abc import Callable
from datetime import timedelta

from crawler import clock
from crawler.gate.calls import GateCalls
from crawler.gate.interface import KnownRobots


class RobotsCache:
    """The robots.txt of servers such as ``gemini://taz.de:1965``, in memory and in a gate."""

    def __init__(self, calls: GateCalls, *, elapsed: Callable[[], float] = clock.elapsed_seconds) -> None:
        self._calls = calls
        self._elapsed = elapsed
        self._kept: dict[str, tuple[KnownRobots, float]] = {}  # and since when, in elapsed seconds

    async def find(self, server: str) -> KnownRobots | None:
        """Return the robots.txt of a server, unless it has expired."""
        if known := self._known(server):
            return known
        found = await self._calls.call(self._calls.gate.robots, server)
        if found:
            self._keep(server, found)
        return found

    def _known(self, server: str) -> KnownRobots | None:
        if server not in self._kept:
            return None
        robots, since = self._kept[server]
        return robots.after(timedelta(seconds=self._elapsed() - since))

    async def claim(self, server: str, *, longest: timedelta) -> bool:
        """Return whether this run is to fetch the robots.txt of a server."""
        return await self._calls.call(self._calls.gate.claim_robots, server, longest=longest)

    async def store(self, server: str, robots: KnownRobots) -> None:
        """Store the robots.txt of a server, or the problem with it."""
        await self._calls.call(self._calls.gate.store_robots, server, robots)
        self._keep(server, robots)

    def _keep(self, server: str, robots: KnownRobots) -> None:
        self._kept[server] = robots, self._elapsed()
