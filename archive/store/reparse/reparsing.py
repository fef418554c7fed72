"""``reparse``: parse all stored pages again with this release's parser, in steps of one transaction each.

An interrupted reparse loses at most one step and resumes there, since each transaction also stores the
progress. A step can be repeated without harm.
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
from archive.store.reparse.reading_ahead import reading_ahead
from archive.store.reparse.rereading import LostCapture, Reparsed, Rereader
from archive.store.reparse.stored import Known, Subject
from archive.store.runs import source_stats
from archive.timestamps import stamp
from archive.worker_processes import ONE_PROCESS, Workers

SUBJECTS_PER_TRANSACTION = 20
_BEFORE_FIRST_ID = -(2**62)

# The phases and the ids that each goes through after ``:place``. Pages with an article number come first, so
# that pages without one find their article.
PHASES = {
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
_ID_COLUMNS = {"articles": "article", "filed": "article", "menus": "page", "loose": "capture"}
# Counts besides those of changed outcomes, as `unreadable → ok`.
REPARSE_COUNTS = (
    *("captures", "articles new", "articles lost", "moved"),
    *("versions new", "versions vanished", "versions merged", "versions split", "versions reworded"),
)


Place = tuple[str, int]  # a phase, and an id in it


@dataclass
class Reparse:
    """The progress and results of a reparse. ``resumed``: an earlier process began it.

    ``damaged``: one line per item that was left unchanged because a payload is damaged.
    """

    id: int
    done: int
    found: Counter[str]
    resumed: bool
    total: int
    waiting: Iterator[tuple[Place, Known]]
    lost: list[LostCapture] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def begin(
    db: Database, path: Path, *, at: datetime, restart: bool = False, workers: Workers = ONE_PROCESS
) -> Reparse:
    """Resume an interrupted reparse if there is one, unless ``restart``; else begin one.

    ``workers`` read; this process writes.
    """
    row = db.execute(
        "SELECT finished_at, id, phase, cursor, done_count, result FROM reparses ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row and row[0] is None and not restart:
        id_, phase, place, done, found = row[1:]
    else:
        phase, place, done, found = next(iter(PHASES)), _BEFORE_FIRST_ID, 0, "{}"
        with transaction(db):
            progress = {"phase": phase, "cursor": place, "done_count": done, "result": found}
            id_ = db.table("reparses").insert({"started_at": stamp(at), **progress}).last_pk
    left = _count_left(db, phase, place)
    subjects = ((place, _subject(place)) for place in _left(db, phase, place))
    return Reparse(
        id=id_,
        done=done,
        found=Counter(json.loads(found)),
        resumed=done > 0,
        total=done + left,
        waiting=reading_ahead(path, subjects, workers),
    )


def is_due(db: Database) -> bool:
    """Return whether a reparse was stopped before its end."""
    row = db.execute("SELECT finished_at FROM reparses ORDER BY id DESC LIMIT 1").fetchone()
    return row is not None and row[0] is None


def _subject(place: Place) -> Subject:
    phase, id_ = place
    return Subject(**{_ID_COLUMNS[phase]: id_})


def _phases_left(phase: str, place: int) -> Iterator[Place]:
    """Yield this phase from ``place`` on, and all later ones."""
    names = list(PHASES)
    yield phase, place
    yield from ((name, _BEFORE_FIRST_ID) for name in names[names.index(phase) + 1 :])


def _count_left(db: Database, phase: str, place: int) -> int:
    return sum(
        db.execute(f"SELECT count(*) FROM ({PHASES[name]})", {"place": begin}).fetchone()[0]  # noqa: S608 - ours
        for name, begin in _phases_left(phase, place)
    )


def _left(db: Database, phase: str, place: int) -> Iterator[Place]:
    """Yield phases and ids in order. Each phase is queried once, when it begins."""
    for name, begin in _phases_left(phase, place):
        query = f"SELECT id FROM ({PHASES[name]}) ORDER BY id"  # noqa: S608 - ours
        ids = array("q", (id_ for (id_,) in db.execute(query, {"place": begin})))
        yield from ((name, id_) for id_ in ids)


def step(db: Database, going: Reparse) -> int:
    """Parse the next subjects again and store the progress. Returns how many; 0 at the end."""
    with transaction(db):
        places = list(islice(going.waiting, SUBJECTS_PER_TRANSACTION))
        rereader = Rereader(db)
        for place, known in places:
            _reread(db, going, rereader, place, known)
        for _, done in rereader.write():
            _count(going, done)
        if places:
            going.done += len(places)
            _note(db, going, *places[-1][0])
    return len(places)


def _reread(db: Database, going: Reparse, rereader: Rereader, place: Place, known: Known) -> None:
    """Parse one subject again; if it is damaged, only report it."""
    phase, id_ = place
    try:
        with attempt(db), translated(Path(f"{_ID_COLUMNS[phase]} {id_}")):
            rereader.read(_subject(place), known)
    except DamagedArchive as error:
        going.damaged.append(str(error))


def _count(going: Reparse, done: Reparsed | DamagedArchive) -> None:
    if isinstance(done, DamagedArchive):
        going.damaged.append(str(done))
    else:
        going.found += done.counts
        going.lost += done.lost


def _note(db: Database, going: Reparse, phase: str, place: int) -> None:
    result = json.dumps(going.found, ensure_ascii=False)
    progress = {"phase": phase, "cursor": place, "done_count": going.done, "result": result}
    db.table("reparses").update(going.id, progress)


def finish(db: Database, going: Reparse, *, at: datetime) -> None:
    """Record the end of a reparse, and accept the layout changes of sources."""
    with transaction(db):
        db.table("reparses").update(going.id, {"finished_at": stamp(at)})
        source_stats.exclude_from_baseline(db)


def unreadable(db: Database) -> int:
    """Return the number of captures that cannot be parsed."""
    condition = "outcome <> 'ok' AND outcome = ?"  # uses the index
    return db["captures"].count_where(condition, [Outcome.UNREADABLE.value])
