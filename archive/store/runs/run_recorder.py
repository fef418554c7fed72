"""The recording of a crawl in the run history."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from sqlite_utils import Database

from archive.errors import StoreError
from archive.store.db.errors import translated
from archive.store.db.transactions import transaction
from archive.store.frontier import leasing
from archive.store.payloads import compaction
from archive.store.runs import run_history, runs, source_stats


class RunRecorder:
    """Records crawls in the run history."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db
        self._last_payload_before = 0  # id of the last payload stored before the current run

    def begin(self, *, source: str, at: datetime) -> int:
        """Record the start of a run, release the leases of a run that died, and return the run's id."""
        with transaction(self._db):
            self._close_dead_runs()
            query = "SELECT ifnull(max(id), 0) FROM payloads"
            (self._last_payload_before,) = self._db.execute(query).fetchone()
            return runs.begin(self._db, source=source, at=at)

    def record_idle(self, *, source: str, at: datetime) -> None:
        """Record a run that found nothing due."""
        with transaction(self._db):
            self._close_dead_runs()
            run_history.record_idle_run(self._db.conn, source=source, at=at)

    def _close_dead_runs(self) -> None:
        """Release the leases of earlier runs that died, evaluate their counts, and mark them as dead."""
        leasing.release_all(self._db)
        source_stats.record_layout_changes_of_dead_runs(self._db)
        runs.mark_dead_runs(self._db)

    def record_failed(self, *, source: str, at: datetime, problem: str) -> None:
        """Record a run that could not start."""
        self.fail(self.begin(source=source, at=at), at=at, problem=problem)

    def fail(self, crawl: int, *, at: datetime, problem: str) -> None:
        """Record the failure of a run. The run stays open if that fails, too."""
        with suppress(StoreError), translated(self._path), transaction(self._db):
            runs.fail(self._db, crawl, at=at, problem=problem)

    def finish(self, crawl: int, *, at: datetime, reason: str, stats: dict[str, object]) -> Mapping[str, str]:
        """Record the end of a run with Scrapy's statistics; return a line per source with a layout change."""
        with transaction(self._db):
            leasing.release_all(self._db)  # a run that is stopped leaves pages leased but not fetched
            runs.finish(self._db, crawl, at=at, reason=reason, stats=stats)
            return source_stats.record_layout_changes(self._db, crawl)

    def obvious_layout_changes(self, crawl: int) -> Mapping[str, str]:
        """Return a line for each source with an obvious layout change in the current run, in a short time."""
        return source_stats.obvious_layout_changes(self._db, crawl)

    def count_fetched(self, *, since: datetime) -> int:
        """Return the number of captures of runs that began at or after a time."""
        return runs.count_captures(self._db, since=since)

    def recompress(self, *, at: datetime, time: timedelta) -> None:
        """Compress again, for at most ``time``, what a crawl compressed at its fast level.

        See :mod:`archive.store.payloads.compaction`.
        """
        until = monotonic() + time.total_seconds()
        compaction.recompress_recent(
            self._db, at=at, enough=lambda: monotonic() >= until, last=self._last_payload_before
        )
