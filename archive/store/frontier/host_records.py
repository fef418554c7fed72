"""What is kept of hosts from run to run."""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from archive.model import Certificate
from archive.store.db.transactions import transaction
from archive.store.frontier import certificates, hosts
from archive.store.frontier.hosts import Backoff, StoredRobots


class HostRecords:
    """The robots.txt and the back-off of each host, kept from run to run."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def robots(self, host: str) -> StoredRobots | None:
        """What ``host`` (``gopher://taz.de:70``) said to robots, whether or not that is too long ago."""
        return hosts.load_robots(self._db, host)

    def store_robots(self, host: str, found: StoredRobots) -> None:
        """Keep what ``host`` said to robots."""
        with transaction(self._db):
            hosts.store_robots(self._db, host, found)

    def backoff(self, host: str) -> Backoff | None:
        """Until when ``host`` is left alone, or was."""
        return hosts.load_backoff(self._db, host)

    def back_off(self, host: str, *, until: datetime, problem: str) -> None:
        """Note that ``host`` asked to be left alone."""
        with transaction(self._db):
            hosts.store_backoff(self._db, host, until, problem)

    def record_reachability(self, hosts_: Mapping[str, str | None], *, at: datetime) -> None:
        """Note of hosts why a run could not reach them, or None if it did."""
        with transaction(self._db):
            for host, problem in hosts_.items():
                if problem is None:
                    hosts.record_reachable(self._db, host)
                else:
                    hosts.record_unreachable(self._db, host, at=at, problem=problem)


class TrustedCertificates:
    """The certificates of hosts that are trusted."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, host: str) -> Certificate | None:
        """The certificate trusted at ``host`` (``taz.de:1965``); None before the first meeting."""
        return certificates.find(self._db, host)

    def trust(self, host: str, fingerprint: str, *, at: datetime) -> Certificate:
        """Trust a certificate from now on, or note that the trusted one was met again."""
        with transaction(self._db):
            return certificates.trust(self._db, host, fingerprint, at=at)

    def forget(self, host: str) -> bool:
        """Forget whom ``host`` was trusted to be; whether that was known."""
        with transaction(self._db):
            return certificates.forget(self._db, host)
