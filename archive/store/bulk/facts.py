"""Read the captures of an archive as facts, part by part, in order.

A capture of a page has the page's id, and the number of its article once one could be read. Each statement
follows the indexes of these two, so that reading a part takes as long as the part is large.
"""

from collections.abc import Iterator
from itertools import groupby
from sqlite3 import Cursor
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.pagekey import NUMBER_LIMIT
from archive.store.bulk.capture_fact import CaptureFact
from archive.store.bulk.part import Part
from archive.store.export.selection import Selection, select_versions, times_of
from archive.store.payloads import payloads

_ROWS_PER_FETCH = 500


class StoredFact(NamedTuple):
    """A capture without its bytes, and the payload that has them; None: it has none."""

    fact: CaptureFact
    payload: int | None


class Facts:
    """The captures of an archive as facts: all, or those of a selection."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._condition, self._times = _ALL, times_of(Selection())

    def select(self, chosen: Selection) -> None:
        """Select captures by time, and if it is narrowed, of articles that have a version like that."""
        if chosen.is_narrowed:
            select_versions(self._db, chosen.of_all_versions)
        self._condition = _OF_SELECTED if chosen.is_narrowed else _ALL
        self._times = times_of(chosen)

    def count(self) -> int:
        """Return the number of all captures."""
        (captures,) = self._db.execute("SELECT count(*) FROM captures").fetchone()
        return int(captures)

    def parts(self) -> Iterator[Part]:
        """Yield the parts that have a known page, and the part of captures without a page, in order."""
        for kind in sorted(Kind):
            number = self._number_from(kind, 0)
            while number is not None:
                part = Part.of(PageKey(kind, number))
                yield part
                number = self._number_from(kind, part.last + 1)
        yield Part.of(None)

    def _number_from(self, kind: Kind, first: int) -> int | None:
        query = "SELECT min(number) FROM pages WHERE kind = ? AND number BETWEEN ? AND ?"
        (number,) = self._db.execute(query, [kind.value, first, NUMBER_LIMIT - 1]).fetchone()
        return None if number is None else int(number)

    def of(self, part: Part) -> Iterator[StoredFact]:
        """Yield the selected captures of a part in order, equal ones once."""
        query = _without_page(self._condition) if part.has(None) else _of_pages(self._condition)
        named = {"kind": part.kind, "first": part.first, "last": part.last, **self._times}
        rows = _fetched(self._db.execute(query, named))
        stored = (StoredFact(CaptureFact._make([*row, None]), payload) for *row, payload in rows)
        for _, same_time in groupby(stored, key=lambda one: (one.fact.number, one.fact.captured_at)):
            unique = {one.fact.order: one for one in same_time}
            yield from (unique[order] for order in sorted(unique))

    def body(self, payload: int) -> bytes:
        """Return the bytes of a payload. Raise :exc:`DamagedArchive` if they are damaged."""
        return payloads.load(self._db, payload)


def _fetched(cursor: Cursor) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_ROWS_PER_FETCH):
        yield from rows


_ALL = "c.captured_at BETWEEN :since AND min(:as_of, :until)"
_OF_SELECTED = f"{_ALL} AND c.article_id IN (SELECT article_id FROM temp.selected)"  # noqa: S608 - our own text
# A parser decides again whether bytes that were received are the expected page, as `reparse` does.
_FACT = """c.captured_at, y.digest, c.source, c.url, c.rendition,
  iif(c.payload_id IS NOT NULL AND c.outcome IN ('unreadable', 'absent'), 'ok', c.outcome),
  iif(c.payload_id IS NOT NULL AND c.outcome IN ('ok', 'unreadable', 'absent'), NULL, c.problem),
  c.payload_id"""
_PAGES = "p.kind = :kind AND p.number BETWEEN :first AND :last"


def _of_pages(condition: str) -> str:
    """Return the captures of the pages of a kind between two numbers, by number and time.

    SQLite merges the two halves, each of which comes in order from the indexes.
    """
    belongs = ("c.article_id IS NULL", "p.kind = 'article' AND c.article_id = p.number")
    halves = (
        f"SELECT p.kind, p.number AS number, {_FACT} FROM pages p"  # noqa: S608 - our own text
        f" CROSS JOIN captures c ON {which} AND c.page_id = p.id"
        f" LEFT JOIN payloads y ON y.id = c.payload_id WHERE {_PAGES} AND {condition}"
        for which in belongs
    )
    return f"{' UNION ALL '.join(halves)} ORDER BY number, captured_at"


def _without_page(condition: str) -> str:
    """Return the captures that name no page, by time. No index has them, so all captures are looked at."""
    return (
        f"SELECT NULL, NULL, {_FACT} FROM captures c LEFT JOIN payloads y ON y.id = c.payload_id"  # noqa: S608 - the same
        f" WHERE c.page_id IS NULL AND {condition} ORDER BY c.captured_at"
    )
