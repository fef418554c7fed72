"""Load the stored captures of an article, a menu or an unmatched page, and parse them.

Nothing is written here, so worker processes can call it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Capture, Kind, PageKey
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.store.frontier import known_pages
from archive.store.ingest.deriving import Form, form_of
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp


class Subject(NamedTuple):
    """The unit of a reparse: an ``article`` by its id, a menu by its ``page``, or one ``capture``."""

    article: int | None = None
    page: int | None = None
    capture: int | None = None


class Stored(NamedTuple):
    """A stored capture. Captures are ordered by time, then by digest, as readings are."""

    captured_at: str
    digest: bytes
    source: str
    url: str
    id: int
    payload: int
    rendition: str | None
    outcome: str
    version: int | None
    page: int | None

    @property
    def form(self) -> Form:
        """Return what determines the reading of the capture."""
        return form_of(self.payload, self.rendition, self.url)


Reads = dict[int, ParsedCapture]  # by capture
Known = Mapping[Form, ParsedCapture]  # captures parsed ahead, by form
NOTHING: Known = {}


def key_of(db: Database, subject: Subject) -> PageKey | None:
    """Return the key of a subject's page, None if only its captures can identify it."""
    if subject.page is None:
        number = subject.article or 0
        return PageKey(Kind.ARTICLE, number) if number > 0 else None
    kind, number = db.execute("SELECT kind, number FROM pages WHERE id = ?", [subject.page]).fetchone()
    return PageKey(Kind(kind), number)


def stored_of(db: Database, subject: Subject, key: PageKey | None) -> list[Stored]:
    """Return the captures of a subject that have a payload, ordered by time."""
    page = known_pages.page_id(db, key) if key else None
    if subject.capture is not None:
        where = "c.id = :capture"
    elif subject.article is None:
        where = "c.page_id = :page AND c.article_id IS NULL"
    else:
        where = "(c.article_id = :article OR c.article_id IS NULL AND c.page_id = :page)"
    rows = db.execute(
        "SELECT c.captured_at, p.digest, c.source, c.url, c.id, p.id, c.rendition, c.outcome, c.version_id,"  # noqa: S608
        " c.page_id"
        f" FROM captures c JOIN payloads p ON p.id = c.payload_id WHERE {where}"
        " AND c.outcome IN ('ok', 'unreadable', 'absent')",
        {"article": subject.article, "page": page, "capture": subject.capture},
    )
    return sorted((Stored._make(row) for row in rows), key=lambda capture: capture[:4])


def read_all(db: Database, stored: Sequence[Stored], key: PageKey | None, known: Known = NOTHING) -> Reads:
    """Parse captures, except those ``known``. Returns the results by id of capture."""
    found = {**known, **_read_forms(db, [capture for capture in stored if capture.form not in known], key)}
    return {capture.id: found[capture.form] for capture in stored}


def _read_forms(db: Database, stored: Sequence[Stored], key: PageKey | None) -> Known:
    """Parse captures, one per form. Returns the results by form."""
    forms = {capture.form: capture for capture in stored}
    return dict(zip(forms, map(read_capture, _captures(db, forms.values(), key)), strict=True))


def _captures(db: Database, stored: Iterable[Stored], key: PageKey | None) -> Iterator[Capture]:
    """Yield captures with their bytes, one at a time, since pages can be large."""
    for capture in stored:
        yield Capture(
            source=capture.source,
            url=capture.url,
            captured_at=parse_stamp(capture.captured_at),
            key=key,
            body=payloads.load(db, capture.payload),
            rendition=capture.rendition,
        )


def read_ahead(db: Database, subject: Subject) -> Known:
    """Parse the captures of an article for :func:`.rereading.reread`.

    Menus are skipped: sending their many links between processes takes longer than parsing them.
    """
    if subject.page is not None:
        return NOTHING
    key = key_of(db, subject)
    return _read_forms(db, stored_of(db, subject, key), key)
