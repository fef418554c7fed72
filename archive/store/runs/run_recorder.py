"""The run history, as a crawl writes it."""

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
from archive.store.runs import runs, source_stats


class RunRecorder:
    """The run history, as a crawl writes it."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db
        self._last_payload_before = 0  # the run that goes on

    def begin(self, *, source: str, at: datetime) -> int:
        """Open a run in the history and give back what a run that died had leased. The run's id."""
        with transaction(self._db):
            self._succeed()
            self._last_payload_before = self._db.execute(
                "SELECT ifnull(max(id), 0) FROM payloads"
            ).fetchone()[0]
            return runs.begin(self._db, source=source, at=at)

    def record_idle(self, *, source: str, at: datetime) -> None:
        """Note in the history a run that found nothing due."""
        with transaction(self._db):
            self._succeed()
            runs.record_idle_run(self._db, source=source, at=at)

    def _succeed(self) -> None:
        """Whatever run was before is over, and left nobody to take care of what it had begun."""
        leasing.release_all(self._db)
        source_stats.judge_dead(self._db)
        runs.mark_dead_runs(self._db)

    def fail(self, crawl: int, *, at: datetime, problem: str) -> None:
        """Close a run in the history that cannot go on; what not even that can be noted of is left open."""
        with suppress(StoreError), translated(self._path), transaction(self._db):
            runs.fail(self._db, crawl, at=at, problem=problem)

    def finish(self, crawl: int, *, at: datetime, reason: str, stats: dict[str, object]) -> Mapping[str, str]:
        """Close a run in the history, with Scrapy's own counts.

        Returns the sources whose pages no longer look as they did, and in what, in one line.
        """
        with transaction(self._db):
            leasing.release_all(
                self._db
            )  # what was leased and never fetched, as a run told to stop leaves it
            runs.finish(self._db, crawl, at=at, reason=reason, stats=stats)
            return source_stats.judge(self._db, crawl)

    def obvious_layout_changes(self, crawl: int) -> Mapping[str, str]:
        """The same of a run that goes on: only what is plain already. Quick in any archive."""
        return source_stats.far_off(self._db, crawl)

    def count_fetched(self, *, since: datetime) -> int:
        """How many captures the runs recorded that began since then."""
        return runs.count_captures(self._db, since=since)

    def recompress(self, *, at: datetime, time: timedelta) -> None:
        """Compress again, for at most ``time``, what a crawl compressed at its fast level.

        See :mod:`archive.store.payloads.compaction`.
        """
        until = monotonic() + time.total_seconds()
        compaction.recompress_recent(
            self._db, at=at, enough=lambda: monotonic() >= until, last=self._last_payload_before
        )
