"""``verify --budget``: check the parts of an archive one by one, those first that need it most."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db import schema_check
from archive.store.db.errors import translated
from archive.store.db.schema_check import type_errors_as_damage
from archive.store.db.transactions import snapshot
from archive.store.maintenance import verifying
from archive.store.maintenance.verifying import VerifyPlan, guarded
from archive.store.rederivation import reparsing
from archive.store.roots.added_captures import id_faults
from archive.store.roots.tree_check import month_faults, root_faults
from archive.store.soundness.check_history import file_identity, last_checks
from archive.store.soundness.check_run import READ_KINDS, CheckRun, CheckScope
from archive.store.soundness.check_units import (
    WHOLE,
    CheckUnit,
    LastCheck,
    faulty_units,
    in_order,
    list_units,
    pending_units,
    unit_of,
)
from archive.store.soundness.faults import Fault, FaultKind
from archive.store.soundness.range_checks import article_faults, payload_faults, section_faults
from archive.store.soundness.range_digests import ARTICLES_PER_RANGE, PAYLOADS_PER_RANGE
from archive.store.soundness.sound_ranges import SoundRanges

DERIVED_KINDS = (FaultKind.ARTICLES, FaultKind.SECTIONS)  # which differ after an upgrade until `reparse`
_KINDS = {kind.value: kind for kind in FaultKind}
_PAYLOADS = "SELECT id FROM payloads WHERE id BETWEEN :first AND :last ORDER BY id"
_ARTICLES = """
SELECT id FROM articles WHERE id BETWEEN :first AND :last
UNION SELECT article_id FROM captures WHERE article_id BETWEEN :first AND :last
EXCEPT SELECT id FROM pending WHERE subject = 'article' ORDER BY 1
"""


def begin_run(path: Path, db: Database, scope: CheckScope, at: str) -> CheckRun:
    """Return a run in which nothing was checked yet."""
    file = file_identity(path)
    if not schema_check.is_usable(db):
        return CheckRun(scope, file, at, [], {})
    checked = _last_checks(path, db, file, at)
    return CheckRun(scope, file, at, list_units(path, db), checked, pending_units(path, db))


def _last_checks(path: Path, db: Database, file: str, now: str) -> dict[CheckUnit, LastCheck]:
    """Return the last check of each unit; none at all if their records cannot be read."""
    with suppress(DamagedArchive), translated(path):
        return {
            CheckUnit(_KINDS[kind], part): LastCheck(sound_at, bool(faulty), bool(is_same), tried_at)
            for kind, part, sound_at, tried_at, faulty, is_same in last_checks(db.conn, file, now)
            if kind in _KINDS
        }
    return {}


def check_slice(
    path: Path, db: Database, run: CheckRun, sound: SoundRanges, clock: Callable[[], str]
) -> Iterator[CheckUnit]:
    """Check the schema, then one unit after the other; yield each once it is checked.

    The caller stops when its time is up. ``clock`` returns the time as a stamp. After an upgrade, what is
    derived is not checked until it was derived again.
    """
    run.faults.extend(guarded(path, FaultKind.SCHEMA, verifying.schema_faults(db)))
    if not schema_check.is_usable(db):
        return
    run.waits_for_reparse = reparsing.is_due(db)
    for unit in in_order(run.units, run.checked):
        if not (run.waits_for_reparse and unit.kind in DERIVED_KINDS):
            _check(path, db, unit, run, sound)
            run.note(unit, clock())
            yield unit


def _check(path: Path, db: Database, unit: CheckUnit, run: CheckRun, sound: SoundRanges) -> None:
    """Check a unit. It is not sound either if a part of it is not derived yet, or needs what is damaged."""
    is_pending = unit in pending_units(path, db)
    unchecked = len(sound.unchecked[unit.kind])
    with type_errors_as_damage(path, db):
        found = list(guarded(path, unit.kind, _CHECKS[unit.kind](db, unit, run, sound)))
    run.faults.extend(found)
    run.unchanged = sound.unchanged.total()
    if found:
        run.faulty.add(unit)
    elif is_pending or len(sound.unchecked[unit.kind]) > unchecked:
        run.unfinished.add(unit)


def _file(db: Database, unit: CheckUnit, _: CheckRun, __: SoundRanges) -> Iterator[Fault]:
    return verifying.table_faults(db, unit.part)


def _payloads(db: Database, unit: CheckUnit, run: CheckRun, sound: SoundRanges) -> Iterator[Fault]:
    ids = _ids(db, _PAYLOADS, unit, run, PAYLOADS_PER_RANGE)
    return payload_faults(db, ids, sound, _nothing)


def _captures(db: Database, unit: CheckUnit, _: CheckRun, __: SoundRanges) -> Iterator[Fault]:
    with snapshot(db):
        found = chain(id_faults(db), root_faults(db)) if unit.part == WHOLE else month_faults(db, unit.part)
        yield from (Fault(FaultKind.CAPTURES, line) for line in found)


def _dictionaries(db: Database, *_: object) -> Iterator[Fault]:
    return verifying.dictionary_faults(db)


def _keys(db: Database, unit: CheckUnit, _: CheckRun, __: SoundRanges) -> Iterator[Fault]:
    return verifying.reference_faults(db, unit.part)


def _frontier(db: Database, *_: object) -> Iterator[Fault]:
    return verifying.relation_faults(db)


def _articles(db: Database, unit: CheckUnit, run: CheckRun, sound: SoundRanges) -> Iterator[Fault]:
    ids = _ids(db, _ARTICLES, unit, run, ARTICLES_PER_RANGE)
    return article_faults(db, ids, sound, _nothing)


def _sections(db: Database, unit: CheckUnit, run: CheckRun, sound: SoundRanges) -> Iterator[Fault]:
    run.counts[unit.kind] += 1
    return section_faults(db, [unit.first_id], sound, _nothing)


def _search(db: Database, *_: object) -> Iterator[Fault]:
    return verifying.search_faults(db)


_CHECKS: dict[FaultKind, Callable[[Database, CheckUnit, CheckRun, SoundRanges], Iterator[Fault]]] = {
    FaultKind.FILE: _file,
    FaultKind.PAYLOADS: _payloads,
    FaultKind.CAPTURES: _captures,
    FaultKind.DICTIONARIES: _dictionaries,
    FaultKind.KEYS: _keys,
    FaultKind.FRONTIER: _frontier,
    FaultKind.ARTICLES: _articles,
    FaultKind.SECTIONS: _sections,
    FaultKind.SEARCH: _search,
}


def _ids(db: Database, query: str, unit: CheckUnit, run: CheckRun, size: int) -> list[int]:
    values = {"first": unit.first_id, "last": unit.first_id + size - 1}
    ids = [id_ for (id_,) in db.execute(query, values)]
    run.counts[unit.kind] += len(ids)
    return ids


def _nothing(_: int) -> None:
    """Report no progress within a unit."""


# -- Other runs of verify ---------------------------------------------------------------------------------


def note_verified(
    run: CheckRun, planned: VerifyPlan, found: list[Fault], sound: SoundRanges, at: str
) -> None:
    """Note in a run what a whole or sampled check found."""
    run.faults.extend(found)
    run.unchanged = sound.unchanged.total()
    read = (planned.payloads, planned.articles, planned.sections)
    run.counts.update({kind: len(ids) for kind, ids in zip(READ_KINDS, read, strict=True)})
    covered = _covered(run, planned)
    run.faulty.update(faulty_units(covered, found))
    unchecked = {unit_of(kind, id_) for kind in READ_KINDS for id_ in sound.unchecked[kind]}
    run.unfinished.update((unchecked & covered) - run.faulty)
    for unit in covered:
        run.note(unit, at)


def _covered(run: CheckRun, planned: VerifyPlan) -> set[CheckUnit]:
    """Return the units of which all was checked."""
    all_articles = len(planned.articles) == planned.all_articles
    articles = {unit_of(FaultKind.ARTICLES, id_) for id_ in planned.articles} if all_articles else set()
    sections = {unit_of(FaultKind.SECTIONS, number) for number in planned.sections}
    left_out = {*DERIVED_KINDS} if planned.every else {*DERIVED_KINDS, FaultKind.CAPTURES}
    others = {unit for unit in run.units if unit.kind not in left_out}
    return (others | articles | sections).intersection(run.units) - run.pending
