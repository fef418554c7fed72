"""Parse the stored captures of one article, menu or unmatched page again, and derive its rows again.

Parsing writes nothing; writing happens in the caller's transaction. Facts stay unchanged: the source, time
and bytes of a capture.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Kind, Menu, Outcome, PageKey
from archive.policy.revisit import appearance_time
from archive.reading.history import Reading
from archive.reading.placements import MenuReading, read_menu
from archive.store.db.transactions import attempt
from archive.store.frontier import discovery, known_pages, reschedule
from archive.store.ingest import sections
from archive.store.ingest.derived_rows import DerivedRows
from archive.store.ingest.row_writer import write
from archive.store.reparse import turnover
from archive.store.reparse.assignment import assign, match
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


class Rereader:
    """Parses subjects again, and writes the rows of all their articles at once.

    ``discover`` adds linked pages to the frontier.
    """

    def __init__(self, db: Database, discover: Discover = discovery.discover) -> None:
        self._db = db
        self._discover = discover
        self._read: list[_Reread] = []

    def read(self, subject: Subject, known: Known = NOTHING) -> None:
        """Parse all captures of a subject again, except those ``known``.

        Raises :exc:`DamagedArchive` if a payload is damaged; then nothing of the subject is to be kept.
        """
        key = key_of(self._db, subject)
        stored = stored_of(self._db, subject, key)
        if key and key.kind is not Kind.ARTICLE:
            self._read.append(_Reread(subject, key, done=self._menu(key, stored)))
        else:
            self._read.append(self._article(subject, key, stored, known))

    def _menu(self, key: PageKey, stored: Sequence[Stored]) -> Reparsed:
        done, readings = _reread_menu(self._db, key, stored, self._discover)
        if key.kind in sections.SECTION_KINDS:
            sections.write_section(self._db, key.number, readings)
        return done

    def _article(
        self, subject: Subject, key: PageKey | None, stored: Sequence[Stored], known: Known
    ) -> "_Reread":
        db = self._db
        reads = read_all(db, stored, key, known)
        before = turnover.wordings(db, {capture.id: capture.version for capture in stored})
        counts, lost = _note_outcomes(db, stored, reads)
        _discover(db, key, stored, reads, self._discover)
        rows, more, others = assign(db, subject, key, stored, reads)
        done = Reparsed(counts + more, [loss._replace(article=subject.article) for loss in lost])
        return _Reread(subject, key, done, stored, reads, before, rows, others)

    def write(self) -> Iterator[tuple[Subject, Reparsed | DamagedArchive]]:
        """Write the rows of all subjects that were read. Yield the result for each."""
        write(self._db, [one.rows for one in self._read if one.rows])
        for one in self._read:
            try:
                with attempt(self._db):
                    done = self._finish(one)
            except DamagedArchive as error:
                yield one.subject, error
            else:
                yield one.subject, done
        self._read.clear()

    def _finish(self, one: "_Reread") -> Reparsed:
        """Move the captures that are not of the article, schedule the page, and count what changed."""
        if one.before is None or one.reads is None:
            return one.done
        counts = Counter(one.done.counts)
        for reading in one.others:
            counts += match(self._db, one.subject.article, reading)
        _schedule(self._db, one.key, one.stored, one.reads)
        ids = [capture.id for capture in one.stored]
        after = turnover.wordings(self._db, turnover.versions_of(self._db, ids))
        return Reparsed(counts + turnover.compare(one.before, after), one.done.lost)


class _Reread(NamedTuple):
    """A subject that was parsed again.

    ``before`` are its versions before that, None for a menu; ``rows`` are to be written, ``others`` are
    readings of captures without a number that belong to other articles.
    """

    subject: Subject
    key: PageKey | None
    done: Reparsed
    stored: Sequence[Stored] = ()
    reads: Reads | None = None
    before: turnover.Wordings | None = None
    rows: DerivedRows | None = None
    others: Sequence[Reading] = ()


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
