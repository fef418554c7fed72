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
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Outcome
from archive.store.db.transactions import transaction
from archive.store.frontier import discovery
from archive.store.rederivation.change_writer import WrittenChanges
from archive.store.rederivation.deriving_ahead import (
    MAX_SUBJECTS,
    DerivedBatch,
    Elsewhere,
    SubjectDeriver,
    batches,
)
from archive.store.rederivation.stored import Subject
from archive.store.rederivation.subject_changes import LostCapture
from archive.store.runs import source_stats
from archive.timestamps import stamp
from archive.worker_processes import ONE_PROCESS, Workers

_BEFORE_FIRST_ID = -(2**62)

# The phases, the ids that each goes through after ``:place``, and how many captures are read for each.
# Pages with an article number come first, so that pages without one find their article.
PHASES = {
    "articles": """
        SELECT id, sum(captures) AS captures FROM (
          SELECT article_id AS id, count(*) AS captures FROM captures WHERE article_id > max(:place, 0)
          GROUP BY article_id
          UNION ALL
          SELECT number, 1 FROM pages p WHERE kind = 'article' AND number > :place AND EXISTS
            (SELECT 1 FROM captures WHERE article_id IS NULL AND page_id = p.id AND payload_id IS NOT NULL)
        ) GROUP BY id
    """,
    "provisional": """
        SELECT article_id AS id, count(*) AS captures FROM captures
        WHERE article_id > :place AND article_id < 0 GROUP BY article_id
    """,
    "menus": """
        SELECT id, 1 AS captures FROM pages p WHERE kind <> 'article' AND id > :place AND EXISTS
          (SELECT 1 FROM captures WHERE article_id IS NULL AND page_id = p.id AND payload_id IS NOT NULL)
    """,
    "unnumbered": """
        SELECT id, 1 AS captures FROM captures WHERE article_id IS NULL AND page_id IS NULL
        AND payload_id IS NOT NULL AND id > :place
    """,
}
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
    deriver: SubjectDeriver
    waiting: Iterator[DerivedBatch]
    lost: list[LostCapture] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def begin(
    db: Database,
    path: Path,
    *,
    at: datetime,
    restart: bool = False,
    workers: Workers = ONE_PROCESS,
    elsewhere: Elsewhere | None = None,
    step_size: int = MAX_SUBJECTS,
) -> Reparse:
    """Resume an interrupted reparse if there is one, unless ``restart``; else begin one.

    ``workers`` read, or others ``elsewhere``; this process writes. A step derives at most ``step_size``
    articles or menus.
    """
    row = _interrupted(db)
    if row is None or restart or row.phase not in PHASES:  # of another release, or damaged
        row = _new(db, at)
    left = _count_left(db, row.phase, row.cursor)
    deriver = SubjectDeriver(db, path, discovery.discover, workers.for_tasks(left), elsewhere)
    subjects = ((_subject(place), captures) for place, captures in _left(db, row.phase, row.cursor))
    return Reparse(
        id=row.id,
        done=row.done_count,
        found=Counter(json.loads(row.result)),
        resumed=row.done_count > 0,
        total=row.done_count + left,
        deriver=deriver,
        waiting=deriver.derived(batches(subjects, most=step_size)),
    )


def is_due(db: Database) -> bool:
    """Return whether a reparse was stopped before its end."""
    return _interrupted(db) is not None


class _Progress(NamedTuple):
    """The columns of a reparse that has not ended."""

    id: int
    phase: str
    cursor: int
    done_count: int
    result: str


def _interrupted(db: Database) -> _Progress | None:
    """Return the latest reparse if it has not ended."""
    row = db.execute(_INTERRUPTED).fetchone()
    return row and _Progress._make(row)


_INTERRUPTED = """
SELECT id, phase, cursor, done_count, result FROM reparses
WHERE id = (SELECT max(id) FROM reparses) AND finished_at IS NULL
"""


def _new(db: Database, at: datetime) -> _Progress:
    """Store that a reparse begins."""
    progress = {"phase": next(iter(PHASES)), "cursor": _BEFORE_FIRST_ID, "done_count": 0, "result": "{}"}
    with transaction(db):
        id_ = db.table("reparses").insert({"started_at": stamp(at), **progress}).last_pk
    return _Progress._make([id_, *progress.values()])


def _subject(place: Place) -> Subject:
    phase, id_ = place
    if phase == "menus":
        return Subject(page=id_)
    return Subject(capture=id_) if phase == "unnumbered" else Subject(article=id_)


def _place(subject: Subject) -> Place:
    if subject.article is not None:
        return "articles" if subject.article > 0 else "provisional", subject.article
    if subject.page is not None:
        return "menus", subject.page
    assert subject.capture is not None
    return "unnumbered", subject.capture


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


def _left(db: Database, phase: str, place: int) -> Iterator[tuple[Place, int]]:
    """Yield phases and ids in order, with the number of captures. Each phase is queried when it begins."""
    for name, begin in _phases_left(phase, place):
        query = f"SELECT id, captures FROM ({PHASES[name]}) ORDER BY id"  # noqa: S608 - ours
        rows = array("q", (value for row in db.execute(query, {"place": begin}) for value in row))
        yield from (((name, id_), captures) for id_, captures in zip(rows[::2], rows[1::2], strict=True))


def step(db: Database, going: Reparse) -> int:
    """Derive the next subjects again and store the progress. Returns how many; 0 at the end."""
    subjects, found = next(going.waiting, ((), ()))
    if not subjects:
        return 0
    with transaction(db):
        for done in going.deriver.write(subjects, found):
            _count(going, done)
        going.done += len(subjects)
        _note(db, going, *_place(subjects[-1]))
    return len(subjects)


def _count(going: Reparse, done: WrittenChanges | DamagedArchive) -> None:
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
