"""``verify``: find all faults of an archive, without changing it or blocking a writer."""

from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.progress import Advance
from archive.store.db import schema_check, schema_guard
from archive.store.db.errors import translated
from archive.store.db.transactions import snapshot
from archive.store.ingest.sections import KNOWN_SECTIONS
from archive.store.maintenance.frontier_check import frontier_faults
from archive.store.payloads import dictionaries
from archive.store.rederivation import pending
from archive.store.roots.added_captures import id_faults
from archive.store.roots.tree_check import tree_faults
from archive.store.search.index_check import is_index_sound
from archive.store.soundness.faults import UNREADABLE, Fault, FaultKind
from archive.store.soundness.range_checks import article_faults, payload_faults, section_faults
from archive.store.soundness.sound_ranges import SoundRanges

SAMPLED_ARTICLES = 200  # derived again in a run without --all; a new random sample each time
SAMPLED_SECTIONS = 3  # without --all; few, since each may have very many captures
MAX_INTEGRITY_LINES = 100  # of SQLite's integrity_check


@dataclass(frozen=True, slots=True)
class VerifyPlan:
    """The payloads, articles and sections, by number, to check; what is ``pending`` is left out.

    ``every``: nothing is sampled, and captures are compared with the tree over all.
    """

    payloads: "array[int]"
    articles: "array[int]"
    sections: "array[int]"
    all_articles: int
    pending: int = 0
    every: bool = False

    @property
    def total(self) -> int:
        return len(self.payloads) + len(self.articles) + len(self.sections)


def plan_verify(path: Path, db: Database, *, every: bool, sample: int = SAMPLED_ARTICLES) -> VerifyPlan:
    """Plan to check all payloads, and ``every`` article and section or a sample of them.

    Of a damaged file, what is readable is checked.
    """
    if not _is_checkable(path, db):
        return VerifyPlan(array("q"), array("q"), array("q"), 0)
    stored = array("q", sorted(_ids(path, db, "SELECT id FROM payloads")))
    articles, numbers = _ids(path, db, _ALL_ARTICLES), _ids(path, db, _ALL_SECTIONS)
    return VerifyPlan(
        stored,
        articles if every else _sample(articles, sample),
        numbers if every else _sample(numbers, SAMPLED_SECTIONS),
        len(articles),
        pending.count(db),
        every,
    )


def _sample(ids: "array[int]", size: int) -> "array[int]":
    """Return a new random sample of ids, in their order."""
    chosen = sorted(SystemRandom().sample(range(len(ids)), min(size, len(ids))))
    return array("q", (ids[at] for at in chosen))


_ALL_ARTICLES = """
SELECT id FROM articles UNION SELECT article_id FROM captures WHERE article_id IS NOT NULL
EXCEPT SELECT id FROM pending WHERE subject = 'article'
"""
_ALL_SECTIONS = f"""
SELECT number FROM ({KNOWN_SECTIONS})
EXCEPT SELECT number FROM pages WHERE id IN (SELECT id FROM pending WHERE subject = 'menu')
"""  # noqa: S608 - ours


def _ids(path: Path, db: Database, query: str) -> "array[int]":
    """Return the ids of a query up to the first damage, which the check of the file reports."""
    found = array("q")
    with suppress(DamagedArchive), translated(path):
        found.extend(id_ for (id_,) in db.execute(query))
    return found


def find_faults(
    path: Path,
    db: Database,
    planned: VerifyPlan,
    advance: Advance = lambda _: None,
    sound: SoundRanges | None = None,
) -> Iterator[Fault]:
    """Yield all faults. A part too damaged to be checked is a fault; the other parts are checked.

    Payloads, articles and sections of ``sound`` ranges are read, but not decompressed or derived again.
    """
    sound = sound or SoundRanges()
    yield from guarded(path, FaultKind.FILE, _file(db))
    yield from guarded(path, FaultKind.SCHEMA, _schema(db))
    if not _is_checkable(path, db):
        return
    parts: dict[FaultKind, Iterable[Fault]] = {
        FaultKind.PAYLOADS: payload_faults(db, planned.payloads, sound, advance),
        FaultKind.CAPTURES: _captures(db, every=planned.every),
        FaultKind.DICTIONARIES: dictionary_faults(db),
        FaultKind.KEYS: _keys(db),
        FaultKind.FRONTIER: relation_faults(db),
        FaultKind.ARTICLES: article_faults(db, planned.articles, sound, advance),
        FaultKind.SECTIONS: section_faults(db, planned.sections, sound, advance),
        FaultKind.SEARCH: search_faults(db),
    }
    for part, found in parts.items():
        yield from guarded(path, part, found)


def _is_checkable(path: Path, db: Database) -> bool:
    """Return whether all tables and columns exist and have values that this release can read."""
    with suppress(DamagedArchive), translated(path):
        return schema_check.is_usable(db) and not any(schema_check.wrong_types(db))
    return schema_check.is_usable(db)


def guarded(path: Path, part: FaultKind, found: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the faults of a part, and one more if it is too damaged to be checked completely."""
    try:
        with translated(path):
            yield from found
    except DamagedArchive as error:
        yield Fault(part, f"{UNREADABLE}{_why(error)}")


def _why(error: DamagedArchive) -> str:
    return str(error.__cause__ or error)


def _file(db: Database) -> Iterator[Fault]:
    """Yield the faults that SQLite's integrity_check finds, table by table if the file is badly damaged."""
    try:
        with translated(Path("the file")):
            yield from _check(db, str(MAX_INTEGRITY_LINES))
    except DamagedArchive:
        for (table,) in db.execute(_CHECKED_TABLES).fetchall():
            yield from table_faults(db, table)


# Without the search index, which has its own check, and whose rows are in other tables.
_CHECKED_TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)


def table_faults(db: Database, table: str) -> Iterator[Fault]:
    """Yield the faults that SQLite's integrity_check finds in the file pages of a table and its indexes."""
    try:
        with translated(Path(table)):
            name = table.replace('"', '""')
            yield from (Fault(FaultKind.FILE, f"{table}: {fault.what}") for fault in _check(db, f'"{name}"'))
    except DamagedArchive as error:
        yield Fault(FaultKind.FILE, f"{table}: {_why(error)}")


def _check(db: Database, what: str) -> Iterator[Fault]:
    for (lines,) in db.execute(f"PRAGMA integrity_check({what})"):
        faults = (line for line in lines.splitlines() if line != "ok" and not line.startswith("***"))
        yield from (Fault(FaultKind.FILE, line) for line in faults)


def schema_faults(db: Database) -> Iterator[Fault]:
    """Yield what differs from the schema of this release, and triggers that may change what is stored."""
    for difference in schema_check.differences(db):
        rest = "" if difference.is_usable else "; until it is restored nothing else is checked"
        yield Fault(FaultKind.SCHEMA, f"{difference}{rest}")
    ours = {part.name for part in schema_check.release_parts()}
    yield from (Fault(FaultKind.SCHEMA, line) for line in schema_guard.trigger_faults(db, ours))


def _schema(db: Database) -> Iterator[Fault]:
    yield from schema_faults(db)
    if schema_check.is_usable(db):
        yield from (
            Fault(FaultKind.SCHEMA, f"{line}; until it is mended nothing else is checked")
            for line in schema_check.wrong_types(db)
        )


def _captures(db: Database, *, every: bool) -> Iterator[Fault]:
    with snapshot(db):
        yield from (Fault(FaultKind.CAPTURES, line) for line in id_faults(db))
        yield from (Fault(FaultKind.CAPTURES, line) for line in (tree_faults(db) if every else ()))


def dictionary_faults(db: Database) -> Iterator[Fault]:
    """Yield a fault for each dictionary that is missing or damaged in one of its two tables."""
    for id_, table in dictionaries.find_damaged(db):
        yield Fault(FaultKind.DICTIONARIES, f"dictionary {id_} is damaged in table {table}", id_)


# -- References -------------------------------------------------------------------------------------------


def _keys(db: Database) -> Iterator[Fault]:
    yield from map(_broken_reference, db.execute("PRAGMA foreign_key_check"))


def reference_faults(db: Database, table: str) -> Iterator[Fault]:
    """Yield a fault for each reference of a table's rows to a row that is not there."""
    yield from map(_broken_reference, db.execute("SELECT * FROM pragma_foreign_key_check(?)", [table]))


def _broken_reference(row: tuple[str, int | None, str, int]) -> Fault:
    table, id_, parent, _ = row
    which = "a row" if id_ is None else f"row {id_}"
    return Fault(FaultKind.KEYS, f"{table}: {which} names a row of {parent} that is not there")


def relation_faults(db: Database) -> Iterator[Fault]:
    """Yield a fault for each row that breaks a rule between tables, or of the frontier."""
    yield from (Fault(FaultKind.FRONTIER, line) for line in frontier_faults(db))


def search_faults(db: Database) -> Iterator[Fault]:
    """Yield a fault if the search index is not what the versions say."""
    if not is_index_sound(db):
        yield Fault(FaultKind.SEARCH, "versions_fts: the search index is not what the versions say")
