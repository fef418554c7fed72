"""Captures → versions, one article at a time, in the transaction that stores the capture.

A reading later than all before it is compared with the latest version alone; any other has the whole
article derived anew. Both give the same rows: the second is the definition, the first is quick.
"""

from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Article, Capture
from archive.reading.history import MAX_DISTINCT_PAGES, Reading
from archive.reading.same_wording import same_wording
from archive.renditions.read_capture import home_server, read_capture
from archive.store.ingest import article_matching, derived_rows
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp, stamp

# Captures that tell something of an article. Of one instant, a page outweighs its absence.
TELLING = "outcome IN ('ok', 'absent')"
LATEST_FIRST = "captured_at DESC, outcome DESC"


Form = tuple[int | None, str | None, str]


class Last(NamedTuple):
    """The latest capture that tells how an article reads, or that it is not there."""

    captured_at: str
    source: str
    rendition: str | None
    url: str
    payload: int | None
    version: int | None
    outcome: str
    tied: bool  # another one of the same instant tells something too

    def is_alone_before(self, at: str) -> bool:
        """Whether what comes ``at`` is later than all that is known, and it is plain what came last."""
        return self.captured_at < at and not self.tied


def last_capture(db: Database, article: int) -> Last | None:
    """None if the archive has no reading of the article."""
    found = db.execute(
        "SELECT captured_at, source, rendition, url, payload_id, version_id, outcome FROM captures"  # noqa: S608 - ours
        f" WHERE article_id = ? AND {TELLING} ORDER BY {LATEST_FIRST} LIMIT 2",
        [article],
    ).fetchall()
    if not found:
        return None
    tied = len(found) > 1 and found[1][0] == found[0][0]
    return Last._make([*found[0], tied])


def derive(db: Database, article: int, reading: Reading, *, last: Last | None) -> int | None:
    """Bring an article up to a reading whose capture was just stored; the version it began, if any.

    ``last`` is the article's last capture before this one.
    """
    number, known = derived_rows.latest(db, article) if last else (0, None)
    is_latest = last is None or last.is_alone_before(stamp(reading.captured_at))
    is_plain = last is None or (known is not None and _adds_nothing(known, reading))
    if is_latest and is_plain and known and same_wording(known, reading.article):
        derived_rows.extend_version(db, article, number, reading)
        return None
    if adopt(db, article, reading.article) or not is_latest:
        return derive_whole(db, article, reading.capture_id)
    if not is_plain or number >= derived_rows.MOST_VERSIONS:
        told = [*readings_of(db, article, version=derived_rows.version_id(article, number)), reading]
        return derived_rows.write_latest(db, article, number, told)
    derived_rows.append_version(db, article, number + 1, reading, known)
    return number + 1


def _adds_nothing(known: Article, reading: Reading) -> bool:
    """Whether a reading of a wording that is known cannot make it any better."""
    return reading.article.paragraphs_inferred or not known.paragraphs_inferred


def derive_whole(db: Database, article: int, capture: int) -> int | None:
    """Derive an article from all its captures; the number of the version that ``capture`` began, if any."""
    history = derived_rows.write_history(db, article, readings_of(db, article))
    begun = (number for number, version in enumerate(history, start=1) if version.capture_ids[0] == capture)
    return next(begun, None)


def adopt(db: Database, article: int, said: Article) -> bool:
    """Take over what was filed under a provisional id until now; whether there was any."""
    provisional = article_matching.find_provisional(db, said) if article > 0 else []
    if len(provisional) != 1:
        return False
    db.execute(
        "UPDATE captures SET article_id = ?, version_id = NULL WHERE article_id = ?", [article, *provisional]
    )
    derived_rows.forget_article(db, provisional[0])
    return True


def forget(db: Database, article: int) -> None:
    """It is none any more; its captures wait for a better parser, as those of a page never read do."""
    db.execute("UPDATE links SET article_id = NULL WHERE article_number = ?", [article])
    db.execute("UPDATE related_articles SET related_id = NULL WHERE related_number = ?", [article])
    derived_rows.forget_article(db, article)
    db.execute("UPDATE captures SET article_id = NULL WHERE article_id = ?", [article])


def exists(db: Database, article: int) -> bool:
    """Whether there is such an article."""
    return db.execute("SELECT 1 FROM articles WHERE id = ?", [article]).fetchone() is not None


def readings_of(db: Database, article: int, *, version: int | None = None) -> list[Reading]:
    """All readings of an article in order of time; those of one instant in the order of their digests.

    With ``version``, the id of one, only its readings up to the number of different pages that count
    (:data:`archive.reading.history.MAX_DISTINCT_PAGES`). Raises :exc:`DamagedArchive` if the bytes of one are
    missing, or not what was stored.
    """
    where, value = ("c.article_id = ?", article) if version is None else ("c.version_id = ?", version)
    rows = db.execute(
        "SELECT c.id, c.captured_at, p.id, c.source, c.rendition, c.url FROM captures c"  # noqa: S608 - ours
        f" LEFT JOIN payloads p ON p.id = c.payload_id WHERE {where} AND c.outcome = 'ok'"
        " ORDER BY c.captured_at, p.digest, c.source, c.url",
        [value],
    ).fetchall()
    articles: dict[Form, Article | None] = {}
    readings = []
    for capture, at, payload, source, rendition, url in rows:
        form = form_of(payload, rendition, url)
        if payload is None:
            raise DamagedArchive(f"the page of capture {capture} is not there")
        if form not in articles:
            if version is not None and len(articles) == MAX_DISTINCT_PAGES:
                break
            body = payloads.load(db, payload)
            stored = Capture(
                source=source, url=url, captured_at=parse_stamp(at), body=body, rendition=rendition
            )
            articles[form] = _article(stored)
        if (said := articles[form]) is not None:
            readings.append(Reading(captured_at=parse_stamp(at), capture_id=capture, article=said, form=form))
    return readings


def form_of(payload: int | None, rendition: str | None, url: str) -> Form:
    """What the reading of a capture depends on."""
    return payload, rendition, home_server(url)


def _article(capture: Capture) -> Article | None:
    """What a stored capture says; None if an earlier release could read it and this one cannot."""
    page = read_capture(capture).page
    return page if isinstance(page, Article) else None
