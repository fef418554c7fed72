"""What an archive holds and whether it is healthy, as ``status`` and the monitors show it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.model import Certificate
from archive.policy.health import HealthInputs
from archive.store.frontier import certificates, hosts
from archive.store.frontier.hosts import HostBackoff
from archive.store.maintenance import reparsing
from archive.store.runs import health_inputs, runs, source_health, totals
from archive.store.runs.runs import Run
from archive.store.runs.source_health import Health
from archive.store.runs.totals import Gone, Inventory, Problem


class Status:
    """The contents and the health of an archive."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db

    def inventory(self, *, now: datetime) -> Inventory:
        """Return counts of everything; slow in a large archive."""
        return totals.take_inventory(self._db, now=now)

    def count_articles(self) -> int:
        """Return the number of articles; quick in any archive."""
        return totals.count_articles(self._db)

    def problems(self, *, limit: int) -> Sequence[Problem]:
        """Return the latest problems with captures, newest first, one per reason."""
        return totals.problems(self._db, limit=limit)

    def gone(self, *, limit: int) -> Sequence[Gone]:
        """Return articles that are gone, the last seen first."""
        return totals.gone(self._db, limit=limit)

    def runs(self, count: int) -> list[Run]:
        """Return the last runs, newest first."""
        return runs.recent(self._db, count)

    def sources(self) -> list[Health]:
        """Return the health of each source, by name."""
        return source_health.sources(self._db)

    def vitals(self, *, now: datetime) -> HealthInputs:
        """Return what the health of the archive is judged by; quick in any archive."""
        return health_inputs.take_vitals(self._db, self._path, now=now)

    def backed_off_hosts(self, *, now: datetime) -> list[HostBackoff]:
        """Return the hosts that are backed off now."""
        return hosts.list_backoffs(self._db, now=now)

    def certificates(self) -> list[Certificate]:
        """Return the trusted certificates, by host."""
        return certificates.list_all(self._db)

    def is_reparse_due(self) -> bool:
        """Return whether the parser has changed since the articles were derived."""
        return reparsing.is_due(self._db)
