"""Who is left alone, and until when: told to a run's policy, and kept for the runs after it."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from archive.sources import Source
from archive.store import Writer
from crawler.run.failover import Policy
from crawler.sources.registry import server_of

BANNED_AFTER, BAN = 3, timedelta(days=1)  # answers in a row, and how long we stay away


class Rests:
    """Of one run."""

    def __init__(
        self,
        archive: Writer,
        policy: Policy,
        clock: Callable[[], datetime],
        alarm: Callable[[str], None] | None,
    ) -> None:
        self._archive = archive
        self._policy = policy
        self._clock = clock
        self._alarm = alarm
        self._bans: Counter[str] = Counter()
        self._alone: set[Source] = set()

    def obey(self, *, again: bool) -> None:
        """Leave alone who asked for it in an earlier run.

        And who could not be reached by run after run, unless everything is to be looked at ``again``.
        """
        now = self._clock()
        for source in self._policy.sources:
            rest = self._archive.hosts.backoff(server_of(source))
            if rest and rest.until > now and (rest.asked or not again):
                self._alone.add(source)
                self._policy.leave_alone(source, until=rest.until, problem=rest.problem, now=now)

    def leave_alone(self, source: Source, *, until: datetime, problem: str) -> None:
        """A source asked to be left alone."""
        self._alone.add(source)
        self._policy.leave_alone(source, until=until, problem=problem, now=self._clock())
        self._archive.hosts.back_off(server_of(source), until=until, problem=problem)

    def heard(self, source: Source, ban: str | None) -> None:
        """A source answered, maybe as to somebody it bans; if it does so on and on, it is left alone."""
        self._bans[source.name] = self._bans[source.name] + 1 if ban else 0
        if self._bans[source.name] == BANNED_AFTER:
            problem = f"{ban}, {BANNED_AFTER} pages in a row: it seems to ban us, and is left alone for a day"
            self.leave_alone(source, until=self._clock() + BAN, problem=problem)
            if self._alarm:
                self._alarm(f"{source.name}: {problem}")

    def note(self, *, over: bool) -> None:
        """Tell later runs who was reached, and who was not, if the run is over by that."""
        at = {source: self._policy.reach(source) for source in self._policy.sources}
        told = {
            server_of(source): why
            for source, why in at.items()
            if why is None or (over and why and source not in self._alone)
        }
        self._archive.hosts.record_reachability(told, at=self._clock())
