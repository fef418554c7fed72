"""Compress again, at the best level, the payloads that a crawl compressed at the fast level.

Each step is one transaction, in which every payload is read back before its old bytes are overwritten. The
payloads' own columns record the progress, so an interrupted compaction resumes where it stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.transactions import refuse_replaced, transaction
from archive.store.payloads import payloads
from archive.store.payloads.compression import best_level
from archive.store.payloads.training import train_if_due

PAYLOADS_PER_TRANSACTION = 20  # takes less than 0.1 s
INDEX_PAGES_PER_MERGE = 1000  # written in one transaction
MIN_MERGE_CHANGES = 2  # rows; fewer changes mean that FTS5 had nothing to merge


@dataclass
class CompactionProgress:
    """The progress of a compaction. ``before`` and ``after``: bytes of the payloads compressed again.

    ``damaged``: one message per payload that cannot be read and was left unchanged.
    """

    trained: bool
    base_of: Callable[[int], int | None] = lambda _: None
    total: int = 0
    packed: int = 0
    before: int = 0
    after: int = 0
    damaged: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many of the ``total`` payloads are done."""
        return self.packed + len(self.damaged)


def recompress_recent(db: Database, *, at: datetime, enough: Callable[[], bool], last: int = 0) -> None:
    """Compress again, in order of id, payloads after ``last`` that are at the fast level, until ``enough()``.

    This takes a few milliseconds per payload, since no base is searched for: recording has chosen one if
    there was any. :func:`compact` handles the payloads that earlier runs left.
    """
    progress = CompactionProgress(train_if_due(db, at=at))
    while not enough() and (ids := _ids(db, _AT_FAST_LEVEL, last)):
        _step(db, progress, ids)
        last = ids[-1]


def compact(db: Database, *, at: datetime) -> Iterator[CompactionProgress]:
    """Compress again all payloads at the fast level and those with an older dictionary.

    A payload stored without a base gets one. Yields the progress, first before any work.
    """
    progress = CompactionProgress(train_if_due(db, at=at), _find_bases(db))
    conditions = [_AT_FAST_LEVEL, _WITH_OLDER_DICTIONARY]
    progress.total = sum(map(db["payloads"].count_where, conditions))
    yield progress
    for condition in conditions:
        last = 0
        while ids := _ids(db, condition, last):
            _step(db, progress, ids)
            last = ids[-1]
            yield progress
    db.execute("DROP TABLE temp.bases")


_AT_FAST_LEVEL = "level = 3"  # the condition of the partial index
_WITH_OLDER_DICTIONARY = (
    "level <> 3 AND base_id IS NULL AND dictionary_id IS NOT (SELECT max(id) FROM dictionaries)"
)


def _ids(db: Database, condition: str, last: int) -> list[int]:
    rows = db["payloads"].rows_where(
        f"{condition} AND id > ?", [last], select="id", order_by="id", limit=PAYLOADS_PER_TRANSACTION
    )
    return [row["id"] for row in rows]


def _step(db: Database, progress: CompactionProgress, ids: list[int]) -> None:
    with transaction(db):
        for id_ in ids:
            try:
                body = payloads.load(db, id_)
            except DamagedArchive as error:
                progress.damaged.append(str(error))
                continue
            _recompress(db, progress, id_, body)


def _recompress(db: Database, progress: CompactionProgress, payload: int, body: bytes) -> None:
    before, base = db.execute("SELECT length(body), base_id FROM payloads WHERE id = ?", [payload]).fetchone()
    packed = payloads.compress_smallest(db, body, best_level(body), base or progress.base_of(payload))
    payloads.replace(db, payload, packed)
    progress.packed += 1
    progress.before += before
    progress.after += len(packed.body)


# -- Bases --------------------------------------------------------------------------------------------


def _find_bases(db: Database) -> Callable[[int], int | None]:
    """Return a function that finds a base for a payload stored without one.

    The base is the page's previous payload, preferably from the same source.
    """
    db.execute("CREATE TEMP TABLE IF NOT EXISTS bases (payload INTEGER PRIMARY KEY, base INTEGER)")
    with transaction(db):
        db.execute("DELETE FROM temp.bases")
        db.execute(_FIND_BASES)

    def base_of(payload: int) -> int | None:
        found = db.execute("SELECT base FROM temp.bases WHERE payload = ?", [payload]).fetchone()
        return int(found[0]) if found else None

    return base_of


_FIND_BASES = """
INSERT INTO temp.bases
SELECT payload_id,
  coalesce(max(same) FILTER (WHERE same < payload_id), max(other) FILTER (WHERE other < payload_id)) AS base
FROM (
  SELECT payload_id, lag(payload_id) OVER own AS same, lag(payload_id) OVER every AS other
  FROM captures
  WHERE payload_id IS NOT NULL AND (article_id IS NOT NULL OR page_id IS NOT NULL)
  WINDOW every AS (PARTITION BY ifnull(2 * article_id, 2 * page_id + 1), outcome = 'ok' ORDER BY payload_id),
    own AS (PARTITION BY ifnull(2 * article_id, 2 * page_id + 1), outcome = 'ok', source ORDER BY payload_id)
)
WHERE payload_id IN (SELECT id FROM payloads WHERE level = 3 AND base_id IS NULL)
GROUP BY payload_id HAVING base IS NOT NULL
"""


# -- The file -----------------------------------------------------------------------------------------


def vacuum(db: Database) -> None:
    """Rewrite the file without its free pages. This needs as much disk space again while it runs.

    Readers are not blocked. While one of them reads an older snapshot, the file keeps its size; it then
    shrinks at the next checkpoint.
    """
    _merge_index(db)
    (pages,) = db.execute("PRAGMA wal_autocheckpoint").fetchone()
    db.execute("PRAGMA wal_autocheckpoint = 0").fetchone()  # the file may have been replaced
    db.execute("VACUUM")
    refuse_replaced(db)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    db.execute(f"PRAGMA wal_autocheckpoint = {pages}").fetchone()


def _merge_index(db: Database) -> None:
    """Merge the search index, some pages at a time (https://sqlite.org/fts5.html#the_merge_command)."""
    pages = -INDEX_PAGES_PER_MERGE
    while True:
        before = db.conn.total_changes
        with transaction(db):
            db.execute("INSERT INTO versions_fts (versions_fts, rank) VALUES ('merge', ?)", [pages])
        if db.conn.total_changes - before < MIN_MERGE_CHANGES:
            return
        pages = INDEX_PAGES_PER_MERGE


def has_free_pages(db: Database) -> bool:
    """Return whether more than 1 % of the file's pages are free."""
    free = db.execute("PRAGMA freelist_count").fetchone()[0]
    return bool(100 * free > db.execute("PRAGMA page_count").fetchone()[0])
