"""Back-off of sources: applied to a run, and loaded from earlier ones."""

from datetime import datetime, timedelta

from archive.sources import Source
from archive.store import Backoff, Writer
from crawler import clock
from crawler.failover.policy import FailoverPolicy
from crawler.sources.registry import server_of


class SourceBackoff:
    """The back-off of a run's sources."""

    def __init__(self, archive: Writer, policy: FailoverPolicy) -> None:
        self._archive = archive
        self._policy = policy
        self._backed_off: set[Source] = set()

    def load(self, *, again: bool) -> None:
        """Apply the back-off of earlier runs that lasts; ``again`` ignores that of unreachable servers."""
        now = clock.utc_now()
        for source in self._policy.sources:
            if stored := stored_backoff(self._archive, source, again=again, now=now):
                self._backed_off.add(source)
                self._policy.back_off(source, until=stored.until, problem=stored.problem, now=now)

    def note(self, source: Source, *, wait: timedelta, problem: str) -> None:
        """Ask a source no more for a time in this run, since its server is backed off at the gate."""
        now = clock.utc_now()
        self._backed_off.add(source)
        self._policy.back_off(source, until=now + wait, problem=problem, now=now)

    def save_reachability(self, *, over: bool) -> None:
        """Store which servers were reached, and if the run is ``over``, which were not."""
        at = {source: self._policy.reach(source) for source in self._policy.sources}
        problems = {
            server_of(source): why
            for source, why in at.items()
            if why is None or (over and why and source not in self._backed_off)
        }
        self._archive.hosts.record_reachability(problems, at=clock.utc_now())


def stored_backoff(archive: Writer, source: Source, *, again: bool, now: datetime) -> Backoff | None:
    """Return the back-off of a source that earlier runs stored, if it lasts.

    Servers that could not be reached are tried anyway if all pages are to be fetched ``again``.
    """
    stored = archive.hosts.backoff(server_of(source))
    return stored if stored and stored.until > now and (stored.asked or not again) else None
