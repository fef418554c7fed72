"""Look up what the archive holds of the pages of a batch, and store its captures. Facts are never changed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.model import Article, Capture, Kind, Outcome, PageKey
from archive.renditions.read_capture import ParsedCapture, home_server, read_capture
from archive.store.frontier import known_pages
from archive.store.ingest import article_matching
from archive.store.ingest.deriving import LastCapture, last_captures
from archive.store.ingest.prepared import CaptureAhead, PreparedCapture
from archive.store.payloads import payloads
from archive.timestamps import stamp

PAGE_RECEIVED = (Outcome.OK, Outcome.UNREADABLE)
MAX_BASE_CANDIDATES = 10  # latest captures of a page among which a base is chosen


@dataclass(frozen=True, slots=True)
class KnownCapture:
    """The row of a capture that is archived already."""

    outcome: Outcome
    article: int | None
    problem: str | None = None
    repeated: bool = False


class Fact(NamedTuple):
    """A capture, and what the archive holds of its page.

    ``at`` is its stamp. ``prepared`` is what was worked out ahead of the capture, if anything was.
    ``has_article``: captures of the article are archived; ``has_page``: captures of the page that belong to
    no article may be. ``last`` is the article's last capture before; ``known`` is the same capture if it is
    archived already.
    """

    capture: Capture
    at: str
    article: int | None
    page: int | None
    prepared: PreparedCapture | None
    has_article: bool = False
    has_page: bool = False
    payload: int | None = None
    last: LastCapture | None = None
    known: KnownCapture | None = None

    @property
    def is_first(self) -> bool:
        """Whether the archive holds no capture of the page."""
        return not (self.has_article or self.has_page)

    def read(self) -> ParsedCapture:
        """Return what the capture is read as."""
        return self.prepared.found if self.prepared else read_capture(self.capture)

    @property
    def repeats_last(self) -> bool:
        """Whether it repeats the article's last capture: the same bytes from the same source, later."""
        capture, last = self.capture, self.last
        return (
            last is not None
            and last.version is not None
            and capture.outcome is Outcome.OK
            and last.outcome == Outcome.OK.value
            and last.is_clearly_before(self.at)
            and (last.payload, last.source, last.rendition)
            == (self.payload, capture.source, capture.rendition)
            and (last.url == capture.url or home_server(last.url) == home_server(capture.url))
        )


def look_up(db: Database, captures: Sequence[CaptureAhead]) -> list[Fact]:
    """Return the facts of captures, of which no two are of one page."""
    pages = known_pages.page_rows(db, "id", [capture.key for capture, _ in captures if capture.key])
    places = [_place(db, capture, prepared, pages) for capture, prepared in captures]
    articles = _with_captures(db, _ARTICLES_WITH_CAPTURES, [place.article for place in places])
    menus = _with_captures(db, _PAGES_WITH_CAPTURES, [place.page for place in places])
    facts = [
        Fact(
            capture=capture,
            at=stamp(capture.captured_at),
            article=article,
            page=page,
            prepared=prepared,
            has_article=article in articles,
            has_page=capture.key is None or page in menus,
        )
        for (capture, _), (article, page, prepared) in zip(captures, places, strict=True)
    ]
    return [_with_original(db, fact) if fact.capture.reconstructed else fact for fact in facts]


class _Place(NamedTuple):
    """Where a capture belongs, and what was prepared of it, maybe to find that out."""

    article: int | None
    page: int | None
    prepared: PreparedCapture | None


def _place(
    db: Database,
    capture: Capture,
    prepared: PreparedCapture | None,
    pages: Mapping[PageKey, Sequence[Any]],
) -> _Place:
    key = capture.key
    if key:
        (page,) = pages.get(key, (None,))
        return _Place(key.number if key.kind is Kind.ARTICLE else None, page, prepared)
    prepared = prepared or PreparedCapture(read_capture(capture))
    said = prepared.found.page
    article = article_matching.find_article(db, said) if isinstance(said, Article) else None
    return _Place(article, None, prepared)


def _with_captures(db: Database, query: str, ids: Iterable[int | None]) -> set[int | None]:
    """Return the articles or pages that have captures."""
    known = [id_ for id_ in ids if id_ is not None]
    return {id_ for (id_,) in db.execute(query, [json.dumps(known)])}


_ARTICLES_WITH_CAPTURES = (
    "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM captures WHERE article_id = value)"
)
_PAGES_WITH_CAPTURES = (
    "SELECT value FROM json_each(?) WHERE EXISTS"
    " (SELECT 1 FROM captures WHERE article_id IS NULL AND page_id = value)"
)


def store_payloads(db: Database, facts: Sequence[Fact]) -> list[Fact]:
    """Store the bytes of captures that are not known. Return all facts, with their payloads."""
    bodies = [
        payloads.PageBytes(
            fact.capture.body, partial(_like, db, fact), fact.prepared and fact.prepared.payload
        )
        for fact in facts
        if fact.capture.body is not None and not fact.known
    ]
    ids = iter(payloads.store_all(db, bodies))
    lasts = last_captures(
        db, [fact.article for fact in facts if fact.article is not None and fact.has_article]
    )
    return [fact if fact.known else _with_payload(db, fact, ids, lasts) for fact in facts]


def _with_payload(db: Database, fact: Fact, ids: Iterator[int], lasts: Mapping[int, LastCapture]) -> Fact:
    payload = None if fact.capture.body is None else next(ids)
    if fact.is_first:
        return fact._replace(payload=payload)
    last = None if fact.article is None else lasts.get(fact.article)
    return fact._replace(payload=payload, last=last, known=_same_capture(db, fact, payload))


def _like(db: Database, fact: Fact) -> int | None:
    """Return the payload most similar to a page's bytes: its latest, preferably from the same source."""
    for where, value in _places(fact):
        if value is None:
            continue
        found = db.execute(
            "SELECT payload_id FROM (SELECT payload_id, outcome, source, captured_at FROM captures"  # noqa: S608 - ours
            f" WHERE {where} ORDER BY captured_at DESC LIMIT {MAX_BASE_CANDIDATES})"
            " WHERE payload_id IS NOT NULL ORDER BY outcome <> 'ok', source <> ?, captured_at DESC LIMIT 1",
            [value, fact.capture.source],
        ).fetchone()
        if found:
            return int(found[0])
    return None


def _places(fact: Fact) -> Iterator[tuple[str, int | None]]:
    """Yield where captures of a page may be, as a condition with one parameter, and the parameter."""
    if fact.has_article:
        yield "article_id = ?", fact.article
    if fact.has_page:
        yield "article_id IS NULL AND page_id IS ?", fact.page


def _with_original(db: Database, fact: Fact) -> Fact:
    """Note that the original of a reconstructed capture, of the same instant, is archived."""
    capture = fact.capture
    found = db.execute(  # a reconstructed capture has a rendition, and may have been corrected since
        "SELECT 1 FROM captures WHERE article_id = ? AND captured_at = ? AND outcome = ?"
        " AND (source <> ? OR rendition IS NULL)",
        [fact.article, fact.at, capture.outcome, capture.source],
    ).fetchone()
    return fact._replace(known=KnownCapture(capture.outcome, fact.article)) if found else fact


def _same_capture(db: Database, fact: Fact, payload: int | None) -> KnownCapture | None:
    """Return the capture of the same page, source, instant and bytes, if it is archived."""
    for where, value in _places(fact):
        found = db.execute(
            f"SELECT outcome, article_id, problem FROM captures WHERE {where}"  # noqa: S608 - one of two
            " AND captured_at = ? AND source = ? AND payload_id IS ? AND (payload_id IS NOT NULL OR url = ?)",
            [value, fact.at, fact.capture.source, payload, fact.capture.url],
        ).fetchone()
        if found:
            outcome = Outcome(found[0])
            return KnownCapture(outcome, found[1], found[2], outcome in PAGE_RECEIVED)
    return None
