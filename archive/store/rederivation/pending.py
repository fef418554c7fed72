"""What must be derived again, since facts were added first or rows are faulty: table ``pending``.

Marks of new facts are written in the transaction that stores them. Marks are deleted in the transaction that
writes what follows from the facts. A program that is killed in between leaves both; the next one that writes
to the archive goes on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Kind, PageKey
from archive.progress import Advance
from archive.store.db.row_rules import PAGE_FAULT
from archive.store.db.transactions import transaction
from archive.store.frontier import known_pages
from archive.store.ingest import unnumbered
from archive.store.ingest.derived_rows import MAX_ARTICLE
from archive.store.rederivation.change_writer import WrittenChanges
from archive.store.rederivation.deriving_ahead import SubjectDeriver, batches
from archive.store.rederivation.stored import Subject
from archive.worker_processes import ONE_PROCESS, Workers

_MENU_CAPTURES_PER_SUBJECT = 500
_ROWS_PER_QUERY = 500


class PendingKind(StrEnum):
    """What a mark is about: an article, a capture of a menu, or all captures of pages without a number.

    The last of these are to be matched to articles again.
    """

    ARTICLE = "article"
    MENU = "menu"
    UNNUMBERED = "unnumbered"


@dataclass
class DerivedPending:
    """Counts of what was derived, and a line for each article that cannot be, since facts are damaged."""

    counts: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)


# -- Marking ----------------------------------------------------------------------------------------------


def mark(db: Database, captures: Iterable[tuple[PageKey | None, int | None, int]]) -> None:
    """Mark what follows from captures as pending. Each is given as its page's key and id, and its own id."""
    _insert(db, [_mark(key, page, capture) for key, page, capture in captures])


def mark_articles(db: Database, articles: Iterable[int]) -> None:
    """Mark articles as pending, by their ids."""
    _insert(db, [(PendingKind.ARTICLE, article, 0) for article in articles])


def mark_unnumbered(db: Database) -> None:
    """Mark that all captures of pages without a number must be matched to articles again."""
    _insert(db, [(PendingKind.UNNUMBERED, 0, 0)])


def _mark(key: PageKey | None, page: int | None, capture: int) -> tuple[PendingKind, int, int]:
    if key is None or page is None:
        return PendingKind.UNNUMBERED, 0, 0
    if key.kind is Kind.ARTICLE:
        return PendingKind.ARTICLE, key.number, 0
    return PendingKind.MENU, page, capture


def _insert(db: Database, rows: Iterable[tuple[PendingKind, int, int]]) -> None:
    db.conn.executemany("INSERT OR IGNORE INTO pending (subject, id, capture_id) VALUES (?, ?, ?)", rows)


# -- Deriving ---------------------------------------------------------------------------------------------


def count(db: Database) -> int:
    """Return the number of marks: articles, captures of menus, and one for all unnumbered captures."""
    return int(db.execute("SELECT count(*) FROM pending").fetchone()[0])


def derive_pending(
    db: Database, path: Path, advance: Advance, workers: Workers = ONE_PROCESS, *, rematch: bool = False
) -> DerivedPending:
    """Derive all that is pending.

    ``advance`` is called with how much of :func:`count` each commit did. With ``rematch``, pages without a
    number are matched to articles again, whether that is pending or not.
    """
    done = DerivedPending()
    deriver = SubjectDeriver(db, path, known_pages.add, workers.for_tasks(count(db)))
    for subjects, found in deriver.derived(batches(_subjects(db))):
        with transaction(db):
            for one in deriver.write(subjects, found):
                _count(done, one)
            cleared = _clear(db, subjects)
        advance(cleared)
    left = count(db)
    if rematch or left:
        done.counts += unnumbered.match_unnumbered(db)
    if left:
        with transaction(db):
            db.execute("DELETE FROM pending")
        advance(left)
    return done


def _count(done: DerivedPending, one: WrittenChanges | DamagedArchive) -> None:
    if isinstance(one, DamagedArchive):
        done.damaged.append(str(one))
    else:
        done.counts += one.counts


def _clear(db: Database, subjects: Iterable[Subject]) -> int:
    """Delete the marks of subjects. Return how many."""
    articles = [(PendingKind.ARTICLE, one.article, 0) for one in subjects if one.article is not None]
    menus = [(PendingKind.MENU, one.page, capture) for one in subjects for capture in one.captures or ()]
    query = "DELETE FROM pending WHERE (subject, id, capture_id) = (?, ?, ?)"
    return db.conn.executemany(query, [*articles, *menus]).rowcount


def _subjects(db: Database) -> Iterator[tuple[Subject, int]]:
    """Yield what is pending, and how many captures are read for it: articles by number, then menus.

    Marks that name nothing that can be derived, as in a damaged table, are left out.
    """
    for article, _, captures in _rows(db, PendingKind.ARTICLE, _CAPTURES_OF_ARTICLE, _IS_ARTICLE):
        yield Subject(article=article), captures
    menus = _rows(db, PendingKind.MENU, "1", _IS_MENU_CAPTURE)
    for page, rows in groupby(menus, key=itemgetter(0)):
        listed = tuple(capture for _, capture, _ in rows)
        for at in range(0, len(listed), _MENU_CAPTURES_PER_SUBJECT):
            yield Subject(page=page, captures=listed[at : at + _MENU_CAPTURES_PER_SUBJECT]), 1


_CAPTURES_OF_ARTICLE = """
(SELECT count(*) FROM captures WHERE article_id = pending.id) +
(SELECT count(*) FROM captures c JOIN pages p ON p.id = c.page_id
 WHERE p.kind = 'article' AND p.number = pending.id AND c.article_id IS NULL)
"""
_IS_ARTICLE = f"id BETWEEN {-MAX_ARTICLE} AND {MAX_ARTICLE}"
_IS_MENU_CAPTURE = f"""
EXISTS (SELECT 1 FROM pages WHERE pages.id = pending.id AND kind <> 'article' AND {PAGE_FAULT} IS NULL)
AND EXISTS (SELECT 1 FROM captures WHERE captures.id = pending.capture_id AND page_id = pending.id)
"""  # noqa: S608 - ours


def _rows(db: Database, kind: PendingKind, captures: str, valid: str) -> Iterator[tuple[int, int, int]]:
    """Yield the id, capture and number of captures of all ``valid`` marks of a kind, in order."""
    query = (
        f"SELECT id, capture_id, {captures} FROM pending"  # noqa: S608 - ours
        f" WHERE subject = ? AND (id, capture_id) > (?, ?) AND {valid} ORDER BY id, capture_id LIMIT ?"
    )
    last: Sequence[int] = (-(2**62), 0)
    while rows := db.execute(query, [kind, *last, _ROWS_PER_QUERY]).fetchall():
        yield from rows
        last = rows[-1][:2]
