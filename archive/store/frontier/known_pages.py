"""The frontier: which pages are known, when each is due, which are being fetched. A table, ``pages``.

A page is due, then leased, then done: done only in the transaction that stores its capture
(:mod:`archive.store.frontier.reschedule`). Whoever leased it and died left a lease that expires.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple, Protocol, Self

from sqlite_utils import Database

from archive.model import Article, Kind, Menu, Page, PageKey
from archive.pagekey import page_key
from archive.timestamps import stamp


class Priority(IntEnum):
    """What is fetched first among what is due. ``schema.py`` has an index for ``PAST``."""

    SEED = 0  # what somebody named
    NEW = 1  # articles never seen, as far as can be told new ones
    YOUNG = 2  # articles again while they change most
    MENU = 3  # menus that bring news, those first that bring most
    PAST = 4  # articles never seen, back through the paper's history
    REST = 5  # old articles and quiet menus, by how long they are due
    ELSEWHERE = 9  # for another machine to fetch; never leased


WITHOUT_BACKFILL = (Priority.SEED, Priority.NEW, Priority.YOUNG, Priority.MENU)
ALL_PRIORITIES = (*WITHOUT_BACKFILL, Priority.PAST, Priority.REST)
NEWS_MENUS = (Kind.ROOT, Kind.SECTION)  # menus that show what is new
# Of pages of which no more is known than what they are.
INITIAL_PRIORITIES = {
    Kind.ARTICLE: Priority.PAST,
    Kind.ROOT: Priority.MENU,
    Kind.SECTION: Priority.MENU,
    Kind.TOPIC: Priority.REST,
    Kind.AUTHOR: Priority.REST,
}
MAX_LINKS_PER_PAGE = 10_000  # that are followed of one page
MAX_NEW_ARTICLES_PER_PAGE = (
    500  # articles that one page makes known as new; the paper's own menus show some hundred
)

_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")


class Shard(NamedTuple):
    """Which articles one of several machines fetches: the ``k``-th of ``of``, from 1.

    Menus all of them do, since nothing is shared, and they say what there is.
    """

    k: int = 1
    of: int = 1

    @classmethod
    def named(cls, text: str) -> Self:
        """``2/3``: the second of three. Raises :exc:`ValueError` for what is none."""
        match = _SHARD.fullmatch(text)
        if not match or int(match[1]) > int(match[2]):
            raise ValueError(f'"{text}" is no share; write 1/3, 2/3 and 3/3 for three machines')
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.k}/{self.of}"

    def has(self, key: PageKey) -> bool:
        return key.kind is not Kind.ARTICLE or key.number % self.of == self.k - 1


class CompletedFetch(NamedTuple):
    """A capture is in the archive: which pages its page led to, and when that is to be looked at ``again``.

    None if it is not done yet: another source is to be asked for it.
    """

    key: PageKey
    found: tuple[PageKey, ...]
    again: datetime | None


ONLY_SHARD = Shard()
_IN_SHARD = "(kind <> 'article' OR number % :of = :k - 1)"


def discover(
    db: Database, keys: Iterable[PageKey], at: datetime, *, by: Kind | None = None, shard: Shard = ONLY_SHARD
) -> int:
    """Add pages not known yet, due at once; how many these were. ``by`` is what kind of page led there."""
    newest = _highest_article_number(db)
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM pages").fetchone()
    _add(
        db,
        {key: _initial_priority(key, by, newest) if shard.has(key) else Priority.ELSEWHERE for key in keys},
        at,
    )
    _limit_new_articles(db, last, newest)
    return int(db.execute("SELECT count(*) FROM pages WHERE id > ?", [last]).fetchone()[0])


def add(db: Database, keys: Iterable[PageKey], at: datetime, *, by: Kind | None = None) -> None:  # noqa: ARG001 - as discover
    """Add pages as urgent as their kind, however many: of another archive, or named by a user."""
    _add(db, {key: INITIAL_PRIORITIES[key.kind] for key in keys}, at)


def _add(db: Database, pages: Mapping[PageKey, Priority], at: datetime) -> None:
    """Of those known already note if they were there earlier than was known."""
    now = stamp(at)
    db.conn.executemany(
        "INSERT INTO pages (kind, number, priority, due_at, discovered_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, number) DO UPDATE SET discovered_at = excluded.discovered_at,"
        " due_at = iif(checked_at IS NULL, min(due_at, excluded.due_at), due_at)"
        " WHERE excluded.discovered_at < discovered_at",
        [(key.kind.value, key.number, priority, now, now) for key, priority in pages.items()],
    )


def _highest_article_number(db: Database) -> int:
    """Return the highest number of an article that was read, 0 for none: numbers ascend with time.

    Links count only where nothing was read yet, as a link may have any number.
    """
    query = (
        "SELECT coalesce((SELECT max(id) FROM articles WHERE id > 0),"
        " (SELECT max(number) FROM pages WHERE kind = 'article'), 0)"
    )
    return int(db.execute(query).fetchone()[0])


def _limit_new_articles(db: Database, last: int, newest: int) -> None:
    """Of the pages added after row ``last``, leave no more than ``MOST_NEW`` articles urgent, the first ones.

    The others are of the past. Those beyond the ``newest`` are dropped: the page will be looked at again.
    """
    values = {"last": last, "most": MAX_NEW_ARTICLES_PER_PAGE, "newest": newest or sys.maxsize}
    beyond = (
        "id IN (SELECT id FROM pages WHERE id > :last AND priority = 1 ORDER BY id LIMIT -1 OFFSET :most)"
    )
    db.execute(f"DELETE FROM pages WHERE number > :newest AND {beyond}", values)  # noqa: S608 - ours
    db.execute(f"UPDATE pages SET priority = 4 WHERE {beyond}", values)  # noqa: S608 - ours


def _initial_priority(key: PageKey, by: Kind | None, newest: int) -> Priority:
    is_new = key.kind is Kind.ARTICLE and (by in NEWS_MENUS or key.number > newest)
    return Priority.NEW if is_new else INITIAL_PRIORITIES[key.kind]


def make_due_now(db: Database, keys: Iterable[PageKey], at: datetime) -> None:
    """Make pages due now, and first of all."""
    now = stamp(at)
    db.conn.executemany(
        "UPDATE pages SET due_at = min(due_at, ?), priority = 0 WHERE kind = ? AND number = ?",
        [(now, key.kind.value, key.number) for key in keys],
    )


def assign_shard(db: Database, shard: Shard) -> None:
    """Leave to other machines what is theirs, and take back what is ours. Quick if nothing changes."""
    values = {"k": shard.k, "of": shard.of}
    if shard.of > 1:
        db.execute(f"UPDATE pages SET priority = 9 WHERE priority < 9 AND NOT {_IN_SHARD}", values)  # noqa: S608 - ours
    db.execute(
        f"UPDATE pages SET priority = iif(checked_at IS NULL, 4, 5) WHERE priority = 9 AND {_IN_SHARD}",  # noqa: S608 - ours
        values,
    )


def page_id(db: Database, key: PageKey) -> int | None:
    """The row of a page, None if it is not known."""
    row = db.execute(
        "SELECT id FROM pages WHERE kind = ? AND number = ?", [key.kind.value, key.number]
    ).fetchone()
    return row and int(row[0])


def reset_future_checks(db: Database, now: datetime) -> int:
    """Make pages due that were looked at later than ``now``, as by a clock that was ahead; how many were.

    Else nobody would look at them until then. Goes through all pages: a tenth of a second for a million.
    """
    query = "UPDATE pages SET due_at = :now, checked_at = :now WHERE checked_at > :now"
    return int(db.execute(query, {"now": stamp(now)}).rowcount)


class BackfillProgress(NamedTuple):
    """How far back the archive goes: articles known, those looked at, and the oldest read, a date."""

    known: int
    checked: int
    oldest: str | None


def backfill_progress(db: Database) -> BackfillProgress:
    """Count through the frontier."""
    known, checked = db.execute(
        "SELECT count(*), count(checked_at) FROM pages WHERE kind = 'article'"
    ).fetchone()
    (oldest,) = db.execute("SELECT min(published) FROM articles WHERE published IS NOT NULL").fetchone()
    return BackfillProgress(known, checked, oldest)


class PageState(Protocol):
    """What the frontier of another archive says of a page. Times are stamps."""

    @property
    def priority(self) -> int: ...
    @property
    def due_at(self) -> str: ...
    @property
    def discovered_at(self) -> str: ...
    @property
    def checked_at(self) -> str | None: ...
    @property
    def changed_at(self) -> str | None: ...
    @property
    def failure_count(self) -> int: ...
    @property
    def check_count(self) -> int: ...
    @property
    def change_count(self) -> int: ...
    @property
    def change_score(self) -> float: ...


def merge(db: Database, key: PageKey, theirs: PageState) -> None:
    """Take in what another archive knows of a page known here: the later look says when to look next."""
    values = {name: getattr(theirs, name) for name in _STATE_COLUMNS}
    db.execute(_MERGE, {**values, "kind": key.kind.value, "number": key.number})


_CHECKED_LATER = "ifnull(:checked_at, '') > ifnull(checked_at, '')"
# How to choose between two states of the same instant. The more urgent one wins, so that the result of a
# merge does not depend on its direction.
_TIES = {
    "due_at": "min",
    "priority": "min",
    "failure_count": "min",
    "check_count": "max",
    "change_count": "max",
    "change_score": "max",
}
_STATE_COLUMNS = (*_TIES, "discovered_at", "checked_at", "changed_at")


def _later_or(column: str, tie: str) -> str:
    return (
        f"{column} = CASE WHEN {_CHECKED_LATER} THEN :{column}"
        f" WHEN :checked_at IS checked_at THEN {tie}({column}, :{column}) ELSE {column} END"
    )


_MERGE = f"""
UPDATE pages SET discovered_at = min(discovered_at, :discovered_at),
  changed_at = max(ifnull(changed_at, :changed_at), ifnull(:changed_at, changed_at)),
  checked_at = iif({_CHECKED_LATER}, :checked_at, checked_at),
  {", ".join(_later_or(column, tie) for column, tie in _TIES.items())}
WHERE kind = :kind AND number = :number
"""  # noqa: S608 - ours


def linked_pages(page: Page) -> list[PageKey]:
    """Every page of the paper that a page leads to, in its order; the first ``MOST_LINKS`` of very many."""
    targets = [teaser.target for teaser in (page.entries if isinstance(page, Menu) else page.related)]
    keys: list[PageKey] = []
    if isinstance(page, Article):
        targets += [link.target for link in page.links]
        keys += [PageKey(Kind.AUTHOR, author.number) for author in page.authors if author.number is not None]
        keys += [PageKey(Kind.TOPIC, tag.number) for tag in page.tags if tag.number is not None]
    keys += [key for target in targets if target and (key := page_key(target))]
    return list(dict.fromkeys(keys))[:MAX_LINKS_PER_PAGE]
