"""``merge``: the union of several archives. Facts are copied set by set; what follows is marked as pending.

Each step is one transaction. An interrupted merge loses at most one step; when it is started again, it skips
what is merged already.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import PageKey
from archive.progress import Advance
from archive.store.db.transactions import transaction
from archive.store.frontier import certificates, known_pages
from archive.store.frontier.known_pages import page_rows
from archive.store.maintenance.differing_pages import choosing_differing
from archive.store.maintenance.foreign_archive import ForeignArchive, ForeignCapture, ForeignPage
from archive.store.maintenance.merged_captures import CaptureMerger, MergeResult, PageCapture

CAPTURES_PER_TRANSACTION = 200
MERGE_COUNTS = (
    "captures",
    "known",
    "damaged",
    "mended",
    "pages",
    "certificates",
    "articles new",
    "versions new",
    "moved",
)


def merge(db: Database, other: ForeignArchive, advance: Advance) -> MergeResult:
    """Merge the facts of another archive. What follows from them is pending: see :mod:`.pending`.

    ``advance`` is called with the number of pages after each commit.
    """
    merged = MergeResult()
    merger = CaptureMerger(db, other, merged)
    steps: dict[str, Callable[[], object]] = {
        "its pages": lambda: _pages(db, other, merger, merged, advance),
        "its pages without a number": lambda: _captures_without_page(db, other, merger),
        "its certificates": lambda: _certificates(db, other, merged),
    }
    for what, step in steps.items():
        try:
            step()
        except DamagedArchive as error:  # other parts may be intact
            merged.lose(what, error)
    return merged


# -- Pages ------------------------------------------------------------------------------------------------


@dataclass
class _Step:
    """What one transaction merges: captures with their pages, and pages that have no further captures."""

    captures: list[tuple[ForeignPage, ForeignCapture]] = field(default_factory=list)
    pages: list[ForeignPage] = field(default_factory=list)


def _pages(
    db: Database, other: ForeignArchive, merger: CaptureMerger, merged: MergeResult, advance: Advance
) -> None:
    for what, why in other.invalid_pages():
        merged.lose(what, why)

    def skip(pages: int, captures: int) -> None:
        merged.found["known"] += captures
        advance(pages)

    with choosing_differing(db, other, skip) as choose:
        for pages in other.pages(choose):
            ids = _add_pages(db, pages, merged)
            for step in _steps(other, pages, merged):
                with transaction(db):
                    merger.merge([PageCapture(fact, page.key, ids[page.key]) for page, fact in step.captures])
                    known_pages.merge(db, step.pages)
                advance(len(step.pages))


def _add_pages(db: Database, pages: Sequence[ForeignPage], merged: MergeResult) -> dict[PageKey, int]:
    """Add pages to the frontier. Return the ids of all."""
    keys = [page.key for page in pages]
    with transaction(db):
        known = page_rows(db, "id", keys)
        known_pages.add_each(db, [(page.key, page.discovered_at) for page in pages])
        ids = {key: id_ for key, (id_,) in page_rows(db, "id", keys).items()}
    merged.found["pages"] += len(ids) - len(known)
    return ids


def _steps(other: ForeignArchive, pages: Sequence[ForeignPage], merged: MergeResult) -> Iterator[_Step]:
    step = _Step()
    for page in pages:
        try:
            for fact in other.captures_of(page):
                if len(step.captures) == CAPTURES_PER_TRANSACTION:
                    yield step
                    step = _Step()
                step.captures.append((page, fact))
            step.pages.append(page)
        except DamagedArchive as error:  # further captures of this page are lost
            merged.lose(f"!{page.key.number}", error)
    yield step


# -- Captures without page --------------------------------------------------------------------------------


def _captures_without_page(db: Database, other: ForeignArchive, merger: CaptureMerger) -> None:
    """Merge captures of files without an article number; they are matched to articles later."""
    db.execute("DROP TABLE IF EXISTS temp.unnumbered")
    for number, facts in enumerate(other.captures_without_page()):
        if number == 0:  # few archives have any
            _list_unnumbered(db)
        with transaction(db):
            added = merger.merge([PageCapture(fact) for fact in facts])
            rows = [(id_, fact.captured_at, fact.url) for id_, fact in added]
            db.conn.executemany("INSERT INTO temp.unnumbered VALUES (?, ?, ?)", rows)


def _list_unnumbered(db: Database) -> None:
    """List the captures without a page, which have no index of their own."""
    db.execute("CREATE TEMP TABLE unnumbered (id INTEGER PRIMARY KEY, captured_at, url)")
    with transaction(db):
        db.execute(
            "INSERT INTO unnumbered SELECT id, captured_at, url FROM main.captures WHERE page_id IS NULL"
        )
    db.execute("CREATE INDEX temp.unnumbered_time ON unnumbered (captured_at, url)")


# -- Certificates -----------------------------------------------------------------------------------------


def _certificates(db: Database, other: ForeignArchive, merged: MergeResult) -> None:
    """Merge certificates. For hosts new to this archive, this is as safe as trust on first use."""
    with transaction(db):
        for theirs in other.certificates():
            ours = certificates.find(db, theirs.host)
            if ours and ours.fingerprint != theirs.fingerprint:
                merged.distrusted.append(theirs.host)
                continue
            merged.found["certificates"] += ours is None
            certificates.merge(db, theirs)
