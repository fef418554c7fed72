"""What a crawl packed in haste, packed anew at leisure: smaller, with the latest dictionary, as patches.

Each step is one transaction, in which every page is read back before its old bytes are gone. Where it is
can be told from the payloads themselves, so one that was stopped goes on wherever it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.transactions import refuse_replaced, transaction
from archive.store.payloads import dictionaries, payloads
from archive.store.payloads.compression import best_level
from archive.store.payloads.training import train_if_due

PAYLOADS_PER_TRANSACTION = 20  # payloads in one transaction: less than a tenth of a second
INDEX_PAGES_PER_MERGE = 1000  # pages of the search index to write in one transaction
MIN_MERGE_CHANGES = 2  # changes; with fewer of them, FTS5 says, nothing was left to merge


@dataclass
class CompactionProgress:
    """What is done so far. ``before`` and ``after``: bytes of the payloads packed anew.

    ``damaged`` says which could not be read, and so were left as they are.
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
        """How many of ``total`` it is done with."""
        return self.packed + len(self.damaged)


def recompress_recent(db: Database, *, at: datetime, enough: Callable[[], bool], last: int = 0) -> None:
    """Pack anew what was packed in haste after payload ``last``, in that order, until it is ``enough``.

    That takes few milliseconds a page, since nobody looks for bases: it is for what came with one, if there
    was any, as what is recorded does. What was left by others waits for :func:`compact`.
    """
    progress = CompactionProgress(train_if_due(db, at=at))
    while not enough() and (ids := _ids(db, _AT_FAST_LEVEL, last)):
        _step(db, progress, ids)
        last = ids[-1]


def compact(db: Database, *, at: datetime) -> Iterator[CompactionProgress]:
    """The same to the end, and all else that makes it smaller; yields where it is, first and after each step.

    That is pages stored without telling what they are like, and those packed with an older dictionary.
    """
    progress = CompactionProgress(train_if_due(db, at=at), _find_bases(db))
    latest = dictionaries.latest(db)
    rooms = (
        [_AT_FAST_LEVEL]
        if latest is None
        else [_AT_FAST_LEVEL, _WITH_OLDER_DICTIONARY.format(latest=latest.id)]
    )
    progress.total = sum(_count(db, room) for room in rooms)
    yield progress
    for room in rooms:
        last = 0
        while ids := _ids(db, room, last):
            _step(db, progress, ids)
            last = ids[-1]
            yield progress
    db.execute("DROP TABLE temp.bases")


_AT_FAST_LEVEL = "level = 3"  # as the index has it
_WITH_OLDER_DICTIONARY = "level <> 3 AND base_id IS NULL AND dictionary_id IS NOT {latest}"


def _ids(db: Database, room: str, last: int) -> list[int]:
    query = f"SELECT id FROM payloads WHERE {room} AND id > ? ORDER BY id LIMIT {PAYLOADS_PER_TRANSACTION}"  # noqa: S608 - ours
    return [id_ for (id_,) in db.execute(query, [last])]


def _count(db: Database, room: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM payloads WHERE {room}").fetchone()[0])  # noqa: S608 - ours


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
    """Tells what a payload that came without a base could be packed against.

    That is what was stored of the same page before it, best from the same source.
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
    """Give back to the disk what the file no longer needs; that takes as much room again while it lasts.

    Readers go on meanwhile. As long as one of them reads what was there before, the file stays as it is,
    and becomes smaller at the next checkpoint.
    """
    _merge_index(db)
    (pages,) = db.execute("PRAGMA wal_autocheckpoint").fetchone()
    db.execute("PRAGMA wal_autocheckpoint = 0").fetchone()  # of a file that may have been replaced meanwhile
    db.execute("VACUUM")
    refuse_replaced(db)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    db.execute(f"PRAGMA wal_autocheckpoint = {pages}").fetchone()


def _merge_index(db: Database) -> None:
    """Bring the search index's parts together, some pages at a time (https://sqlite.org/fts5.html#the_merge_command)."""
    pages = -INDEX_PAGES_PER_MERGE
    while True:
        before = db.conn.total_changes
        with transaction(db):
            db.execute("INSERT INTO versions_fts (versions_fts, rank) VALUES ('merge', ?)", [pages])
        if db.conn.total_changes - before < MIN_MERGE_CHANGES:
            return
        pages = INDEX_PAGES_PER_MERGE


def has_free_pages(db: Database) -> bool:
    """Whether a hundredth of the file or more is empty."""
    free = db.execute("PRAGMA freelist_count").fetchone()[0]
    return bool(100 * free > db.execute("PRAGMA page_count").fetchone()[0])
