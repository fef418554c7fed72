"""The stored captures of an article, a menu or an unmatched page, and how they are parsed.

Nothing is written here, so worker processes can call it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from sqlite_utils import Database

from archive.model import Capture, Kind, PageKey
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.store.ingest.deriving import Form, form_of
from archive.timestamps import parse_stamp


class Subject(NamedTuple):
    """What is derived at once: an ``article`` by its id, a menu by its ``page``, or one ``capture``.

    ``captures`` are those of a menu that were added; None: all of its captures are read.
    """

    article: int | None = None
    page: int | None = None
    capture: int | None = None
    captures: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Return how to name it in a message: ``article 6081430``."""
        what, id_ = next((what, id_) for what, id_ in zip(self._fields, self, strict=True) if id_ is not None)
        return f"{what} {id_}"


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
    problem: str | None
    version: int | None
    page: int | None

    @property
    def form(self) -> Form:
        """Return what determines the reading of the capture."""
        return form_of(self.payload, self.rendition, self.url)


class Bodies(Protocol):
    """The bytes of payloads, by id."""

    def __getitem__(self, payload: int, /) -> bytes: ...


Reads = dict[int, ParsedCapture]  # by capture


def key_of(db: Database, subject: Subject) -> PageKey | None:
    """Return the key of a subject's page, None if only its captures can identify it."""
    if subject.page is None:
        number = subject.article or 0
        return PageKey(Kind.ARTICLE, number) if number > 0 else None
    kind, number = db.execute("SELECT kind, number FROM pages WHERE id = ?", [subject.page]).fetchone()
    return PageKey(Kind(kind), number)


def stored_of(db: Database, subject: Subject, page: int | None) -> list[Stored]:
    """Return the captures of a subject that have a payload, by time. ``page`` is the id of its page."""
    if subject.capture is not None:
        where = "c.id = :capture"
    elif subject.captures is not None:
        where = "c.id IN (SELECT value FROM json_each(:captures))"
    elif subject.article is None:
        where = "c.page_id = :page AND c.article_id IS NULL"
    else:
        where = "(c.article_id = :article OR c.article_id IS NULL AND c.page_id = :page)"
    rows = db.execute(
        "SELECT c.captured_at, p.digest, c.source, c.url, c.id, p.id, c.rendition, c.outcome, c.problem,"  # noqa: S608 - ours
        " c.version_id, c.page_id"
        f" FROM captures c JOIN payloads p ON p.id = c.payload_id WHERE {where}"
        " AND c.outcome IN ('ok', 'unreadable', 'absent')",
        {
            "article": subject.article,
            "page": page,
            "capture": subject.capture,
            "captures": json.dumps(subject.captures),
        },
    )
    return sorted((Stored._make(row) for row in rows), key=lambda capture: capture[:4])


def read_all(bodies: Bodies, stored: Sequence[Stored], key: PageKey | None) -> Reads:
    """Parse captures, those of one form once. Return the results by id of capture."""
    forms = {capture.form: capture for capture in stored}
    found = dict(zip(forms, map(read_capture, _captures(bodies, forms.values(), key)), strict=True))
    return {capture.id: found[capture.form] for capture in stored}


def _captures(bodies: Bodies, stored: Iterable[Stored], key: PageKey | None) -> Iterator[Capture]:
    """Yield captures with their bytes, one at a time, since pages can be large."""
    for capture in stored:
        yield Capture(
            source=capture.source,
            url=capture.url,
            captured_at=parse_stamp(capture.captured_at),
            key=key,
            body=bodies[capture.payload],
            rendition=capture.rendition,
        )
