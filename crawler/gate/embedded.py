"""The gate of one machine.

Turns and pauses are in memory. Back-offs and robots.txt are in the archive of the crawl too, if it has one,
so that they hold for later runs; problems with a robots.txt and counts of bans are for the run only.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from archive.store import StoredRobots, Writer
from crawler import clock
from crawler.gate.interface import MIN_BUSY_WAIT, Closed, KnownRobots, Turn

_NO_TIME = timedelta(0)


@dataclass(slots=True)
class _Host:
    """When a host may be asked, in elapsed seconds. ``busy_until`` is in the past unless it is held."""

    free_at: float = 0.0
    busy_until: float = 0.0
    token: int = 0
    pause: timedelta = _NO_TIME

    def wait(self, now: float) -> float:
        """Return the seconds until the host may be asked; the least, if a request holds it."""
        if self.busy_until > now:
            return max(MIN_BUSY_WAIT, self.pause).total_seconds()
        return self.free_at - now

    def enter(self, until: float) -> int:
        """Hold the host until a time. Return the token."""
        self.token += 1
        self.busy_until = until
        return self.token

    def leave(self, token: int, pause: timedelta | None, now: float) -> None:
        """Release the host, unless the token is an old one."""
        if token != self.token:
            return
        self.busy_until = 0.0
        if pause is not None:
            self.pause = pause
            self.free_at = max(self.free_at, now + pause.total_seconds())


class EmbeddedGate:
    """A gate for the only run that uses an archive, or for a run without one.

    ``elapsed`` returns seconds that always advance.
    """

    def __init__(
        self,
        archive: Writer | None = None,
        *,
        elapsed: Callable[[], float] = clock.elapsed_seconds,
    ) -> None:
        self._elapsed = elapsed
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._bans: Counter[str] = Counter()
        self._backoffs = _Backoffs(archive, elapsed)
        self._robots = _RobotsFiles(archive, elapsed)

    def enter(self, hosts: Sequence[str], *, longest: timedelta) -> Turn | Closed:
        """Enter for all hosts or for none."""
        now = self._elapsed()
        for host in hosts:
            if closed := self._backoffs.find(host):
                return closed
        entered = [self._hosts[host] for host in hosts]
        wait = max(host.wait(now) for host in entered)
        if wait > 0:
            return Closed(timedelta(seconds=wait))
        until = now + longest.total_seconds()
        tokens = {name: host.enter(until) for name, host in zip(hosts, entered, strict=True)}
        return Turn(tokens, entered[0].pause, self._bans[hosts[0]])

    def leave(self, turn: Turn, pauses: Mapping[str, timedelta]) -> None:
        """Leave; each host may be asked again after its pause."""
        now = self._elapsed()
        for host, token in turn.tokens.items():
            self._hosts[host].leave(token, pauses.get(host), now)

    def back_off(self, host: str, *, wait: timedelta, problem: str) -> None:
        """Ask a host no more for a time, in this run and in later ones."""
        self._backoffs.add(host, wait, problem)

    def count_ban(self, host: str, *, is_ban: bool) -> int:
        """Count an answer that looks like a ban; any other sets the count to zero. Return the count."""
        self._bans[host] = self._bans[host] + 1 if is_ban else 0
        return self._bans[host]

    def robots(self, server: str) -> KnownRobots | None:
        """Return the robots.txt of a server, unless it has expired."""
        return self._robots.find(server)

    def claim_robots(self, server: str, *, longest: timedelta) -> bool:
        """Return whether to fetch a robots.txt: no valid one is known, and no request fetches it."""
        return self._robots.claim(server, longest)

    def store_robots(self, server: str, robots: KnownRobots) -> None:
        """Store the robots.txt of a server, or the problem with it."""
        self._robots.store(server, robots)


class _Backoffs:
    """The back-offs of hosts. Those of unreachable hosts are not the gate's, but the failover policy's."""

    def __init__(self, archive: Writer | None, elapsed: Callable[[], float]) -> None:
        self._archive = archive
        self._elapsed = elapsed
        self._known: dict[str, tuple[float, str] | None] = {}  # until when, in elapsed seconds, and why

    def find(self, host: str) -> Closed | None:
        if host not in self._known:
            self._known[host] = self._stored(host)
        if (known := self._known[host]) is None:
            return None
        until, problem = known
        if (rest := until - self._elapsed()) > 0:
            return Closed(timedelta(seconds=rest), problem)
        self._known[host] = None
        return None

    def _stored(self, host: str) -> tuple[float, str] | None:
        stored = self._archive.hosts.backoff(host) if self._archive else None
        if stored is None or not stored.asked:
            return None
        return self._elapsed() + (stored.until - clock.utc_now()).total_seconds(), stored.problem

    def add(self, host: str, wait: timedelta, problem: str) -> None:
        """Begin a back-off, unless a longer one lasts."""
        lasting = self.find(host)
        if lasting and lasting.wait > wait:
            return
        self._known[host] = self._elapsed() + wait.total_seconds(), problem
        if self._archive:
            self._archive.hosts.back_off(host, until=clock.utc_now() + wait, problem=problem)


@dataclass(slots=True)
class _RobotsFile:
    """The robots.txt of a server and when it was stored, in elapsed seconds; or only a claim to fetch it."""

    robots: KnownRobots | None = None
    stored_at: float = 0.0
    claimed_until: float = 0.0

    def at(self, now: float) -> KnownRobots | None:
        """Return the robots.txt with the times that are left; None if it has expired."""
        return self.robots.after(timedelta(seconds=now - self.stored_at)) if self.robots else None


class _RobotsFiles:
    """The robots.txt of servers. The archive has no problems, which another run may not meet."""

    def __init__(self, archive: Writer | None, elapsed: Callable[[], float]) -> None:
        self._archive = archive
        self._elapsed = elapsed
        self._files: dict[str, _RobotsFile] = {}

    def find(self, server: str) -> KnownRobots | None:
        return self._file(server).at(self._elapsed())

    def _file(self, server: str) -> _RobotsFile:
        if server not in self._files:
            self._files[server] = _RobotsFile(self._stored(server), self._elapsed())
        return self._files[server]

    def _stored(self, server: str) -> KnownRobots | None:
        stored = self._archive.hosts.robots(server) if self._archive else None
        return KnownRobots(stored.text, stored.until - clock.utc_now()) if stored else None

    def claim(self, server: str, longest: timedelta) -> bool:
        file, now = self._file(server), self._elapsed()
        known = file.at(now)
        if file.claimed_until > now or (known and not known.problem):
            return False
        file.claimed_until = now + longest.total_seconds()
        return True

    def store(self, server: str, robots: KnownRobots) -> None:
        self._files[server] = _RobotsFile(robots, self._elapsed())
        if self._archive and not robots.problem:
            self._archive.hosts.store_robots(
                server, StoredRobots(robots.text, clock.utc_now() + robots.valid_for)
            )
