"""The parts that ``verify --budget`` checks one at a time, and in which order.

Each is small enough to be checked as a whole, so that a check that ends early leaves nothing half checked.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, zip_longest
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.data_dictionary.tables import TABLES
from archive.store.db.errors import translated
from archive.store.ingest.sections import KNOWN_SECTIONS
from archive.store.roots.tree_check import tree_months
from archive.store.soundness.faults import Fault, FaultKind
from archive.store.soundness.range_digests import ARTICLES_PER_RANGE, PAYLOADS_PER_RANGE

WHOLE = ""  # the part of a kind that is not divided
# Ids of a range by its first one: `>>` rounds down, also below zero.
_RANGE_BITS = {
    FaultKind.PAYLOADS: PAYLOADS_PER_RANGE.bit_length() - 1,
    FaultKind.ARTICLES: ARTICLES_PER_RANGE.bit_length() - 1,
}
# SQLite checks the list of free pages with its own table.
_FILE_TABLES = """
SELECT 'sqlite_schema' UNION ALL SELECT name FROM sqlite_schema
WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY 1
"""
_PAYLOAD_RANGES = "SELECT DISTINCT id >> :bits << :bits FROM payloads ORDER BY 1"
_ARTICLE_RANGES = """
SELECT id >> :bits << :bits FROM articles
UNION SELECT article_id >> :bits << :bits FROM captures WHERE article_id IS NOT NULL ORDER BY 1
"""
_PENDING_ARTICLES = "SELECT DISTINCT id >> :bits << :bits FROM pending WHERE subject = 'article'"
_PENDING_SECTIONS = "SELECT DISTINCT number FROM pages JOIN pending USING (id) WHERE subject = 'menu'"


class CheckUnit(NamedTuple):
    """A part of an archive that is checked at once; ``part_checks`` describes its name."""

    kind: FaultKind
    part: str = WHOLE

    @property
    def first_id(self) -> int:
        """The first id of a range, or the number of a section."""
        return int(self.part)


class LastCheck(NamedTuple):
    """The last check of a unit, and when it was last found sound; None: never, or in the future.

    ``is_same_file`` is False if that was in another file, of which this one is a copy. ``tried_at`` is when
    the run of the last check began, sound or not.
    """

    sound_at: str | None
    is_faulty: bool
    is_same_file: bool
    tried_at: str | None = None


def list_units(path: Path, db: Database) -> list[CheckUnit]:
    """Return all units of an archive. Of a damaged file, those that can be found."""
    with_references = [
        name for name, table in TABLES.items() if any(c.references for c in table.columns.values())
    ]
    parts: dict[FaultKind, Sequence[object]] = {
        FaultKind.FILE: _column(path, db, _FILE_TABLES),
        FaultKind.PAYLOADS: _ranges(path, db, FaultKind.PAYLOADS, _PAYLOAD_RANGES),
        FaultKind.CAPTURES: [WHOLE, *_months(path, db)],
        FaultKind.DICTIONARIES: [WHOLE],
        FaultKind.KEYS: with_references,
        FaultKind.FRONTIER: [WHOLE],
        FaultKind.ARTICLES: _ranges(path, db, FaultKind.ARTICLES, _ARTICLE_RANGES),
        FaultKind.SECTIONS: _column(path, db, KNOWN_SECTIONS),
        FaultKind.SEARCH: [WHOLE],
    }
    return [CheckUnit(kind, str(part)) for kind, found in parts.items() for part in found]


def pending_units(path: Path, db: Database) -> set[CheckUnit]:
    """Return the units in which something is not derived yet, so that they cannot be found sound."""
    articles = _ranges(path, db, FaultKind.ARTICLES, _PENDING_ARTICLES)
    sections = _column(path, db, _PENDING_SECTIONS)
    return {
        *(CheckUnit(FaultKind.ARTICLES, str(first)) for first in articles),
        *(CheckUnit(FaultKind.SECTIONS, str(number)) for number in sections),
    }


def _ranges(path: Path, db: Database, kind: FaultKind, query: str) -> list[object]:
    return _column(path, db, query, bits=_RANGE_BITS[kind])


def _column(path: Path, db: Database, query: str, **values: int) -> list[object]:
    """Return the first column of a query, up to the first damage, which the check of its table reports."""
    found = list[object]()
    with suppress(DamagedArchive), translated(path):
        found.extend(value for (value,) in db.execute(query, values))
    return found


def _months(path: Path, db: Database) -> Iterator[str]:
    with suppress(DamagedArchive), translated(path):
        yield from tree_months(db)


def unit_of(kind: FaultKind, id_: int) -> CheckUnit:
    """Return the unit of a payload, article or section."""
    bits = _RANGE_BITS.get(kind, 0)
    return CheckUnit(kind, str(id_ >> bits << bits))


def faulty_units(units: Collection[CheckUnit], faults: Sequence[Fault]) -> set[CheckUnit]:
    """Return the units that faults concern. One without an id of a row concerns all units of its kind."""
    divided = {*_RANGE_BITS, FaultKind.SECTIONS}
    named = {
        unit_of(fault.part, fault.id) for fault in faults if fault.part in divided and fault.id is not None
    }
    kinds = {fault.part for fault in faults if fault.part not in divided or fault.id is None}
    return {unit for unit in units if unit.kind in kinds or unit in named}


def in_order(units: Sequence[CheckUnit], checked: Mapping[CheckUnit, LastCheck]) -> list[CheckUnit]:
    """Return units in the order of their need for a check.

    First those never checked in this file, then those checked longest ago. Kinds take turns where that is
    equal, each at the pace at which all end together. Units with a fault alternate with the others, and
    begin: they are reported by each run, but many of them keep no other from its check.
    """
    turns = _turns(units)
    never = LastCheck(None, is_faulty=False, is_same_file=False)

    def need(unit: CheckUnit) -> tuple[bool, str, str, float]:
        last = checked.get(unit, never)
        tried = (last.tried_at or "") if last.is_same_file else ""
        return last.is_same_file, tried, last.sound_at or "", turns[unit]

    by_need = sorted(units, key=need)
    faulty = [unit for unit in by_need if checked.get(unit, never).is_faulty]
    others = [unit for unit in by_need if not checked.get(unit, never).is_faulty]
    return [unit for pair in zip_longest(faulty, others) for unit in pair if unit]


def _turns(units: Sequence[CheckUnit]) -> dict[CheckUnit, float]:
    """Return the place of each unit among those of its kind, from 0 to 1."""
    turns = dict[CheckUnit, float]()
    for _, grouped in groupby(sorted(units, key=lambda unit: unit.kind), key=lambda unit: unit.kind):
        same = list(grouped)
        turns.update((unit, (at + 0.5) / len(same)) for at, unit in enumerate(same))
    return turns
