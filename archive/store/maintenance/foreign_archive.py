"""Read another archive for a merge: its facts, its frontier and its certificates.

The other archive is never written to, and its content is untrusted. Rows that break the rules of
:mod:`archive.store.db.row_rules` are reported and left out; times of its frontier are limited by these rules.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Certificate, Kind, PageKey
from archive.store.db import schema_guard
from archive.store.db.connection import open_to_read
from archive.store.db.errors import translated
from archive.store.db.row_rules import CAPTURE_FAULT, CERTIFICATE_FAULT, PAGE_FAULT, PLAUSIBLE_VALUES
from archive.store.frontier.known_pages import INITIAL_PRIORITIES
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp, stamp

_ROWS_PER_QUERY = 500
MAX_CAPTURES_AT_ONCE = 100  # of a page at one instant: a merge compares each with all others


class ForeignCapture(NamedTuple):
    """A capture of another archive, with that archive's ``id`` and ``payload``.

    If ``fault`` is set, all other fields may have any value.
    """

    id: int
    source: str
    rendition: str | None
    url: str
    captured_at: str
    payload: int | None
    digest: bytes | None
    outcome: str
    problem: str | None
    fault: str | None = None


class ForeignPage(NamedTuple):
    """A page of another archive's frontier, with that archive's ``id``."""

    id: int
    key: PageKey
    priority: int
    due_at: str
    discovered_at: str
    checked_at: str | None
    changed_at: str | None
    check_count: int = 0
    change_count: int = 0
    failure_count: int = 0
    change_score: float = 0.0


_CAPTURES = (
    "SELECT id, source, rendition, url, captured_at, payload_id, NULL, outcome, problem,"  # noqa: S608 - ours
    f" {CAPTURE_FAULT} FROM captures"
)
_CERTIFICATES = f"SELECT host, fingerprint, first_seen, last_seen, {CERTIFICATE_FAULT} FROM certificates"  # noqa: S608 - ours
Choose = Callable[[Sequence[int]], Sequence[int]]
_UNREADABLE_DIGEST = b""  # no payload has it
_EPOCH = "1970-01-01T00:00:00.000Z"  # makes a page without a schedule due


@dataclass(frozen=True, slots=True)
class ForeignArchive:
    """Another archive, open for reading. Errors name its file."""

    path: Path
    db: Database
    now: str = field(default_factory=lambda: stamp(datetime.now(UTC)))  # later times are not accepted

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator["ForeignArchive"]:
        """Open the archive at ``path``. Raises :exc:`StoreError` or a subclass."""
        db = open_to_read(path, as_is=True)
        try:
            with translated(path):
                schema_guard.refuse_disguised_tables(path, db)
                schema_guard.refuse_unmergeable(path, db)
            yield cls(path, db)
        finally:
            db.close()

    def size(self) -> int:
        """Return the number of pages, 0 if it cannot be read."""
        with suppress(DamagedArchive):
            [(pages,)] = self._rows("SELECT count(*) FROM pages")
            return int(str(pages))
        return 0

    def pages(self, choose: Choose = lambda ids: ids) -> Iterator[list[ForeignPage]]:
        """Yield the valid pages of the frontier in batches.

        ``choose`` returns which of each batch, by their ascending ids; of a damaged table, all are yielded.
        """
        last, query = 0, f"{self._page_query()} AND id BETWEEN :first AND :last ORDER BY id"
        try:
            while ids := self._valid_ids(last):
                chosen = frozenset(choose(ids))
                rows = self._rows(query, first=min(chosen), last=max(chosen)) if chosen else []
                last = self._further(ids[-1], last)
                yield [_known(row) for row in rows if row[0] in chosen]
        except DamagedArchive:
            yield from self._pages_left(last)

    def _valid_ids(self, last: int) -> list[int]:
        """Return the ids of the next valid pages after ``last``, ascending."""
        query = (
            f"SELECT id FROM pages WHERE {PAGE_FAULT} IS NULL AND id > :last ORDER BY id"  # noqa: S608 - ours
            f" LIMIT {_ROWS_PER_QUERY}"
        )
        return [id_ for (id_,) in self._rows(query, last=last)]

    def _further(self, id_: int, last: int) -> int:
        """Return an id. Raise :exc:`DamagedArchive` unless it exceeds ``last``: damage can form a cycle."""
        if id_ <= last:
            raise DamagedArchive(f"{self.path}: damaged: rows are out of order after {last}")
        return id_

    def invalid_pages(self) -> Iterator[tuple[str, DamagedArchive]]:
        """Yield invalid pages, each with the reason. Their captures are left out too."""
        query = f"SELECT id, {PAGE_FAULT} FROM pages WHERE {PAGE_FAULT} IS NOT NULL LIMIT {_ROWS_PER_QUERY}"  # noqa: S608 - ours
        for id_, fault in self._rows(query):
            yield f"page {id_}", DamagedArchive(f"{self.path}: damaged: it {fault}")

    def _pages_left(self, last: int) -> Iterator[list[ForeignPage]]:
        """Yield the pages of a damaged table one by one, as far as its index is intact."""
        query = (
            f"SELECT id, kind, number FROM pages WHERE {PAGE_FAULT} IS NULL AND id > :last"  # noqa: S608 - ours
            " ORDER BY kind, number"
        )
        for row in self._rows(query, last=last):
            id_, kind, number = map(str, row)
            yield [self._page(int(id_), PageKey(Kind(kind), int(number)))]

    def _page(self, id_: int, key: PageKey) -> ForeignPage:
        """Return a page from its row, or if that is unreadable, a page that is due."""
        with suppress(DamagedArchive):
            if rows := self._rows(
                f"{self._page_query()} AND id = :id", id=id_
            ):  # the row of an index entry may be missing
                return _known(rows[0])
        stub = ForeignPage(id_, key, INITIAL_PRIORITIES[key.kind], _EPOCH, _EPOCH, None, None)
        times = [fact.captured_at for fact in self.captures_of(stub) if not fact.fault] or [_EPOCH]
        return stub._replace(due_at=max(times), discovered_at=min(times))

    def _page_query(self) -> str:
        plausible = ", ".join(
            PLAUSIBLE_VALUES[name] for name in ForeignPage._fields if name in PLAUSIBLE_VALUES
        )
        return f"SELECT id, kind, number, {plausible} FROM pages WHERE {PAGE_FAULT} IS NULL"  # noqa: S608 - ours

    def captures_of(self, page: ForeignPage) -> Iterator[ForeignCapture]:
        """Yield all captures of one page, ordered by time."""
        query = f"{_CAPTURES} WHERE article_id IS NULL AND page_id = :page ORDER BY captured_at"
        yield from self._limited(self._each(query, page=page.id))
        if page.key.kind is Kind.ARTICLE:
            query = f"{_CAPTURES} WHERE article_id = :article AND page_id = :page ORDER BY captured_at"
            yield from self._limited(self._each(query, article=page.key.number, page=page.id))

    def _limited(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[ForeignCapture]:
        """Yield captures, at most ``MAX_CAPTURES_AT_ONCE`` per instant; the next one becomes a fault."""
        for at, found in groupby(map(self._fact, rows), key=lambda fact: fact.captured_at):
            yield from islice(found, MAX_CAPTURES_AT_ONCE)
            for further in islice(found, 1):
                fault = f"is one of more than {MAX_CAPTURES_AT_ONCE} captures of one page at {at}"
                yield further._replace(fault=further.fault or fault)

    def captures_without_page(self) -> Iterator[list[ForeignCapture]]:
        """Yield, in batches, the captures without a page: imported files without an article number."""
        last = 0
        query = (
            f"{_CAPTURES} WHERE page_id IS NULL AND typeof(id) = 'integer' AND id > :last ORDER BY"
            f" id LIMIT {_ROWS_PER_QUERY}"
        )
        while rows := self._rows(query, last=last):
            found = [self._fact(row) for row in rows]
            last = self._further(found[-1].id, last)
            yield found

    def body(self, payload: int) -> bytes:
        """Return the bytes as received. Raises :exc:`DamagedArchive` if they are damaged."""
        try:
            with translated(self.path):
                return payloads.load(self.db, payload)
        except DamagedArchive as error:
            where = "" if str(error).startswith(str(self.path)) else f"{self.path}: "
            raise DamagedArchive(f"{where}{error}") from error

    def certificates(self) -> list[Certificate]:
        """Return the certificates that the other archive trusts."""
        found = self._rows(_CERTIFICATES)
        if faults := [(row[0], row[-1]) for row in found if row[-1]]:
            raise DamagedArchive(f"{self.path}: damaged: that of {faults[0][0]!r} {faults[0][1]}")
        return [_certificate(row) for row in found]

    def _fact(self, row: tuple[Any, ...]) -> ForeignCapture:
        """Return a capture with its digest, read one by one, so that a damaged payload affects no other."""
        fact = ForeignCapture._make(row)
        if fact.fault or fact.payload is None:
            return fact
        try:
            found = self._rows("SELECT digest FROM payloads WHERE id = :payload", payload=fact.payload)
        except DamagedArchive:
            found = []
        digests = [digest for (digest,) in found if isinstance(digest, bytes)]
        return fact._replace(digest=digests[0] if digests else _UNREADABLE_DIGEST)

    def _each(self, query: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Yield rows, with few of them in memory at once."""
        with translated(self.path):
            cursor = self.db.execute(query, {"now": self.now, **values})
            rows = cursor.fetchmany(_ROWS_PER_QUERY)
        while rows:
            yield from rows
            with translated(self.path):
                rows = cursor.fetchmany(_ROWS_PER_QUERY)

    def _rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        with translated(self.path):
            return self.db.execute(query, {"now": self.now, **values}).fetchall()


def _known(row: tuple[Any, ...]) -> ForeignPage:
    id_, kind, number, *rest = row
    return ForeignPage(id_, PageKey(Kind(kind), number), *rest)


def _certificate(row: tuple[Any, ...]) -> Certificate:
    host, fingerprint, first_seen, last_seen, _ = row
    return Certificate(host, fingerprint, parse_stamp(first_seen), parse_stamp(last_seen))
