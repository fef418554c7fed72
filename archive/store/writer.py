"""An archive opened to write."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from sqlite_utils import Database

from archive.errors import StoreError
from archive.model import Capture, Certificate, PageKey
from archive.policy.revisit import DEFAULT_PATIENCE
from archive.store.db import connection, schema_guard
from archive.store.db.errors import translated
from archive.store.db.lock import writing
from archive.store.db.schema_check import blaming_types
from archive.store.db.transactions import refuse_replaced, transaction
from archive.store.frontier import certificates, fetch_budget, hosts, known_pages, leasing, refetch
from archive.store.frontier.hosts import Backoff, StoredRobots
from archive.store.frontier.known_pages import (
    ALL_PRIORITIES,
    ONLY_SHARD,
    BackfillProgress,
    CompletedFetch,
    Priority,
    Shard,
)
from archive.store.frontier.refetch import RefetchSources
from archive.store.ingest import unnumbered
from archive.store.ingest.recording import Ends, Recorded, Terms, record
from archive.store.maintenance import merging
from archive.store.maintenance.foreign_archive import Other
from archive.store.maintenance.merging import Merged
from archive.store.payloads import compaction
from archive.store.reader import Reader
from archive.store.runs import runs, source_stats


class Writer(Reader):
    """An archive opened to write, whose lock is held. :func:`open_writer` makes one."""

    def __init__(self, path: Path, db: Database) -> None:
        super().__init__(path, db)
        self._stored = 0  # the last payload there was before the crawl that goes on

    def record(
        self,
        captures: Iterable[Capture],
        *,
        crawl: int | None = None,
        ends: Ends | None = None,
        patience: float = DEFAULT_PATIENCE,
        shard: Shard = ONLY_SHARD,
        doubted: Container[PageKey | None] = (),
    ) -> list[Recorded]:
        """Store captures and all that follows from them, all in one transaction; on what terms, see there."""
        terms = Terms(crawl=crawl, ends=ends, patience=patience, shard=shard, doubted=doubted)
        with transaction(self.db):
            told = [(capture, record(self.db, capture, terms)) for capture in captures]
            recorded = [done for _, done in told]
            if crawl is not None:
                runs.count(self.db, crawl, recorded)
                source_stats.count(self.db, crawl, told)
        return recorded

    def recompress(self, *, at: datetime, time: timedelta) -> None:
        """Compress again, for at most ``time``, what a crawl compressed at its fast level.

        See :mod:`archive.store.payloads.compaction`.
        """
        until = monotonic() + time.total_seconds()
        compaction.recompress_recent(self.db, at=at, enough=lambda: monotonic() >= until, last=self._stored)

    def merge(self, other: Other, advance: Callable[[int], object]) -> Merged:
        """Add what another archive has; :meth:`match_unnumbered` after the last of them."""
        return merging.merge(self.db, other, advance)

    def match_unnumbered(self, advance: Callable[[int], object]) -> Counter[str]:
        """Match all pages without a number to articles again.

        See :mod:`archive.store.ingest.unnumbered`.
        """
        return unnumbered.match_unnumbered(self.db, advance)

    def checkpoint(self) -> None:
        """Bring all that is in the write-ahead log into the file itself, as far as readers let it."""
        refuse_replaced(self.db)
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def discover(self, keys: Iterable[PageKey], *, at: datetime, shard: Shard = ONLY_SHARD) -> None:
        """Make pages known to the frontier."""
        with transaction(self.db):
            known_pages.discover(self.db, keys, at, shard=shard)

    def assign_shard(self, shard: Shard) -> None:
        """Leave to other machines the pages that are theirs.

        See :class:`archive.store.frontier.known_pages.Shard`.
        """
        with transaction(self.db):
            known_pages.assign_shard(self.db, shard)

    def fetched(self, *, since: datetime) -> int:
        """How many captures the runs recorded that began since then."""
        return runs.fetched(self.db, since=since)

    def patience_for_budget(self, budget: int, *, now: datetime) -> float:
        """How long to leave pages alone so that so many fetches a day suffice."""
        return fetch_budget.patience_for_budget(self.db, budget, now=now)

    def backfill_progress(self) -> BackfillProgress:
        """How far back the archive goes."""
        return known_pages.backfill_progress(self.db)

    def reset_future_checks(self, *, at: datetime) -> int:
        """Undo what a clock that was ahead did to the schedule; how many pages that concerned."""
        with transaction(self.db):
            return known_pages.reset_future_checks(self.db, at)

    def seed(self, keys: Sequence[PageKey], *, at: datetime) -> None:
        """Make pages known, and due now whatever their schedule."""
        with transaction(self.db):
            known_pages.add(self.db, keys, at)  # not discover(), which bounds the links of one page
            known_pages.make_due_now(self.db, keys, at)

    def lease(
        self,
        count: int,
        *,
        now: datetime,
        until: datetime,
        unchecked_since: datetime | None = None,
        of: Sequence[Priority] = ALL_PRIORITIES,
    ) -> Sequence[PageKey]:
        """Take up to ``count`` pages that are due; see :func:`archive.store.frontier.leasing.lease`."""
        with transaction(self.db):
            return leasing.lease(self.db, count, now=now, until=until, unchecked_since=unchecked_since, of=of)

    def complete(self, fetches: Sequence[CompletedFetch], *, at: datetime) -> None:
        """Nothing is left to do: this frontier heard of it in the transaction that stored the captures."""

    def any_due(self, *, now: datetime) -> bool:
        """Whether there is anything to fetch."""
        return leasing.is_any_due(self.db, now=now)

    def truncated_articles(self, count: int, asking: RefetchSources, *, first: int = 1) -> Sequence[PageKey]:
        """Return up to ``count`` articles to refetch; see :mod:`archive.store.frontier.refetch`."""
        return refetch.truncated_articles(self.db, count, asking, first=first)

    def needs_refetch(self, key: PageKey, asking: RefetchSources) -> bool:
        """Whether an article has cuts that one of these sources may heal."""
        return bool(refetch.truncated_articles(self.db, 1, asking, first=key.number, last=key.number))

    def is_present(self, article: int) -> bool:
        """Whether an article was there when it was last looked for."""
        row = self.db.execute("SELECT state FROM articles WHERE id = ?", [article]).fetchone()
        return row is not None and row[0] == "here"

    def begin_run(self, *, source: str, at: datetime) -> int:
        """Open a run in the history and give back what a run that died had leased. The run's id."""
        with transaction(self.db):
            self._succeed()
            self._stored = self.db.execute("SELECT ifnull(max(id), 0) FROM payloads").fetchone()[0]
            return runs.begin(self.db, source=source, at=at)

    def record_idle_run(self, *, source: str, at: datetime) -> None:
        """Note in the history a run that found nothing due."""
        with transaction(self.db):
            self._succeed()
            runs.rest(self.db, source=source, at=at)

    def _succeed(self) -> None:
        """Whatever run was before is over, and left nobody to take care of what it had begun."""
        leasing.release_all(self.db)
        source_stats.judge_dead(self.db)
        runs.bury(self.db)

    def fail_run(self, crawl: int, *, at: datetime, problem: str) -> None:
        """Close a run in the history that cannot go on; what not even that can be noted of is left open."""
        with suppress(StoreError), translated(self.path), transaction(self.db):
            runs.fail(self.db, crawl, at=at, problem=problem)

    def finish_run(
        self, crawl: int, *, at: datetime, reason: str, stats: dict[str, object]
    ) -> Mapping[str, str]:
        """Close a run in the history, with Scrapy's own counts.

        Returns the sources whose pages no longer look as they did, and in what, in one line.
        """
        with transaction(self.db):
            leasing.release_all(self.db)  # what was leased and never fetched, as a run told to stop leaves it
            runs.finish(self.db, crawl, at=at, reason=reason, stats=stats)
            return source_stats.judge(self.db, crawl)

    def obvious_layout_changes(self, crawl: int) -> Mapping[str, str]:
        """The same of a run that goes on: only what is plain already. Quick in any archive."""
        return source_stats.far_off(self.db, crawl)

    def robots(self, host: str) -> StoredRobots | None:
        """What ``host`` (``gopher://taz.de:70``) said to robots, whether or not that is too long ago."""
        return hosts.load_robots(self.db, host)

    def store_robots(self, host: str, found: StoredRobots) -> None:
        """Keep what ``host`` said to robots."""
        with transaction(self.db):
            hosts.store_robots(self.db, host, found)

    def backoff(self, host: str) -> Backoff | None:
        """Until when ``host`` is left alone, or was."""
        return hosts.load_backoff(self.db, host)

    def back_off(self, host: str, *, until: datetime, problem: str) -> None:
        """Note that ``host`` asked to be left alone."""
        with transaction(self.db):
            hosts.store_backoff(self.db, host, until, problem)

    def record_reachability(self, hosts_: Mapping[str, str | None], *, at: datetime) -> None:
        """Note of hosts why a run could not reach them, or None if it did."""
        with transaction(self.db):
            for host, problem in hosts_.items():
                if problem is None:
                    hosts.record_reachable(self.db, host)
                else:
                    hosts.record_unreachable(self.db, host, at=at, problem=problem)

    def certificate(self, host: str) -> Certificate | None:
        """The certificate trusted at ``host`` (``taz.de:1965``); None before the first meeting."""
        return certificates.find(self.db, host)

    def trust(self, host: str, fingerprint: str, *, at: datetime) -> Certificate:
        """Trust a certificate from now on, or note that the trusted one was met again."""
        with transaction(self.db):
            return certificates.trust(self.db, host, fingerprint, at=at)

    def distrust(self, host: str) -> bool:
        """Forget whom ``host`` was trusted to be; whether that was known."""
        with transaction(self.db):
            return certificates.forget(self.db, host)


@contextmanager
def open_writer(path: Path, *, as_is: bool = False) -> Iterator[Writer]:
    """Open an archive to write, created if missing, and hold its lock.

    ``as_is`` opens an archive whose schema is to be restored. Raises :exc:`ArchiveBusy` if another run
    writes to the archive.
    """
    connection.refuse_strangers(path)  # before a lock file is created next to it
    with (
        writing(path),
        connection.held_to_write(path, as_is=as_is) as db,
        blaming_types(path, db),
        translated(path),
    ):
        if not as_is:
            schema_guard.refuse_unfit_tables(path, db)
        yield Writer(path, db)
