"""Look up what the archive holds of the pages of a batch, and store its captures. Facts are never changed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlite_utils import Database

from archive.model import Article, Capture, Kind, Outcome, PageKey
from archive.renditions.read_capture import ParsedCapture, home_server, read_capture
from archive.store.frontier import known_pages
from archive.store.ingest import article_matching
from archive.store.ingest.deriving import LastCapture, last_capture
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A capture, and what the archive holds of its page.

    ``at`` is its stamp. ``is_first``: the archive holds no capture of the page. ``last`` is the article's
    last capture before. ``found`` is what the capture was read as, None if it was not needed yet; ``known``
    is the same capture if it is archived already.
    """

    capture: Capture
    at: str
    article: int | None
    page: int | None
    is_first: bool
    payload: int | None = None
    last: LastCapture | None = None
    found: ParsedCapture | None = None
    known: KnownCapture | None = None

    def read(self) -> ParsedCapture:
        """Return what the capture is read as."""
        return self.found or read_capture(self.capture)

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
            and home_server(last.url) == home_server(capture.url)
        )


def look_up(db: Database, captures: Sequence[Capture], parsed: Mapping[PageKey, ParsedCapture]) -> list[Fact]:
    """Return the facts of captures, of which no two are of one page; ``parsed`` is what some were read as."""
    facts = [_fact(db, capture, parsed) for capture in captures]
    articles, menus = _with_captures(db, facts)
    return [
        replace(fact, known=_original(db, fact))
        if fact.capture.key is None or fact.article in articles or fact.page in menus
        else replace(fact, is_first=True)
        for fact in facts
    ]


def _fact(
    db: Database,
    capture: Capture,
    parsed: Mapping[PageKey, ParsedCapture],
) -> Fact:
    key, found = capture.key, None
    if key:
        found = parsed.get(key)
        article = key.number if key.kind is Kind.ARTICLE else None
    else:
        found = read_capture(capture)
        article = article_matching.find_article(db, found.page) if isinstance(found.page, Article) else None
    page = known_pages.page_id(db, key) if key else None
    at = stamp(capture.captured_at)
    return Fact(capture=capture, at=at, article=article, page=page, is_first=False, found=found)


def _with_captures(db: Database, facts: Iterable[Fact]) -> tuple[set[int | None], set[int | None]]:
    """Return the articles that have captures, and the pages that have captures without an article."""
    articles = [fact.article for fact in facts if fact.article is not None]
    pages = [fact.page for fact in facts if fact.page is not None]
    return (
        {article for (article,) in db.execute(_ARTICLES_WITH_CAPTURES, [json.dumps(articles)])},
        {page for (page,) in db.execute(_PAGES_WITH_CAPTURES, [json.dumps(pages)])},
    )


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
        (fact.capture.body, partial(_like, db, fact))
        for fact in facts
        if fact.capture.body is not None and not fact.known
    ]
    ids = iter(payloads.store_all(db, bodies))
    return [fact if fact.known else _with_payload(db, fact, ids) for fact in facts]


def _with_payload(db: Database, fact: Fact, ids: Iterator[int]) -> Fact:
    if fact.capture.body is not None:
        fact = replace(fact, payload=next(ids))
    if fact.is_first:
        return fact
    last = None if fact.article is None else last_capture(db, fact.article)
    return replace(fact, known=_same_capture(db, fact), last=last)


def _like(db: Database, fact: Fact) -> int | None:
    """Return the payload most similar to a page's bytes: its latest, preferably from the same source."""
    if fact.is_first:
        return None
    for where, value in (
        ("article_id = ?", fact.article),
        ("article_id IS NULL AND page_id = ?", fact.page),
    ):
        found = db.execute(
            "SELECT payload_id FROM (SELECT payload_id, outcome, source, captured_at FROM captures"  # noqa: S608 - ours
            f" WHERE {where} ORDER BY captured_at DESC LIMIT {MAX_BASE_CANDIDATES})"
            " WHERE payload_id IS NOT NULL ORDER BY outcome <> 'ok', source <> ?, captured_at DESC LIMIT 1",
            [value, fact.capture.source],
        ).fetchone()
        if found:
            return int(found[0])
    return None


def _original(db: Database, fact: Fact) -> KnownCapture | None:
    """Return the original of a reconstructed capture, of the same instant, if it is archived."""
    capture = fact.capture
    if not capture.reconstructed:
        return None
    found = db.execute(  # a reconstructed capture has a rendition, and may have been corrected since
        "SELECT 1 FROM captures WHERE article_id = ? AND captured_at = ? AND outcome = ?"
        " AND (source <> ? OR rendition IS NULL)",
        [fact.article, fact.at, capture.outcome, capture.source],
    ).fetchone()
    return KnownCapture(capture.outcome, fact.article) if found else None


def _same_capture(db: Database, fact: Fact) -> KnownCapture | None:
    """Return the capture of the same page, source, instant and bytes, if it is archived."""
    for where, value in (
        ("article_id = ?", fact.article),
        ("article_id IS NULL AND page_id IS ?", fact.page),
    ):
        found = db.execute(
            f"SELECT outcome, article_id, problem FROM captures WHERE {where}"  # noqa: S608 - one of the two above
            " AND captured_at = ? AND source = ? AND payload_id IS ? AND (payload_id IS NOT NULL OR url = ?)",
            [value, fact.at, fact.capture.source, fact.payload, fact.capture.url],
        ).fetchone()
        if found:
            outcome = Outcome(found[0])
            return KnownCapture(outcome, found[1], found[2], outcome in PAGE_RECEIVED)
    return None
