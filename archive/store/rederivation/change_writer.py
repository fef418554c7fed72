"""Write what was derived again for many subjects, set by set, in one transaction of the caller's."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Kind, PageKey
from archive.policy.revisit import appearance_time
from archive.store.db.transactions import attempt
from archive.store.frontier.known_pages import page_rows
from archive.store.frontier.reschedule import reschedule
from archive.store.frontier.schedule import CheckResult
from archive.store.ingest import article_matching, sections
from archive.store.ingest.capture_batch import claim_captures
from archive.store.ingest.deriving import adopt, derive_whole, exists, forget
from archive.store.ingest.row_writer import ensure_articles, write
from archive.store.rederivation import turnover
from archive.store.rederivation.subject_changes import LostCapture, SubjectChanges
from archive.timestamps import parse_stamp


class Discover(Protocol):
    """:func:`.discovery.discover` or :func:`.known_pages.add`."""

    def __call__(self, db: Database, keys: Iterable[PageKey], at: datetime, *, by: Kind | None) -> object: ...


class WrittenChanges(NamedTuple):
    """The result for one subject: ``counts`` by :data:`.reparsing.REPARSE_COUNTS`, and lost captures.

    ``moved`` are the articles that captures were moved to or from, so that what was derived for them before
    is out of date.
    """

    counts: Counter[str]
    lost: Sequence[LostCapture]
    moved: frozenset[int] = frozenset()


def write_changes(
    db: Database, found: Sequence[SubjectChanges], discover: Discover
) -> Iterator[WrittenChanges | DamagedArchive]:
    """Write what was derived for different subjects. Yield the result for each.

    Damage that prevents a capture from being moved is yielded, and nothing is moved then.
    """
    _note_outcomes(db, found)
    _discover(db, found, discover)
    _write_articles(db, found)
    any_provisional = article_matching.any_provisional(db)
    for one in found:
        try:
            done = _finish(db, one, any_provisional=any_provisional)
        except DamagedArchive as error:
            yield error
        else:
            any_provisional |= any(article < 0 for article in done.moved)
            yield done


def _note_outcomes(db: Database, found: Iterable[SubjectChanges]) -> None:
    db.conn.executemany(
        "UPDATE captures SET outcome = :outcome, problem = :problem,"
        " version_id = iif(:outcome = 'ok', version_id, NULL) WHERE id = :capture",
        [outcome._asdict() for one in found for outcome in one.outcomes],
    )


def _discover(db: Database, found: Iterable[SubjectChanges], discover: Discover) -> None:
    for one in found:
        for links in one.links:
            discover(db, links.keys, links.at, by=one.key.kind if one.key else None)


def _write_articles(db: Database, found: Sequence[SubjectChanges]) -> None:
    """Write the rows of articles, and delete articles that no capture contains any more."""
    articles = [one for one in found if one.subject.article is not None]
    db.conn.executemany(
        "UPDATE captures SET article_id = NULL, version_id = NULL WHERE id = ?",
        [(capture,) for one in articles for capture in one.released],
    )
    rows = [one.rows for one in articles if one.rows]
    for one in articles:
        if one.rows is None and one.subject.article is not None:
            forget(db, one.subject.article)
    ensure_articles(db, [change.article for change in rows])
    claim_captures(db, [(one.subject.article, one.page) for one in articles if one.rows and one.page])
    write(db, rows)


# -- One by one -------------------------------------------------------------------------------------------


def _finish(db: Database, one: SubjectChanges, *, any_provisional: bool) -> WrittenChanges:
    """Move captures between articles, place what a menu lists, reschedule the page, and count."""
    counts = Counter(one.counts)
    if one.subject.article is not None and one.known != bool(one.rows):
        counts["articles new" if one.rows else "articles lost"] += 1
    if one.key and one.key.kind in sections.SECTION_KINDS:
        _place(db, one.key.number, one)
    moved = list[int]()
    if one.others or (one.titles and any_provisional):
        with attempt(db):
            moved = [*_adopt(db, one, counts), *_match_others(db, one, counts)]
    if one.key and one.mended:
        _reschedule(db, one.key, one.mended.captured_at)
    counts.update(_turnover(db, one) if moved else one.turnover)
    return WrittenChanges(counts, one.lost, frozenset(moved))


def _place(db: Database, number: int, one: SubjectChanges) -> None:
    """Write what the captures of a section's page say: all of them, or some that were added."""
    if one.subject.captures is None:
        sections.write_section(db, number, one.menus)
    else:
        sections.add_readings(db, number, one.menus)


def _adopt(db: Database, one: SubjectChanges, counts: Counter[str]) -> Iterator[int]:
    """Move captures from provisional ids to the article. Yield the articles concerned."""
    article = one.subject.article
    if article is None:
        return
    adopted = [found for said in one.titles if (found := adopt(db, article, said)) is not None]
    if adopted:
        derive_whole(db, article)
        counts["moved"] += len(adopted)
        yield from (*adopted, article)


def _match_others(db: Database, one: SubjectChanges, counts: Counter[str]) -> Iterator[int]:
    """Match pages without a number to articles, as when they are imported. Yield these articles."""
    for reading in one.others:
        article = article_matching.find_article(db, reading.article)
        counts["articles new"] += not exists(db, article)
        counts["moved"] += one.subject.article not in (None, article)
        db.execute("UPDATE captures SET article_id = ? WHERE id = ?", [article, reading.capture_id])
        derive_whole(db, article)
        yield article


def _turnover(db: Database, one: SubjectChanges) -> Counter[str]:
    """Compare versions before with those of the articles that have the captures now."""
    assert one.before is not None
    return turnover.compare(one.before, turnover.wordings(db, turnover.versions_of(db, one.captures)))


def _reschedule(db: Database, key: PageKey, captured_at: str) -> None:
    """Reschedule a page whose last capture counted as a failure and can be parsed now."""
    (checked,) = page_rows(db, "checked_at", [key])[key]
    if captured_at != checked:
        return
    number = key.number if key.kind is Kind.ARTICLE else None
    row = db.execute(_PUBLICATION, [captured_at, number]).fetchone()
    published, first_seen, began = row or (None, None, False)
    seen = first_seen and parse_stamp(first_seen)
    visit = CheckResult(
        parse_stamp(captured_at),
        good=True,
        began=bool(began),
        changes=bool(began) and first_seen != captured_at,
        born=seen and appearance_time(published and date.fromisoformat(published), seen),
        first_seen=seen,
    )
    reschedule(db, key, visit)


_PUBLICATION = """
SELECT a.published, a.first_seen, v.first_seen = ?
FROM articles a JOIN versions v ON v.id = a.latest_version_id WHERE a.id = ?
"""
