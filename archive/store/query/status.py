"""What an archive holds and whether it is healthy, as ``status`` and the monitors show it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.model import Certificate
from archive.policy.health import HealthInputs
from archive.store.frontier import certificates, host_backoffs
from archive.store.frontier.host_backoffs import HostBackoff
from archive.store.rederivation import pending, reparsing
from archive.store.runs import health_inputs, run_history, source_health, totals
from archive.store.runs.run_history import RunRecord
from archive.store.runs.source_health import SourceHealth
from archive.store.runs.totals import GoneArticle, ProblemGroup, Totals
from archive.store.soundness.check_history import PartChecks, load_part_checks
from archive.timestamps import stamp


class Status:
    """The contents and the health of an archive."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db

    def inventory(self, *, now: datetime) -> Totals:
        """Return counts of everything; slow in a large archive."""
        return totals.count_all(self._db, now=now)

    def count_articles(self) -> int:
        """Return the number of articles; quick in any archive."""
        return totals.count_articles(self._db)

    def problems(self, *, limit: int) -> Sequence[ProblemGroup]:
        """Return the latest problems with captures, newest first, one per reason."""
        return totals.list_problems(self._db, limit=limit)

    def gone(self, *, limit: int) -> Sequence[GoneArticle]:
        """Return articles that are gone, the last seen first."""
        return totals.list_gone_articles(self._db, limit=limit)

    def runs(self, count: int) -> list[RunRecord]:
        """Return the last runs, newest first."""
        return run_history.list_recent(self._db.conn, count)

    def sources(self) -> list[SourceHealth]:
        """Return the health of each source, by name."""
        return source_health.list_source_health(self._db.conn)

    def health_inputs(self, *, now: datetime) -> HealthInputs:
        """Return what the health of the archive is judged by; quick in any archive."""
        return health_inputs.load_health_inputs(self._db.conn, self._path, now=now)

    def part_checks(self, *, now: datetime) -> PartChecks:
        """Return when the parts of this file were last found sound; quick in any archive."""
        return load_part_checks(self._db.conn, self._path, stamp(now))

    def backed_off_hosts(self, *, now: datetime) -> list[HostBackoff]:
        """Return the hosts that are backed off now."""
        return host_backoffs.list_backoffs(self._db.conn, now=now)

    def certificates(self) -> list[Certificate]:
        """Return the trusted certificates, by host."""
        return certificates.list_all(self._db)

    def count_pending(self) -> int:
        """Return how many articles and captures of menus an interrupted merge or repair left to derive."""
        return pending.count(self._db)

    def is_reparse_due(self) -> bool:
        """Return whether the parser has changed since the articles were derived."""
        return reparsing.is_due(self._db)
