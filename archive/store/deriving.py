"""Captures → versions, one article at a time, in the transaction that stores the capture.

A reading later than all before it is compared with the latest version alone; any other has the whole
article derived anew. Both give the same rows: the second is the definition, the first is quick.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from sqlite_utils import Database

from archive.errors import AbsentError, PageError
from archive.model import Article, Capture, Outcome, Page
from archive.reading import Reading, same_wording
from archive.renditions.pages import read_page
from archive.store import identity, payloads, versions
from archive.store.times import moment, stamp

GOPHER = frozenset({"gopher", "gophers"})
HOME = "taz.de:70"


class Read(NamedTuple):
    """What a capture turned out to be: a page, or the problem with it."""

    page: Page | None
    outcome: Outcome
    problem: str | None = None


class Last(NamedTuple):
    """The latest capture that tells how an article reads, or that it is not there."""

    captured_at: str
    source: str
    rendition: str | None
    payload: int | None
    version: int | None
    outcome: str


def read(capture: Capture) -> Read:
    """Parse a capture. What is wrong with the page is returned, not raised."""
    if capture.outcome is not Outcome.OK or capture.body is None:
        return Read(None, capture.outcome, capture.problem)
    try:
        page = read_page(capture.body, key=capture.key, rendition=capture.rendition, home=_home(capture.url))
    except AbsentError as error:
        return Read(None, Outcome.ABSENT, str(error))
    except PageError as error:
        return Read(None, Outcome.UNREADABLE, str(error))
    return Read(page, Outcome.OK)


def _home(url: str) -> str:
    """The ``host:port`` that a captured page's own links lead to."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 70}" if parts.scheme in GOPHER else HOME


def last_capture(db: Database, article: int) -> Last | None:
    """None if the archive has no reading of the article."""
    found = db.execute(
        "SELECT captured_at, source, rendition, payload, version, outcome FROM captures"
        " WHERE article = ? AND outcome IN ('ok', 'absent') ORDER BY captured_at DESC, outcome DESC LIMIT 1",
        [article],
    ).fetchone()
    return found and Last(*found)


def derive(db: Database, article: int, reading: Reading, *, last: Last | None) -> int | None:
    """Bring an article up to a reading whose capture was just stored; the version it began, if any.

    ``last`` is the article's last capture before this one.
    """
    if last is None and not _adopt(db, article, reading.article):
        versions.append_version(db, article, 1, reading)
        return 1
    if last is None or last.captured_at >= stamp(reading.at) or reading.article.cuts:
        return derive_whole(db, article, reading.capture)
    number, known = versions.latest(db, article)
    if known is None or number >= versions.MOST_VERSIONS:
        return derive_whole(db, article, reading.capture)
    if same_wording(known, reading.article):
        versions.extend_version(db, article, number, reading)
        return None
    versions.append_version(db, article, number + 1, reading)
    return number + 1


def derive_whole(db: Database, article: int, capture: int | None = None) -> int | None:
    """Derive an article from all its captures; the number of the version that ``capture`` began, if any."""
    history = versions.write_history(db, article, _readings(db, article))
    begun = (number for number, version in enumerate(history, start=1) if version.captures[0] == capture)
    return next(begun, None)


def _adopt(db: Database, article: int, said: Article) -> bool:
    """Take over what was filed under a provisional id until now; whether there was any."""
    provisional = identity.find_provisional(db, said) if article > 0 else []
    for number in provisional:
        db.execute("UPDATE captures SET article = ?, version = NULL WHERE article = ?", [article, number])
        versions.forget_article(db, number)
    return bool(provisional)


def _readings(db: Database, article: int) -> list[Reading]:
    """All readings of an article in order of time; those of one instant in the order of their digests."""
    rows = db.execute(
        "SELECT c.id, c.captured_at, c.payload, c.source, c.rendition, c.url FROM captures c"
        " JOIN payloads p ON p.id = c.payload WHERE c.article = ? AND c.outcome = 'ok'"
        " ORDER BY c.captured_at, p.digest, c.source, c.url",
        [article],
    ).fetchall()
    articles: dict[tuple[object, ...], Article] = {}
    readings = []
    for capture, at, payload, source, rendition, url in rows:
        form = (payload, rendition, _home(url))
        if form not in articles:
            body = payloads.get(db, payload)
            stored = Capture(source=source, url=url, captured_at=moment(at), body=body, rendition=rendition)
            articles[form] = _article(stored)
        readings.append(Reading(at=moment(at), capture=capture, article=articles[form]))
    return readings


def _article(capture: Capture) -> Article:
    page = read(capture).page
    assert isinstance(page, Article), "a capture that was read once is read again"
    return page
