"""Back-off of sources: applied to a run, and stored for later runs."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from archive.sources import Source
from archive.store import Backoff, Writer
from crawler import clock
from crawler.failover.policy import FailoverPolicy
from crawler.sources.registry import server_of

logger = logging.getLogger(__name__)

BAN_AFTER_ANSWERS, BAN_BACKOFF = 3, timedelta(days=1)


class SourceBackoff:
    """The back-off of a run's sources."""

    def __init__(self, archive: Writer, policy: FailoverPolicy) -> None:
        self._archive = archive
        self._policy = policy
        self._bans: Counter[str] = Counter()
        self._backed_off: set[Source] = set()

    def load(self, *, again: bool) -> None:
        """Apply the back-off of earlier runs that lasts; ``again`` ignores that of unreachable servers."""
        now = clock.utc_now()
        for source in self._policy.sources:
            if stored := stored_backoff(self._archive, source, again=again, now=now):
                self._backed_off.add(source)
                self._policy.back_off(source, until=stored.until, problem=stored.problem, now=now)

    def back_off(self, source: Source, *, until: datetime, problem: str) -> None:
        """Do not ask a source ``until`` a time, in this run and in later ones."""
        self._backed_off.add(source)
        self._policy.back_off(source, until=until, problem=problem, now=clock.utc_now())
        self._archive.hosts.back_off(server_of(source), until=until, problem=problem)

    def record_answer(self, source: Source, ban: str | None) -> None:
        """Note an answer. Back off after several answers in a row that look like a ban."""
        self._bans[source.name] = self._bans[source.name] + 1 if ban else 0
        if self._bans[source.name] == BAN_AFTER_ANSWERS:
            problem = (
                f"{ban} for {BAN_AFTER_ANSWERS} pages in a row:"
                " the server seems to ban us; skipping it for 24 hours"
            )
            self.back_off(source, until=clock.utc_now() + BAN_BACKOFF, problem=problem)
            logger.warning("%s: %s", source.name, problem)

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
