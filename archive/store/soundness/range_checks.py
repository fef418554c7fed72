"""Check payloads, articles and sections range by range, except ranges that were found sound before."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.progress import Advance
from archive.store.db.errors import translated
from archive.store.db.transactions import snapshot
from archive.store.ingest.deriving import readings_of
from archive.store.ingest.sections import derived_section, section_readings, stored_section
from archive.store.payloads import payloads
from archive.store.soundness.derivation_check import differences, scratch
from archive.store.soundness.faults import Fault, FaultKind
from archive.store.soundness.range_digests import (
    ARTICLES_PER_RANGE,
    PAYLOADS_PER_RANGE,
    articles_digest,
    payloads_digest,
    section_digest,
)
from archive.store.soundness.sound_ranges import SoundRanges
from archive.timestamps import display_stamp

Check = Callable[[int], str | None]  # the fault of an id, "" for none, None if it could not be checked


class _Kind(NamedTuple):
    """A part of an archive, in ranges of ``size`` ids: the query for all ids in a range, and its digest."""

    part: FaultKind
    size: int
    ids: str
    digest: Callable[[Database, bytes, int, int], bytes]


_PAYLOADS = _Kind(
    FaultKind.PAYLOADS,
    PAYLOADS_PER_RANGE,
    "SELECT id FROM payloads WHERE id BETWEEN :first AND :last ORDER BY id",
    payloads_digest,
)
_ARTICLES = _Kind(
    FaultKind.ARTICLES,
    ARTICLES_PER_RANGE,
    "SELECT id FROM articles WHERE id BETWEEN :first AND :last"
    " UNION SELECT article_id FROM captures WHERE article_id BETWEEN :first AND :last ORDER BY 1",
    articles_digest,
)
_SECTIONS = _Kind(FaultKind.SECTIONS, 1, "SELECT :first WHERE :first = :last", section_digest)


def payload_faults(db: Database, ids: Iterable[int], sound: SoundRanges, advance: Advance) -> Iterator[Fault]:
    """Yield a fault for each payload, by ascending ids, that is damaged or needs one that is."""
    damaged = dict(_faulty(db, ids, _PAYLOADS, partial(_payload_fault, db), sound, advance))
    if damaged:
        captures = {id_: row for id_, *row in db.execute(_CAPTURES, [json.dumps(list(damaged))])}
        for id_, line in damaged.items():
            where = _describe_captures(*captures.get(id_, ("", "", 0)))
            yield Fault(FaultKind.PAYLOADS, f"{line}; {where}", id_)


def _payload_fault(db: Database, payload: int) -> str:
    try:
        with translated(Path(f"payload {payload}")):
            payloads.load(db, payload)
    except DamagedArchive as error:
        return str(error)
    return ""


_CAPTURES = """
SELECT payload_id, url, min(captured_at), count(*) FROM captures
WHERE payload_id IN (SELECT value FROM json_each(?)) GROUP BY payload_id
"""


def _describe_captures(url: str, at: str, count: int) -> str:
    """Return the first capture of a payload, and how many there are."""
    first = f"it is {url} of {display_stamp(at)}"
    return (
        f"{first}, the first of {count:,} captures" if count > 1 else first if count else "no capture has it"
    )


def article_faults(db: Database, ids: Iterable[int], sound: SoundRanges, advance: Advance) -> Iterator[Fault]:
    """Yield a fault for each article, by ascending ids, whose rows are not what its captures say."""
    with scratch() as empty:
        check = partial(_article_fault, db, empty)
        for article, fault in _faulty(db, ids, _ARTICLES, check, sound, advance):
            yield Fault(FaultKind.ARTICLES, f"article {article}: {fault}", article)


def _article_fault(db: Database, empty: Database, article: int) -> str | None:
    """Return the fault of an article, None if its captures are damaged, which is reported elsewhere."""
    with suppress(DamagedArchive), translated(Path("its captures")):
        readings = readings_of(db, article)
        try:
            with translated(Path("its rows")):
                found = differences(db, article, readings, empty)
        except DamagedArchive as error:
            return str(error)
        return f"not what its captures say: {', '.join(found)}" if found else ""
    return None


def section_faults(
    db: Database, numbers: Iterable[int], sound: SoundRanges, advance: Advance
) -> Iterator[Fault]:
    """Yield a fault for each section, by ascending numbers, whose rows are not what its captures say."""
    for number, fault in _faulty(db, numbers, _SECTIONS, partial(_section_fault, db), sound, advance):
        yield Fault(FaultKind.SECTIONS, f"section {number}: {fault}", number)


def _section_fault(db: Database, number: int) -> str | None:
    """Return the fault of a section, None if its captures are damaged, which is reported elsewhere."""
    with suppress(DamagedArchive), translated(Path("its captures")):
        readings = section_readings(db, number)
        derived = derived_section(number, readings) if readings else None
        is_same = stored_section(db, number) == derived
        return "" if is_same else "its placements are not what the captures of its page say"
    return None


# -- Ranges -----------------------------------------------------------------------------------------------


def _faulty(
    db: Database, ids: Iterable[int], kind: _Kind, check: Check, sound: SoundRanges, advance: Advance
) -> Iterator[tuple[int, str]]:
    """Yield each id that has a fault, and the fault. A range is read and checked in one snapshot."""
    for at, grouped in groupby(ids, key=lambda id_: id_ // kind.size):
        part = list(grouped)
        with snapshot(db):
            digest = _digest(db, part, at * kind.size, kind, sound)
            is_known = digest is not None and sound.holds(digest)
            found = [] if is_known else [(id_, check(id_)) for id_ in part]
        if is_known:
            sound.unchanged[kind.part] += len(part)
        elif digest is not None and all(fault == "" for _, fault in found):
            sound.add(digest)
        sound.unchecked[kind.part].update(id_ for id_, fault in found if fault is None)
        yield from ((id_, fault) for id_, fault in found if fault)
        advance(len(part))


def _digest(db: Database, part: list[int], first: int, kind: _Kind, sound: SoundRanges) -> bytes | None:
    """Return the digest of a range, None if it cannot be read, or holds other ids than are to be checked."""
    if sound.program is None:
        return None
    last = first + kind.size - 1
    with suppress(DamagedArchive), translated(Path()):
        if [id_ for (id_,) in db.execute(kind.ids, {"first": first, "last": last})] == part:
            return kind.digest(db, sound.program, first, last)
    return None
