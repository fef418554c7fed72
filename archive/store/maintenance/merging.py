"""``merge``: the union of what archives hold. Facts come over as they are; the rest is derived from them.

In steps of one transaction each. Stopped at any instant it loses the step it was at; started again it goes
over what is there already, which is quick, and on from where it was.
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
from archive.store.maintenance.foreign_archive import ForeignArchive, ForeignCapture, ForeignPage
from archive.store.maintenance.rereading import reread, reread_menu
from archive.store.maintenance.stored import Subject
from archive.store.payloads import payloads, repair
from archive.timestamps import display_stamp, parse_stamp

PAGES_PER_TRANSACTION = 20  # pages in one transaction
Row = tuple[int, int | None, int | None]  # a capture, the payload it names, and whether that is there
# What is counted, beside what becomes of articles.
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
    """The result for one archive: counts by :data:`MERGE_COUNTS`, and one line per thing that is damaged.

    ``distrusted`` are hosts of which the other trusts another certificate; that stays as it is here.
    """

    found: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    distrusted: list[str] = field(default_factory=list)

    def lose(self, what: str, why: DamagedArchive) -> None:
        self.found["damaged"] += 1
        self.lost.append(f"{what}: {why}")


def merge(db: Database, other: ForeignArchive, advance: Callable[[int], object]) -> MergeResult:
    """Add what another archive has. Pages without a number are to be filed after that: see `filing`.

    ``advance`` is told each step, after it was committed.
    """
    merged = MergeResult()
    rooms: dict[str, Callable[[], object]] = {
        "its pages": lambda: _pages(db, other, merged, advance),
        "its pages without a number": lambda: _loose(db, other, merged),
        "its certificates": lambda: _certificates(db, other, merged),
    }
    for what, room in rooms.items():
        try:
            room()
        except DamagedArchive as error:  # what else it has may be whole
            merged.lose(what, error)
    return merged


def _pages(
    db: Database, other: ForeignArchive, merged: MergeResult, advance: Callable[[int], object]
) -> None:
    for what, why in other.odd_pages():
        merged.lose(what, why)
    for pages in other.pages():
        for at in range(0, len(pages), PAGES_PER_TRANSACTION):
            step = pages[at : at + PAGES_PER_TRANSACTION]
            with transaction(db):
                for page in step:
                    _page(db, other, page, merged)
            advance(len(step))


def _page(db: Database, other: ForeignArchive, page: ForeignPage, merged: MergeResult) -> None:
    """All captures of one page, what follows from them, and when to look at it again."""
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
    except DamagedArchive as error:  # further captures of one page are lost; all others may be whole
        merged.lose(f"!{page.key.number}", error)
    if added:
        _derive(db, page.key, own, added, merged)


def _derive(db: Database, key: PageKey, page: int, added: set[int], merged: MergeResult) -> None:
    """What was captured stays, even if bytes that were damaged here before let nothing be derived of it."""
    try:
        with attempt(db):
            if key.kind is Kind.ARTICLE:
                counts = reread(db, Subject(article=key.number), discover=known_pages.add).counts
            else:
                counts = reread_menu(db, page, added, discover=known_pages.add).counts
    except DamagedArchive as error:
        merged.lose(f"!{key.number} cannot be derived anew here", error)
        return
    merged.found += Counter({name: n for name, n in counts.items() if name in DERIVATION_COUNTS})


DERIVATION_COUNTS = ("articles new", "versions new", "moved")


def _page_fact(
    db: Database,
    other: ForeignArchive,
    fact: ForeignCapture,
    page: ForeignPage,
    own: int,
    merged: MergeResult,
) -> int | None:
    """The id of the capture if it is new, or newly whole."""
    if _loses(other, fact, merged):
        return None
    values = {**fact._asdict(), "page": own, "article": page.key.number}
    row = db.execute(KNOWN, values).fetchone()
    return _add(db, other, fact, own, row, merged)


def _loses(other: ForeignArchive, fact: ForeignCapture, merged: MergeResult) -> bool:
    """Report a capture that breaks the rules for facts; return whether it does."""
    if fact.fault:
        merged.lose(f"capture {fact.id}", DamagedArchive(f"{other.path}: damaged: it {fact.fault}"))
    return bool(fact.fault)


# The very same capture, of an article or of what is none, yet or ever; also one whose bytes were lost here.
SAME = (
    "c.captured_at = :captured_at AND c.source = :source AND c.url = :url AND c.rendition IS :rendition"
    " AND (p.digest IS :digest OR c.payload_id IS NOT NULL AND p.id IS NULL)"
    " AND (:digest IS NOT NULL OR (c.outcome, c.problem) IS (:outcome, :problem))"
)
KNOWN = " UNION ALL ".join(
    "SELECT c.id, c.payload_id, p.id FROM captures c LEFT JOIN payloads p ON p.id = c.payload_id"  # noqa: S608 - ours
    f" WHERE {where} AND {SAME}"
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
        return _mend(db, other, fact, row, merged)
    try:
        body = None if fact.payload is None else other.body(fact.payload)
    except DamagedArchive as error:
        merged.lose(f"{fact.url}, {display_stamp(fact.captured_at)}", error)
        return None
    payload = None if body is None else payloads.store(db, body)
    if payload is not None and body is not None:
        merged.found["mended"] += repair.repair_damaged(db, payload, lambda: body)
    cursor = db.execute(INSERT_CAPTURE, {**fact._asdict(), "page": page, "payload": payload})
    merged.found["captures"] += 1
    return cursor.lastrowid


INSERT_CAPTURE = (
    "INSERT INTO captures (page_id, source, rendition, url, captured_at, payload_id, outcome, problem)"
    " VALUES (:page, :source, :rendition, :url, :captured_at, :payload, :outcome, :problem)"
)


def _mend(
    db: Database, other: ForeignArchive, fact: ForeignCapture, row: Row, merged: MergeResult
) -> int | None:
    """The capture if it was damaged, and no longer is."""
    capture, named, stored = row
    if named is None or fact.payload is None:
        return None
    theirs = partial(other.body, fact.payload)
    try:
        if stored is None:
            repair.replace_missing(db, capture, theirs())
        elif not repair.repair_damaged(db, stored, theirs):
            return None
    except DamagedArchive:  # of both, which `verify` tells of either
        return None
    merged.found["mended"] += 1
    return capture


# -- What has no page -------------------------------------------------------------------------------------


def _loose(db: Database, other: ForeignArchive, merged: MergeResult) -> None:
    """Captures of files that did not tell their number; nobody's for now."""
    db.execute("DROP TABLE IF EXISTS temp.loose")
    for number, facts in enumerate(other.loose()):
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
                row = db.execute(LOOSE, fact._asdict()).fetchone()
                if (id_ := _add(db, other, fact, None, row, merged)) is not None:
                    values = [id_, fact.captured_at, fact.url]
                    db.execute("INSERT OR IGNORE INTO loose VALUES (?, ?, ?)", values)


LOOSE = f"""
SELECT c.id, c.payload_id, p.id
FROM loose l JOIN captures c ON c.id = l.id LEFT JOIN payloads p ON p.id = c.payload_id
WHERE l.captured_at = :captured_at AND l.url = :url AND {SAME}
"""  # noqa: S608 - ours


# -- Whom to trust ----------------------------------------------------------------------------------------


def _certificates(db: Database, other: ForeignArchive, merged: MergeResult) -> None:
    """Servers that only the other met are trusted as it does; no less safe than to trust whoever comes."""
    with transaction(db):
        for theirs in other.certificates():
            ours = certificates.find(db, theirs.host)
            if ours and ours.fingerprint != theirs.fingerprint:
                merged.distrusted.append(theirs.host)
                continue
            merged.found["certificates"] += ours is None
            certificates.merge(db, theirs)
