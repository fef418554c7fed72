"""What is stored of an article, a menu or a stray page, and what today's parser says of it.

Nothing is written here, so any process may do it.
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
    """What is read anew at once: an ``article`` by its id, a menu by its ``page``, or one ``capture``."""

    article: int | None = None
    page: int | None = None
    capture: int | None = None


class Stored(NamedTuple):
    """A capture as it lies in the archive. Its order is that of readings: of one instant, by digest."""

    captured_at: str
    digest: str
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
        """What its reading depends on."""
        return form_of(self.payload, self.rendition, self.url)


Reads = dict[int, ParsedCapture]  # by capture
Known = Mapping[Form, ParsedCapture]  # by form: what was read ahead
NOTHING: Known = {}


def key_of(db: Database, subject: Subject) -> PageKey | None:
    """The page it is known to be, whatever its captures say; None if only they can tell."""
    if subject.page is None:
        number = subject.article or 0
        return PageKey(Kind.ARTICLE, number) if number > 0 else None
    kind, number = db.execute("SELECT kind, number FROM pages WHERE id = ?", [subject.page]).fetchone()
    return PageKey(Kind(kind), number)


def stored_of(db: Database, subject: Subject, key: PageKey | None) -> list[Stored]:
    """Its captures that have bytes which came in whole, in order of time."""
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
    """What today's parser says of each."""
    found = {**known, **_read_forms(db, [capture for capture in stored if capture.form not in known], key)}
    return {capture.id: found[capture.form] for capture in stored}


def _read_forms(db: Database, stored: Sequence[Stored], key: PageKey | None) -> Known:
    """The same by form, as the same bytes are parsed once."""
    forms = {capture.form: capture for capture in stored}
    return dict(zip(forms, map(read_capture, _captures(db, forms.values(), key)), strict=True))


def _captures(db: Database, stored: Iterable[Stored], key: PageKey | None) -> Iterator[Capture]:
    """Captures as they were before they were recorded, one by one: their pages can be large."""
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
    """What today's parser says of the captures of an article, for :func:`.rereading.reread`.

    Of a menu nothing: there may be very many, each with a thousand links, and to send them takes longer
    than to read them.
    """
    if subject.page is not None:
        return NOTHING
    key = key_of(db, subject)
    return _read_forms(db, stored_of(db, subject, key), key)
