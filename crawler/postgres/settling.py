"""Update a shared frontier after visits: what all crawlers remember of a page, and when it is due again.

The schedule is computed as the archive computes its own, from the server's clock and from what the crawlers
found together. All runs take locks in one order, so that no two wait for each other: visited pages by key,
added pages by key, the row of the frontier, the change rates by age.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Self

from psycopg import Connection
from psycopg.rows import class_row

from archive.model import Kind, Outcome, PageKey
from archive.policy.revisit import AGES_HOURS, ChangeRates, appearance_time
from archive.store import CheckedPage, CheckResult, LinkedPages, change_rates, schedule_page
from archive.timestamps import stamp
from crawler.frontier.interface import Visit
from crawler.postgres import discovery
from crawler.postgres.rows import columns_of, server_time


class SharedPage(NamedTuple):
    """A page of the frontier, as the archive's own frontier takes it over. Times are stamps."""

    key: PageKey
    priority: int
    due_at: str
    discovered_at: str
    checked_at: str | None
    changed_at: str | None
    failure_count: int
    check_count: int
    change_count: int
    change_score: float


class _Page(NamedTuple):
    """The columns of a visited page."""

    kind: str
    number: int
    priority: int
    due_at: datetime
    leased_until: datetime | None
    lease_token: int
    discovered_at: datetime
    checked_at: datetime | None
    changed_at: datetime | None
    first_seen: datetime | None
    published: date | None
    digest: bytes | None
    check_count: int
    change_count: int
    failure_count: int
    change_score: float
    is_present: bool
    is_partial: bool

    @property
    def key(self) -> PageKey:
        return PageKey(Kind(self.kind), self.number)

    @property
    def checks(self) -> CheckedPage:
        return CheckedPage(**{name: getattr(self, name) for name in CheckedPage._fields})

    def after(self, visit: Visit, now: datetime) -> Self:
        """Return the page with what a visit says of its article."""
        if visit.outcome is Outcome.ABSENT:
            return self._replace(is_present=False)
        if visit.outcome is not Outcome.OK or self.kind != Kind.ARTICLE:
            return self
        return self._replace(
            digest=visit.digest or self.digest,
            first_seen=self.first_seen or now,
            published=visit.published or self.published,
            is_present=True,
            is_partial=visit.is_partial,
        )

    @property
    def shared(self) -> SharedPage:
        return SharedPage(
            self.key,
            self.priority,
            stamp(self.due_at),
            stamp(self.discovered_at),
            stamp(self.checked_at) if self.checked_at else None,
            stamp(self.changed_at) if self.changed_at else None,
            self.failure_count,
            self.check_count,
            self.change_count,
            self.change_score,
        )


class _Rates(NamedTuple):
    """The change rates, and what was added to them."""

    all: ChangeRates
    added: ChangeRates = ChangeRates()


_VISITED = f"""
SELECT {", ".join(_Page._fields)} FROM pages
JOIN unnest(%(kinds)s::text[], %(numbers)s::bigint[]) AS named (kind, number) USING (kind, number)
ORDER BY kind, number FOR UPDATE OF pages
"""  # noqa: S608 - the row's own fields
_UPDATE = """
UPDATE pages SET priority = %(priority)s, due_at = %(due_at)s, leased_until = %(leased_until)s,
  home = %(home)s, checked_at = %(checked_at)s, changed_at = %(changed_at)s, first_seen = %(first_seen)s,
  published = %(published)s, digest = %(digest)s, check_count = %(check_count)s,
  change_count = %(change_count)s, failure_count = %(failure_count)s, change_score = %(change_score)s,
  is_present = %(is_present)s, is_partial = %(is_partial)s
WHERE kind = %(kind)s AND number = %(number)s
"""
_RATES = "SELECT age_hours, change_count, observed_hours FROM change_rates"
_ADD_TO_RATES = """
INSERT INTO change_rates (age_hours, change_count, observed_hours) VALUES (%s, %s, %s)
ON CONFLICT (age_hours) DO UPDATE SET change_count = change_rates.change_count + excluded.change_count,
  observed_hours = change_rates.observed_hours + excluded.observed_hours
"""
_RAISE_NEWEST = "UPDATE frontier SET newest_article = %(newest)s WHERE newest_article < %(newest)s"


def settle(
    connection: Connection, visits: Sequence[Visit], *, home: str, patience: float
) -> tuple[list[SharedPage], int]:
    """Update visited pages. Return those whose leases were held, and the number of their checks.

    A lease that was settled before, by a transaction that broke while it was committed, changes nothing.
    """
    keys = columns_of({visit.lease.key: None for visit in visits})
    with connection.cursor(row_factory=class_row(_Page)) as cursor:
        pages = {page.key: page for page in cursor.execute(_VISITED.encode(), keys)}
    now = server_time(connection)
    news = _discover(connection, visits, now)
    rates = _Rates(change_rates(connection.execute(_RATES).fetchall()))
    changed: dict[PageKey, _Page] = {}
    checks = 0
    for visit, new_links in zip(visits, news, strict=True):
        page = pages.get(visit.lease.key)
        if page and page.leased_until and page.lease_token == visit.lease.token:
            if visit.is_done:
                rates, page = _checked(page, visit, now, rates, new_links=new_links, patience=patience)
                checks += 1
            if visit.is_last:
                page = page._replace(leased_until=None)
            pages[page.key] = changed[page.key] = page
    _store(connection, changed, home)
    add_to_rates(connection, rates.added)
    held = {visit.lease.key: None for visit in visits if _is_held(pages, visit)}
    return [pages[key].shared for key in held], checks


def _is_held(pages: Mapping[PageKey, _Page], visit: Visit) -> bool:
    page = pages.get(visit.lease.key)
    return page is not None and page.lease_token == visit.lease.token


def _discover(connection: Connection, visits: Sequence[Visit], now: datetime) -> list[int]:
    """Add the pages that visited pages link to. Return how many are new, by visit."""
    finder = discovery.finder(connection, [key for visit in visits for key in visit.links])
    before = finder.newest_article
    news = []
    for visit in visits:
        kind, number = visit.lease.key
        is_read = kind is Kind.ARTICLE and visit.outcome is Outcome.OK
        news.append(finder.take(LinkedPages(visit.links, now, kind, number if is_read else None)))
    discovery.insert_found(connection, finder, now)
    if finder.newest_article > before:
        connection.execute(_RAISE_NEWEST, {"newest": finder.newest_article})
    return news


def _checked(
    page: _Page, visit: Visit, now: datetime, rates: _Rates, *, new_links: int, patience: float
) -> tuple[_Rates, _Page]:
    """Return a page after a visit, scheduled, and the change rates with it."""
    seen = page.after(visit, now)
    is_edit = page.digest != visit.digest if page.digest and visit.digest else visit.is_edit
    is_first = seen.first_seen is not None and page.first_seen is None
    result = CheckResult(
        at=now,
        good=visit.outcome is Outcome.OK,
        began=is_first or is_edit,
        changes=is_edit if page.kind == Kind.ARTICLE else new_links,
        born=appearance_time(seen.published, seen.first_seen) if seen.first_seen else None,
        first_seen=seen.first_seen,
    )
    after = schedule_page(page.key, page.checks, result, rates.all, patience=patience)
    added = after.observed.added_to(rates.added) if after.observed else rates.added
    return _Rates(after.rates, added), seen._replace(
        **after.page._asdict(),
        due_at=after.due_at,
        priority=after.priority.value,
        changed_at=now if result.began else seen.changed_at,
    )


def _store(connection: Connection, pages: Mapping[PageKey, _Page], home: str) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE, [{**page._asdict(), "home": home} for page in pages.values()])


def add_to_rates(connection: Connection, added: ChangeRates) -> None:
    """Add to how often articles change."""
    rows = [row for row in zip(AGES_HOURS, added.changes, added.hours, strict=True) if any(row[1:])]
    with connection.cursor() as cursor:
        cursor.executemany(_ADD_TO_RATES, rows)
