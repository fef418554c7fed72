"""``merge``: the union of several archives. Facts are copied; the rest is derived from them.

Each step is one transaction. An interrupted merge loses at most one step; when it is started again, it skips
what is merged already.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Kind, PageKey
from archive.store.db.transactions import attempt, transaction
from archive.store.frontier import certificates, known_pages
from archive.store.maintenance.differing_pages import choosing_differing
from archive.store.maintenance.foreign_archive import ForeignArchive, ForeignCapture, ForeignPage
from archive.store.payloads import payloads, repair
from archive.store.reparse.rereading import Rereader, reread_menu
from archive.store.reparse.stored import Subject
from archive.timestamps import display_stamp, parse_stamp

PAGES_PER_TRANSACTION = 20
# The id of a capture, its payload_id, and the id of its payload if that exists.
Row = tuple[int, int | None, int | None]
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


@dataclass
class MergeResult:
    """The result for one archive: counts by :data:`MERGE_COUNTS`, and a line per damaged item.

    ``distrusted`` are hosts for which the other archive trusts another certificate; this archive's is kept.
    """

    found: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    distrusted: list[str] = field(default_factory=list)

    def lose(self, what: str, why: DamagedArchive) -> None:
        self.found["damaged"] += 1
        self.lost.append(f"{what}: {why}")


def merge(db: Database, other: ForeignArchive, advance: Callable[[int], object]) -> MergeResult:
    """Merge another archive. Pages without a number are matched later: see :mod:`.unnumbered`.

    ``advance`` is called with the number of pages after each commit.
    """
    merged = MergeResult()
    steps: dict[str, Callable[[], object]] = {
        "its pages": lambda: _pages(db, other, merged, advance),
        "its pages without a number": lambda: _captures_without_page(db, other, merged),
        "its certificates": lambda: _certificates(db, other, merged),
    }
    for what, step in steps.items():
        try:
            step()
        except DamagedArchive as error:  # other parts may be intact
            merged.lose(what, error)
    return merged


def _pages(
    db: Database, other: ForeignArchive, merged: MergeResult, advance: Callable[[int], object]
) -> None:
    for what, why in other.invalid_pages():
        merged.lose(what, why)

    def skip(pages: int, captures: int) -> None:
        merged.found["known"] += captures
        advance(pages)

    with choosing_differing(db, other, skip) as choose:
        for pages in other.pages(choose):
            for at in range(0, len(pages), PAGES_PER_TRANSACTION):
                step = pages[at : at + PAGES_PER_TRANSACTION]
                rereader = Rereader(db, known_pages.add)
                with transaction(db):
                    for page in step:
                        _page(db, other, rereader, page, merged)
                    _write(rereader, merged)
                advance(len(step))


def _page(
    db: Database, other: ForeignArchive, rereader: Rereader, page: ForeignPage, merged: MergeResult
) -> None:
    """Merge all captures of one page and its schedule, and derive its article."""
    new = known_pages.page_id(db, page.key) is None
    known_pages.add(db, [page.key], parse_stamp(page.discovered_at))
    own = known_pages.page_id(db, page.key)
    assert own is not None
    added: set[int] = set()
    try:
        for fact in other.captures_of(page):
            if (id_ := _page_fact(db, other, fact, page, own, merged)) is not None:
                added.add(id_)
        known_pages.merge(db, page.key, page)
        merged.found["pages"] += new
    except DamagedArchive as error:  # further captures of this page are lost
        merged.lose(f"!{page.key.number}", error)
    if added:
        _derive(db, rereader, page.key, own, added, merged)


def _derive(
    db: Database, rereader: Rereader, key: PageKey, page: int, added: set[int], merged: MergeResult
) -> None:
    """Derive what follows from new captures. They stay even if damaged payloads prevent that."""
    try:
        with attempt(db):
            if key.kind is Kind.ARTICLE:
                rereader.read(Subject(article=key.number))
            else:
                reread_menu(db, page, added, discover=known_pages.add)
    except DamagedArchive as error:
        merged.lose(f"!{key.number} cannot be derived again here", error)


def _write(rereader: Rereader, merged: MergeResult) -> None:
    for subject, done in rereader.write():
        if isinstance(done, DamagedArchive):
            merged.lose(f"!{subject.article} cannot be derived again here", done)
        else:
            merged.found += Counter({name: n for name, n in done.counts.items() if name in _ARTICLE_COUNTS})


_ARTICLE_COUNTS = ("articles new", "versions new", "moved")


def _page_fact(
    db: Database,
    other: ForeignArchive,
    fact: ForeignCapture,
    page: ForeignPage,
    own: int,
    merged: MergeResult,
) -> int | None:
    """Return the id of the capture if it is new or was repaired."""
    if _loses(other, fact, merged):
        return None
    values = {**fact._asdict(), "page": own, "article": page.key.number}
    row = db.execute(_KNOWN, values).fetchone()
    return _add(db, other, fact, own, row, merged)


def _loses(other: ForeignArchive, fact: ForeignCapture, merged: MergeResult) -> bool:
    """Report a capture that breaks the rules for facts; return whether it does."""
    if fact.fault:
        merged.lose(f"capture {fact.id}", DamagedArchive(f"{other.path}: damaged: it {fact.fault}"))
    return bool(fact.fault)


# The same capture, also one whose payload is missing here.
_IS_SAME = (
    "c.captured_at = :captured_at AND c.source = :source AND c.url = :url AND c.rendition IS :rendition"
    " AND (p.digest IS :digest OR c.payload_id IS NOT NULL AND p.id IS NULL)"
    " AND (:digest IS NOT NULL OR (c.outcome, c.problem) IS (:outcome, :problem))"
)
_KNOWN = " UNION ALL ".join(
    "SELECT c.id, c.payload_id, p.id FROM captures c LEFT JOIN payloads p ON p.id = c.payload_id"  # noqa: S608 - ours
    f" WHERE {where} AND {_IS_SAME}"
    for where in (
        "c.article_id = :article AND c.page_id = :page",
        "c.article_id IS NULL AND c.page_id = :page",
    )
)


def _add(
    db: Database,
    other: ForeignArchive,
    fact: ForeignCapture,
    page: int | None,
    row: Row | None,
    merged: MergeResult,
) -> int | None:
    if row:
        merged.found["known"] += 1
        return _repair(db, other, fact, row, merged)
    try:
        body = None if fact.payload is None else other.body(fact.payload)
    except DamagedArchive as error:
        merged.lose(f"{fact.url}, {display_stamp(fact.captured_at)}", error)
        return None
    payload = None if body is None else payloads.store(db, body)
    if payload is not None and body is not None:
        merged.found["mended"] += repair.repair_damaged(db, payload, lambda: body)
    cursor = db.execute(_INSERT_CAPTURE, {**fact._asdict(), "page": page, "payload": payload})
    merged.found["captures"] += 1
    return cursor.lastrowid


# Raw SQL, since merging runs it for each capture.
_INSERT_CAPTURE = (
    "INSERT INTO captures (page_id, source, rendition, url, captured_at, payload_id, outcome, problem)"
    " VALUES (:page, :source, :rendition, :url, :captured_at, :payload, :outcome, :problem)"
)


def _repair(
    db: Database, other: ForeignArchive, fact: ForeignCapture, row: Row, merged: MergeResult
) -> int | None:
    """Restore a known capture's payload from the other archive. Returns its id if that was needed."""
    capture, named, stored = row
    if named is None or fact.payload is None:
        return None
    theirs = partial(other.body, fact.payload)
    try:
        if stored is None:
            repair.replace_missing(db, capture, theirs())
        elif not repair.repair_damaged(db, stored, theirs):
            return None
    except DamagedArchive:  # in both archives; `verify` reports it
        return None
    merged.found["mended"] += 1
    return capture


# -- Captures without page --------------------------------------------------------------------------------


def _captures_without_page(db: Database, other: ForeignArchive, merged: MergeResult) -> None:
    """Merge captures of files without an article number; they are matched to articles later."""
    db.execute("DROP TABLE IF EXISTS temp.loose")
    for number, facts in enumerate(other.captures_without_page()):
        if number == 0:  # captures without a page have no index of their own; few archives have any
            db.execute("CREATE TEMP TABLE loose (id INTEGER PRIMARY KEY, captured_at, url)")
            with transaction(db):
                db.execute(
                    "INSERT INTO loose SELECT id, captured_at, url FROM main.captures WHERE page_id IS NULL"
                )
            db.execute("CREATE INDEX temp.loose_time ON loose (captured_at, url)")
        with transaction(db):
            for fact in facts:
                if _loses(other, fact, merged):
                    continue
                row = db.execute(_KNOWN_WITHOUT_PAGE, fact._asdict()).fetchone()
                if (id_ := _add(db, other, fact, None, row, merged)) is not None:
                    values = [id_, fact.captured_at, fact.url]
                    db.execute("INSERT OR IGNORE INTO loose VALUES (?, ?, ?)", values)


_KNOWN_WITHOUT_PAGE = f"""
SELECT c.id, c.payload_id, p.id
FROM loose l JOIN captures c ON c.id = l.id LEFT JOIN payloads p ON p.id = c.payload_id
WHERE l.captured_at = :captured_at AND l.url = :url AND {_IS_SAME}
"""  # noqa: S608 - ours


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
