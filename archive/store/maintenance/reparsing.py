"""``reparse``: all that is stored, read anew by today's parser, in steps of one transaction each.

Killed at any instant it loses the step it was at, and goes on from there when it is started again:
where it is lies in the archive, written in the same transaction. To do a step twice does no harm.
"""

import json
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Outcome
from archive.store.db.errors import translated
from archive.store.db.transactions import attempt, transaction
from archive.store.ingest.parallel import reading_ahead
from archive.store.maintenance.rereading import LostCapture, reread
from archive.store.maintenance.stored import Known, Subject
from archive.store.runs import source_stats
from archive.timestamps import stamp

SUBJECTS_PER_TRANSACTION = 20  # subjects in one transaction
FIRST = -(2**62)  # below every id

# Where captures are, in the order these rooms are gone through: what has a number of its own first, so
# that a page without one finds its article. Each gives the ids that are left there, and counts them.
ROOMS = {
    "articles": """
        SELECT article_id AS id FROM captures WHERE article_id > max(:place, 0)
        UNION
        SELECT number FROM pages p WHERE kind = 'article' AND number > :place AND EXISTS
          (SELECT 1 FROM captures WHERE article_id IS NULL AND page_id = p.id AND payload_id IS NOT NULL)
    """,
    "filed": "SELECT DISTINCT article_id AS id FROM captures WHERE article_id > :place AND article_id < 0",
    "menus": """
        SELECT id FROM pages p WHERE kind <> 'article' AND id > :place AND EXISTS
          (SELECT 1 FROM captures WHERE article_id IS NULL AND page_id = p.id AND payload_id IS NOT NULL)
    """,
    "loose": """
        SELECT id FROM captures WHERE article_id IS NULL AND page_id IS NULL
        AND payload_id IS NOT NULL AND id > :place
    """,
}
SUBJECT = {"articles": "article", "filed": "article", "menus": "page", "loose": "capture"}
# What is counted, beside outcomes that changed: `unreadable → ok`.
REPARSE_COUNTS = (
    *("captures", "articles new", "articles lost", "moved"),
    *("versions new", "versions vanished", "versions merged", "versions split", "versions reworded"),
)


Place = tuple[str, int]  # a room, and an id in it


@dataclass
class Reparse:
    """How far one is, and what it found so far. ``resumed``: another process began it, and was stopped.

    ``damaged`` says in a line each what was left as it is, since bytes of it are not what was stored.
    """

    id: int
    done: int
    found: Counter[str]
    resumed: bool
    total: int
    waiting: Iterator[tuple[Place, Known]]
    lost: list[LostCapture] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def begin(db: Database, path: Path, *, at: datetime, restart: bool = False, jobs: int = 1) -> Reparse:
    """Resume an interrupted reparse if there is one, unless ``restart``; else begin one.

    ``jobs`` processes read; this one writes.
    """
    row = db.execute(
        "SELECT finished_at, id, phase, cursor, done_count, result FROM reparses ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row and row[0] is None and not restart:
        id_, room, place, done, found = row[1:]
    else:
        room, place, done, found = next(iter(ROOMS)), FIRST, 0, "{}"
        with transaction(db):
            cursor = db.execute(
                "INSERT INTO reparses (started_at, phase, cursor, done_count, result) VALUES (?, ?, ?, ?, ?)",
                [stamp(at), room, place, done, found],
            )
        id_ = cursor.lastrowid
    left = _count_left(db, room, place)
    places = _left(db, room, place)
    return Reparse(
        id=id_,
        done=done,
        found=Counter(json.loads(found)),
        resumed=done > 0,
        total=done + left,
        waiting=reading_ahead(path, ((place, _subject(place)) for place in places), count=left, jobs=jobs),
    )


def is_due(db: Database) -> bool:
    """Return whether a reparse was stopped before its end."""
    row = db.execute("SELECT finished_at FROM reparses ORDER BY id DESC LIMIT 1").fetchone()
    return row is not None and row[0] is None


def _subject(place: Place) -> Subject:
    room, id_ = place
    return Subject(**{SUBJECT[room]: id_})


def _rooms_left(room: str, place: int) -> Iterator[Place]:
    """This room from ``place`` on, and all that come after it."""
    names = list(ROOMS)
    yield room, place
    yield from ((name, FIRST) for name in names[names.index(room) + 1 :])


def _count_left(db: Database, room: str, place: int) -> int:
    return sum(
        db.execute(f"SELECT count(*) FROM ({ROOMS[name]})", {"place": begin}).fetchone()[0]  # noqa: S608 - ours
        for name, begin in _rooms_left(room, place)
    )


def _left(db: Database, room: str, place: int) -> Iterator[Place]:
    """Rooms and ids, in their order. A room is looked into when it is its turn, and once."""
    for name, begin in _rooms_left(room, place):
        query = f"SELECT id FROM ({ROOMS[name]}) ORDER BY id"  # noqa: S608 - ours
        ids = array("q", (id_ for (id_,) in db.execute(query, {"place": begin})))
        yield from ((name, id_) for id_ in ids)


def step(db: Database, going: Reparse) -> int:
    """Read the next few anew, and note so; how many these were, 0 when none is left."""
    with transaction(db):
        places = list(islice(going.waiting, SUBJECTS_PER_TRANSACTION))
        for place, known in places:
            _reread(db, going, place, known)
        if places:
            going.done += len(places)
            _note(db, going, *places[-1][0])
    return len(places)


def _reread(db: Database, going: Reparse, place: Place, known: Known) -> None:
    """What is damaged costs nothing but itself."""
    room, id_ = place
    try:
        with attempt(db), translated(Path(f"{SUBJECT[room]} {id_}")):
            change = reread(db, _subject(place), known)
    except DamagedArchive as error:
        going.damaged.append(str(error))
    else:
        going.found += change.counts
        going.lost += change.lost


def _note(db: Database, going: Reparse, room: str, place: int) -> None:
    db.execute(
        "UPDATE reparses SET phase = ?, cursor = ?, done_count = ?, result = ? WHERE id = ?",
        [room, place, going.done, json.dumps(going.found, ensure_ascii=False), going.id],
    )


def finish(db: Database, going: Reparse, *, at: datetime) -> None:
    """All is read; so what sources drifted is dealt with."""
    with transaction(db):
        db.execute("UPDATE reparses SET finished_at = ? WHERE id = ?", [stamp(at), going.id])
        source_stats.exclude_from_baseline(db)


def unreadable(db: Database) -> int:
    """How many captures no parser could read so far."""
    query = "SELECT count(*) FROM captures WHERE outcome <> 'ok' AND outcome = ?"  # so that an index helps
    return int(db.execute(query, [Outcome.UNREADABLE.value]).fetchone()[0])
