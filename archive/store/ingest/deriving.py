"""Derive versions from captures, one article at a time, in the transaction that stores the capture.

A reading later than all others is compared only with the latest version. After any other reading, the whole
article is derived again. Both write the same rows; the first is faster.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Article, Capture
from archive.reading.history import MAX_DISTINCT_PAGES, Reading
from archive.reading.same_wording import same_wording
from archive.renditions.read_capture import home_server, read_capture
from archive.store.ingest import article_matching
from archive.store.ingest.derived_rows import (
    MAX_VERSIONS,
    DerivedRows,
    checkpoint,
    extended_version,
    latest_history,
    next_version,
    version_id,
    whole_history,
)
from archive.store.ingest.row_writer import delete_article, write
from archive.store.payloads import payloads
from archive.store.query.versions import Versions
from archive.timestamps import parse_stamp, stamp

# Captures that say whether an article is present. At one instant, a page takes precedence over its absence.
IS_DECISIVE = "outcome IN ('ok', 'absent')"
_LATEST_FIRST = "captured_at DESC, outcome DESC"


Form = tuple[int | None, str | None, str]


class LastCapture(NamedTuple):
    """The latest capture that contains an article, or says that it is gone."""

    captured_at: str
    source: str
    rendition: str | None
    url: str
    payload: int | None
    version: int | None
    outcome: str
    tied: bool  # another decisive capture has the same instant

    def is_clearly_before(self, at: str) -> bool:
        """Return whether a capture ``at`` follows this one, and no other has the same instant as this one."""
        return self.captured_at < at and not self.tied


def last_captures(db: Database, articles: Sequence[int]) -> dict[int, LastCapture]:
    """Return the last decisive capture of each article that has one."""
    found: dict[int, LastCapture] = {}
    for article, *row in db.execute(_LAST_CAPTURES, [json.dumps(articles)]):
        if article in found:
            found[article] = found[article]._replace(tied=found[article].captured_at == row[0])
        else:
            found[article] = LastCapture._make([*row, False])
    return found


_LAST_CAPTURES = f"""
SELECT value, captured_at, source, rendition, url, payload_id, version_id, outcome
FROM json_each(?) JOIN captures ON captures.id IN
  (SELECT id FROM captures WHERE article_id = value AND {IS_DECISIVE} ORDER BY {_LATEST_FIRST} LIMIT 2)
ORDER BY value, {_LATEST_FIRST}
"""  # noqa: S608 - ours


def derive(db: Database, article: int, reading: Reading, *, last: LastCapture | None) -> DerivedRows:
    """Return what a reading changes about its article. Its capture was just stored.

    ``last`` is the article's last capture before this one.
    """
    number, known = latest(db, article) if last else (0, None)
    is_latest = last is None or last.is_clearly_before(stamp(reading.captured_at))
    is_plain = last is None or (known is not None and _adds_nothing(known, reading))
    if is_latest and is_plain and known and same_wording(known, reading.article):
        return extended_version(article, number, reading)
    if adopt(db, article, reading.article) or not is_latest:
        return whole_history(article, readings_of(db, article))
    if not is_plain or number >= MAX_VERSIONS:
        return latest_history(
            article, number, _with_latest(db, article, number, reading), _before(db, article, number)
        )
    return next_version(article, number + 1, reading, known)


def _adds_nothing(known: Article, reading: Reading) -> bool:
    """Return whether a reading cannot improve a version with the same wording."""
    return reading.article.paragraphs_inferred or not known.paragraphs_inferred


def _with_latest(db: Database, article: int, number: int, reading: Reading) -> list[Reading]:
    return [*readings_of(db, article, version=version_id(article, number)), reading]


def _before(db: Database, article: int, number: int) -> list[Article]:
    """Return the versions before version ``number`` that are needed to find its edits."""
    versions = Versions(db)
    return [versions.wording(row) for row in versions.between(article, checkpoint(number), number - 1)]


def latest(db: Database, article: int) -> tuple[int, Article | None]:
    """Return the number of the latest version, and its content to compare a new reading with.

    The content is None if it is truncated, transliterated or healed: then its row does not hold all that its
    captures contain.
    """
    row = Versions(db).latest(article)
    is_partial = row.truncation_count or row.umlauts_transliterated or row.healed
    return row.number, None if is_partial else Versions(db).wording(row)


def derive_whole(db: Database, article: int) -> None:
    """Derive an article from all its captures again."""
    write(db, [whole_history(article, readings_of(db, article))])


def adopt(db: Database, article: int, said: Article) -> int | None:
    """Move the captures of an article's provisional id to its number. Return that id, None without any."""
    provisional = article_matching.find_provisional(db, said) if article > 0 else []
    if len(provisional) != 1:
        return None
    db.execute(
        "UPDATE captures SET article_id = ?, version_id = NULL WHERE article_id = ?", [article, *provisional]
    )
    delete_article(db, provisional[0])
    return provisional[0]


def forget(db: Database, article: int) -> None:
    """Delete an article that none of its captures contains any more. The captures stay."""
    db.execute("UPDATE links SET article_id = NULL WHERE article_number = ?", [article])
    db.execute("UPDATE related_articles SET related_id = NULL WHERE related_number = ?", [article])
    db.execute("UPDATE placements SET article_id = NULL WHERE article_id = ?", [article])
    delete_article(db, article)
    db.execute("UPDATE captures SET article_id = NULL WHERE article_id = ?", [article])


def exists(db: Database, article: int) -> bool:
    """Return whether an article is in the archive."""
    return db.execute("SELECT 1 FROM articles WHERE id = ?", [article]).fetchone() is not None


def readings_of(db: Database, article: int, *, version: int | None = None) -> list[Reading]:
    """Return all readings of an article, ordered by time, then by digest.

    With ``version``, the id of a version, return only its readings, of at most
    :data:`archive.reading.history.MAX_DISTINCT_PAGES` different pages. Raises :exc:`DamagedArchive` if a
    payload is missing or damaged.
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
            raise DamagedArchive(f"the payload of capture {capture} is missing")
        if form not in articles:
            if version is not None and len(articles) == MAX_DISTINCT_PAGES:
                break
            body = payloads.load(db, payload)
            stored = Capture(
                source=source, url=url, captured_at=stored_time(at), body=body, rendition=rendition
            )
            articles[form] = _article(stored)
        if (said := articles[form]) is not None:
            readings.append(Reading(captured_at=stored_time(at), capture_id=capture, article=said, form=form))
    return readings


def stored_time(at: str) -> datetime:
    """Parse the time of a stored capture. Raises :exc:`DamagedArchive` if it is invalid."""
    try:
        return parse_stamp(at)
    except ValueError as error:
        raise DamagedArchive(f"a capture has an invalid time: {at!r}") from error


def form_of(payload: int | None, rendition: str | None, url: str) -> Form:
    """Return what determines the reading of a capture: captures with the same form are parsed once."""
    return payload, rendition, home_server(url)


def _article(capture: Capture) -> Article | None:
    """Parse a stored capture. Returns None if only an earlier release could parse it."""
    page = read_capture(capture).page
    return page if isinstance(page, Article) else None
