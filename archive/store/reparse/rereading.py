"""Parse the stored captures of one article, menu or unmatched page again, and derive its rows again.

Parsing writes nothing; writing happens in the caller's transaction. Facts stay unchanged: the source, time
and bytes of a capture.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from sqlite_utils import Database

from archive.model import Article, Kind, Menu, Outcome, PageKey
from archive.policy.revisit import appearance_time
from archive.reading.history import Reading
from archive.reading.placements import MenuReading, read_menu
from archive.reading.title_match import titles_fit
from archive.store.frontier import discovery, known_pages, reschedule
from archive.store.ingest import article_matching, sections
from archive.store.ingest.derived_rows import whole_history
from archive.store.ingest.deriving import adopt, derive_whole, exists, forget
from archive.store.ingest.row_writer import write
from archive.store.reparse import turnover
from archive.store.reparse.stored import (
    NOTHING,
    Known,
    Reads,
    Stored,
    Subject,
    key_of,
    read_all,
    stored_of,
)
from archive.timestamps import parse_stamp

MENU_CAPTURES_PER_BATCH = 100  # limits memory: a menu can have a thousand links and very many captures


class LostCapture(NamedTuple):
    """A capture that could be parsed before, and why it cannot any more."""

    id: int
    article: int | None
    url: str
    captured_at: str
    problem: str | None


class Discover(Protocol):
    """:func:`.discovery.discover` or :func:`.known_pages.add`."""

    def __call__(self, db: Database, keys: Iterable[PageKey], at: datetime, *, by: Kind | None) -> object: ...


class Reparsed(NamedTuple):
    """The result for one subject: ``counts`` by :data:`.reparsing.REPARSE_COUNTS`, and lost captures."""

    counts: Counter[str]
    lost: list[LostCapture]


Name = tuple[str, date | None]  # title and date, which identify a page without a number


def reread(
    db: Database, subject: Subject, known: Known = NOTHING, *, discover: Discover = discovery.discover
) -> Reparsed:
    """Parse all captures of a subject again, except those ``known``, and derive its rows.

    ``discover`` adds linked pages to the frontier.
    """
    key = key_of(db, subject)
    stored = stored_of(db, subject, key)
    if key and key.kind is not Kind.ARTICLE:
        done, readings = _reread_menu(db, key, stored, discover)
        if key.kind in sections.SECTION_KINDS:
            sections.write_section(db, key.number, readings)
        return done
    reads = read_all(db, stored, key, known)
    before = turnover.wordings(db, {capture.id: capture.version for capture in stored})
    counts, lost = _note_outcomes(db, stored, reads)
    _discover(db, key, stored, reads, discover)
    counts += _derive(db, subject, key, stored, reads)
    _schedule(db, key, stored, reads)
    ids = [capture.id for capture in stored]
    counts += turnover.compare(before, turnover.wordings(db, turnover.versions_of(db, ids)))
    return Reparsed(counts, [loss._replace(article=subject.article) for loss in lost])


def reread_menu(db: Database, page: int, captures: Collection[int], *, discover: Discover) -> Reparsed:
    """Parse some captures of a menu again."""
    key = key_of(db, Subject(page=page))
    stored = [one for one in stored_of(db, Subject(page=page), key) if one.id in captures]
    done, readings = _reread_menu(db, key, stored, discover)
    if key and key.kind in sections.SECTION_KINDS:
        sections.add_readings(db, key.number, readings)
    return done


def _reread_menu(
    db: Database, key: PageKey | None, stored: Sequence[Stored], discover: Discover
) -> tuple[Reparsed, list[MenuReading]]:
    """Parse captures of a menu in batches, which need not be in memory together. Return what they say."""
    counts, lost = Counter[str](), list[LostCapture]()
    readings = list[MenuReading]()
    for at in range(0, len(stored), MENU_CAPTURES_PER_BATCH):
        some = stored[at : at + MENU_CAPTURES_PER_BATCH]
        reads = read_all(db, some, key)
        changed, gone = _note_outcomes(db, some, reads)
        counts, lost = counts + changed, lost + gone
        _discover(db, key, some, reads, discover)
        _schedule(db, key, some, reads)
        readings += _menu_readings(some, reads)
    return Reparsed(counts, lost), readings


def _menu_readings(stored: Iterable[Stored], reads: Reads) -> Iterator[MenuReading]:
    """Yield what captures of a menu say about places."""
    for capture in stored:
        page = reads[capture.id].page
        if isinstance(page, Menu) and (said := read_menu(capture.captured_at, page)):
            yield said


def _discover(
    db: Database, key: PageKey | None, stored: Iterable[Stored], reads: Reads, discover: Discover
) -> None:
    """Add the pages that captures link to."""
    for capture in stored:
        if page := reads[capture.id].page:
            discover(
                db,
                known_pages.linked_pages(page),
                parse_stamp(capture.captured_at),
                by=key.kind if key else None,
            )


# -- Writing ------------------------------------------------------------------------------------------


def _note_outcomes(
    db: Database, stored: Sequence[Stored], reads: Reads
) -> tuple[Counter[str], list[LostCapture]]:
    counts = Counter({"captures": len(stored)})
    lost = []
    for capture in stored:
        now = reads[capture.id]
        db.execute(
            "UPDATE captures SET outcome = :outcome, problem = :problem,"
            " version_id = iif(:outcome = 'ok', version_id, NULL)"
            " WHERE id = :id AND (outcome, problem) IS NOT (:outcome, :problem)",
            {"outcome": now.outcome.value, "problem": now.problem, "id": capture.id},
        )
        if capture.outcome != now.outcome.value:
            counts[f"{capture.outcome} → {now.outcome.value}"] += 1
            if capture.outcome == Outcome.OK.value:
                lost.append(LostCapture(capture.id, None, capture.url, capture.captured_at, now.problem))
    return counts, lost


def _derive(
    db: Database, subject: Subject, key: PageKey | None, stored: Sequence[Stored], reads: Reads
) -> Counter[str]:
    """Derive an article from its readings; captures without a number may move to another article."""
    article = subject.article
    readings = [
        Reading(
            captured_at=parse_stamp(capture.captured_at),
            capture_id=capture.id,
            article=page,
            form=capture.form,
        )
        for capture in stored
        if isinstance(page := reads[capture.id].page, Article)
    ]
    keyed = {capture.id for capture in stored if capture.page is not None}
    known = _names(db, article)
    fitting = known | {_name(one.article) for one in readings if one.capture_id in keyed}
    own = [one for one in readings if one.capture_id in keyed or _fits(one.article, fitting)]
    kept = {one.capture_id for one in own}
    counts: Counter[str] = Counter()
    if article is not None:
        counts += _write(db, article, key, own)
        counts += _adopt(db, article, [one for one in own if _name(one.article) not in known])
    for other in readings:
        if other.capture_id not in kept:
            counts += _match(db, article, other)
    return counts


def _name(article: Article) -> Name:
    return article.title, article.published


def _names(db: Database, article: int | None) -> set[Name]:
    """Return the titles and dates of all versions of an article."""
    rows = db.execute("SELECT DISTINCT title, published FROM versions WHERE article_id = ?", [article])
    return {(title, published and date.fromisoformat(published)) for title, published in rows}


def _fits(article: Article, names: Collection[Name]) -> bool:
    """Return whether a page without a number can belong to an article with one of these titles and dates."""
    return _name(article) in names or any(
        published == article.published and titles_fit(title, article.title) for title, published in names
    )


def _write(db: Database, article: int, key: PageKey | None, readings: Sequence[Reading]) -> Counter[str]:
    """Write an article from its readings; delete it without any."""
    was = exists(db, article)
    _let_go(db, article, [one.capture_id for one in readings])
    if not readings:
        forget(db, article)
        return Counter({"articles lost": int(was)})
    if key:
        page = known_pages.page_id(db, key)
        db.execute(
            "UPDATE captures SET article_id = ? WHERE article_id IS NULL AND page_id = ?", [article, page]
        )
    write(db, [whole_history(article, readings)])
    return Counter({"articles new": int(not was)})


def _let_go(db: Database, article: int, kept: Sequence[int]) -> None:
    """Detach captures without a number that do not contain this article any more."""
    db.execute(
        "UPDATE captures SET article_id = NULL, version_id = NULL WHERE article_id = ? AND page_id IS NULL"
        " AND id NOT IN (SELECT value FROM json_each(?))",
        [article, json.dumps(kept)],
    )


def _adopt(db: Database, article: int, readings: Sequence[Reading]) -> Counter[str]:
    """Move captures from provisional ids to the article that has these titles and dates."""
    adopted = sum(
        adopt(db, article, said) for said in {_name(one.article): one.article for one in readings}.values()
    )
    if adopted:
        derive_whole(db, article)
    return Counter({"moved": adopted})


def _match(db: Database, before: int | None, reading: Reading) -> Counter[str]:
    """Match a page without a number to an article, as when it is imported."""
    article = article_matching.find_article(db, reading.article)
    was = exists(db, article)
    db.execute("UPDATE captures SET article_id = ? WHERE id = ?", [article, reading.capture_id])
    derive_whole(db, article)
    return Counter({"articles new": int(not was), "moved": int(before not in (None, article))})


def _schedule(db: Database, key: PageKey | None, stored: Sequence[Stored], reads: Reads) -> None:
    """Reschedule a page whose last capture counted as a failure and can be parsed now."""
    if key is None or not stored:
        return
    last = stored[-1]
    (checked,) = db.execute(
        "SELECT checked_at FROM pages WHERE id = ?", [known_pages.page_id(db, key)]
    ).fetchone()
    if last.captured_at != checked or last.outcome == Outcome.OK.value or not reads[last.id].page:
        return
    at = parse_stamp(last.captured_at)
    number = key.number if key.kind is Kind.ARTICLE else None
    row = db.execute(_PUBLICATION, [last.captured_at, number]).fetchone()
    published, first_seen, began = row or (None, None, False)
    seen = first_seen and parse_stamp(first_seen)
    appeared = seen and appearance_time(published and date.fromisoformat(published), seen)
    is_edit = bool(began) and first_seen != last.captured_at
    visit = reschedule.CheckResult(
        at, good=True, began=bool(began), changes=is_edit, born=appeared, first_seen=seen
    )
    reschedule.reschedule(db, key, visit)


_PUBLICATION = """
SELECT a.published, a.first_seen, v.first_seen = ?
FROM articles a JOIN versions v ON v.id = a.latest_version_id WHERE a.id = ?
"""
