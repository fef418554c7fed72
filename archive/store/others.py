"""Another archive, of this release or any before, as far as a merge reads it: its facts and its frontier.

It is never written to. What it holds was written by somebody else, and is believed as far as it makes sense.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Certificate, Kind, Outcome, PageKey
from archive.pagekey import BEYOND
from archive.renditions.charset import MAX_PAGE
from archive.store import certificates, payloads
from archive.store.frontier import FIRST
from archive.store.opening import open_of_any_age, translated
from archive.store.times import moment, stamp

BATCH = 500  # rows asked for at once
Row = tuple[object, ...]
Found = TypeVar("Found")


class Fact(NamedTuple):
    """A capture as another archive has it; ``id`` and ``payload`` count there alone."""

    id: int
    source: str
    rendition: str | None
    url: str
    captured_at: str
    payload: int | None
    digest: str | None
    outcome: str
    problem: str | None


class Known(NamedTuple):
    """A page as another archive's frontier has it; ``id`` counts there alone."""

    id: int
    key: PageKey
    priority: int
    due: str
    discovered: str
    checked: str | None
    changed: str | None
    failures: int
    looks: int = 0
    changes: int = 0
    heat: float = 0.0


FACT = (
    "SELECT c.id, c.source, c.rendition, c.url, c.captured_at, c.payload, NULL, c.outcome, c.problem"
    " FROM captures c"
)
UNREADABLE = "unreadable"  # a digest that no payload has
PAGE = "SELECT id, kind, number, priority, due, discovered, checked, changed, failures"
HABITS = ", looks, changes, heat"  # since 0.2.0
NEVER = "1970-01-01T00:00:00.000Z"  # so that a page of which nothing is known is due


@dataclass(frozen=True, slots=True)
class Other:
    """An archive open to be read. What is wrong with it is said of its own file."""

    path: Path
    db: Database

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator["Other"]:
        """Raises :exc:`StoreError` and its kinds."""
        db = open_of_any_age(path)
        try:
            other = cls(path, db)
            other.refuse_incomplete()
            yield other
        finally:
            db.close()

    def refuse_incomplete(self) -> None:
        there = {name for (name,) in self._rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if missing := {"captures", "payloads", "pages"} - there:
            raise DamagedArchive(f"{self.path}: damaged: it has no table {min(missing)}")

    def size(self) -> int:
        """How many pages it has, as far as that can be told."""
        with suppress(DamagedArchive):
            [(pages,)] = self._rows("SELECT count(*) FROM pages")
            return int(str(pages))
        return 0

    def pages(self) -> Iterator[list[Known]]:
        """The frontier, some pages at a time."""
        last, page = 0, self._page_query()
        try:
            while rows := self._rows(f"{page} WHERE id > ? ORDER BY id LIMIT ?", last, BATCH):
                found = [self._checked(_known, row) for row in rows]
                last = found[-1].id
                yield found
        except DamagedArchive:
            yield from self._pages_left(last)

    def _pages_left(self, last: int) -> Iterator[list[Known]]:
        """The same from a damaged table: what its index names, if that is whole, one by one."""
        for row in self._rows("SELECT id, kind, number FROM pages ORDER BY kind, number"):
            id_, kind, number = map(str, row)
            if int(id_) > last:
                yield [self._page(int(id_), PageKey(self._checked(Kind, kind), int(number)))]

    def _page(self, id_: int, key: PageKey) -> Known:
        """A page as its row says; else known, and to be looked at, since it was captured."""
        with suppress(DamagedArchive):
            [row] = self._rows(f"{self._page_query()} WHERE id = ?", id_)
            return self._checked(_known, row)
        stub = Known(id_, key, FIRST[key.kind], NEVER, NEVER, None, None, 0)
        times = [fact.captured_at for fact in self.captures_of(stub)] or [NEVER]
        return stub._replace(due=max(times), discovered=min(times))

    def _page_query(self) -> str:
        columns = {name for (name,) in self._rows("SELECT name FROM pragma_table_info('pages')")}
        return f"{PAGE}{HABITS if 'heat' in columns else ''} FROM pages"

    def captures_of(self, page: Known) -> list[Fact]:
        """All captures of one page."""
        rows = self._rows(f"{FACT} WHERE c.article IS NULL AND c.page = ?", page.id)
        if page.key.kind is Kind.ARTICLE:
            rows += self._rows(f"{FACT} WHERE c.article = ? AND c.page = ?", page.key.number, page.id)
        return [self._fact(row) for row in rows]

    def loose(self) -> Iterator[list[Fact]]:
        """The captures of no page: files that did not tell their number. Some at a time."""
        last = 0
        while rows := self._rows(
            f"{FACT} WHERE c.page IS NULL AND c.id > ? ORDER BY c.id LIMIT ?", last, BATCH
        ):
            found = [self._fact(row) for row in rows]
            last = found[-1].id
            yield found

    def body(self, payload: int) -> bytes:
        """The bytes as received. Raises :exc:`DamagedArchive` if they are not."""
        try:
            self._refuse_missing(payload)
            with translated(self.path):
                return payloads.get(self.db, payload)
        except DamagedArchive as error:
            where = "" if str(error).startswith(str(self.path)) else f"{self.path}: "
            raise DamagedArchive(f"{where}{error}") from error

    def _refuse_missing(self, payload: int) -> None:
        found = self._rows("SELECT size FROM payloads WHERE id = ?", payload)
        if not found:
            raise DamagedArchive(f"payload {payload} is not there")
        size = found[0][0]
        if not isinstance(size, int) or size > MAX_PAGE:
            raise DamagedArchive(f"payload {payload} is larger than any page")

    def certificates(self) -> list[Certificate]:
        """Whom it trusts; an archive of 0.1.0 knows nobody."""
        if not self._rows("SELECT 1 FROM sqlite_schema WHERE name = 'certificates'"):
            return []
        with translated(self.path):
            return self._checked(certificates.every, self.db)

    def _fact(self, row: Row) -> Fact:
        """With its digest, which is asked for one by one, so that a damaged payload costs no other."""
        fact = self._checked(_fact, row)
        if fact.payload is None:
            return fact
        try:
            found = self._rows("SELECT digest FROM payloads WHERE id = ?", fact.payload)
        except DamagedArchive:
            found = []
        return fact._replace(digest=str(found[0][0]) if found else UNREADABLE)

    def _rows(self, query: str, *values: object) -> list[Row]:
        with translated(self.path):
            return self.db.execute(query, values).fetchall()

    def _checked(self, make: Callable[..., Found], what: object) -> Found:
        try:
            return make(what)
        except (ValueError, OverflowError) as error:
            raise DamagedArchive(f"{self.path}: damaged: {error}") from error


def _fact(row: tuple[Any, ...]) -> Fact:
    """Raises :exc:`ValueError` for a time or an outcome that is none."""
    found = Fact._make(row)
    Outcome(found.outcome)
    _refuse_odd(found.captured_at)
    return found


def _known(row: tuple[Any, ...]) -> Known:
    """The same for a kind of page, and for a number."""
    id_, kind, number, *rest = row
    found = Known(id_, PageKey(Kind(kind), number), *rest)
    if not 0 <= number < BEYOND:
        raise ValueError(f"expected a number of a page, found {number}")
    for time in (found.due, found.discovered, found.checked, found.changed):
        if time is not None:
            _refuse_odd(time)
    return found


def _refuse_odd(time: str) -> None:
    """Raise :exc:`ValueError` for what is no time, or not written as ours are, which their order needs."""
    parsed = moment(time)
    if parsed.tzinfo is None or stamp(parsed) != time:
        raise ValueError(f"expected a time like 2025-04-10T12:00:00.000Z, found {time!r}")
