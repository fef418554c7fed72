"""State per host that is kept between runs."""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from archive.model import Certificate
from archive.store.db.transactions import transaction
from archive.store.frontier import certificates, hosts
from archive.store.frontier.hosts import Backoff, StoredRobots


class HostRecords:
    """The robots.txt and the back-off of each host, kept between runs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def robots(self, host: str) -> StoredRobots | None:
        """Return the stored robots.txt of ``host`` (``gopher://taz.de:70``), even if it has expired."""
        return hosts.load_robots(self._db, host)

    def store_robots(self, host: str, found: StoredRobots) -> None:
        """Store the robots.txt of ``host``."""
        with transaction(self._db):
            hosts.store_robots(self._db, host, found)

    def backoff(self, host: str) -> Backoff | None:
        """Return the last back-off of ``host``, even if it has ended."""
        return hosts.load_backoff(self._db, host)

    def back_off(self, host: str, *, until: datetime, problem: str) -> None:
        """Store that ``host`` asked for a back-off."""
        with transaction(self._db):
            hosts.store_backoff(self._db, host, until, problem)

    def record_reachability(self, hosts_: Mapping[str, str | None], *, at: datetime) -> None:
        """Store for each host why a run could not reach it; None if it was reached."""
        with transaction(self._db):
            for host, problem in hosts_.items():
                if problem is None:
                    hosts.record_reachable(self._db, host)
                else:
                    hosts.record_unreachable(self._db, host, at=at, problem=problem)


class TrustedCertificates:
    """The trusted certificates of hosts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, host: str) -> Certificate | None:
        """Return the certificate trusted for ``host`` (``taz.de:1965``), None before the first connection."""
        return certificates.find(self._db, host)

    def trust(self, host: str, fingerprint: str, *, at: datetime) -> Certificate:
        """Trust a certificate for ``host``, or extend ``last_seen`` of the trusted one."""
        with transaction(self._db):
            return certificates.trust(self._db, host, fingerprint, at=at)

    def forget(self, host: str) -> bool:
        """Forget the certificate of ``host``. Returns whether there was one."""
        with transaction(self._db):
            return certificates.forget(self._db, host)
