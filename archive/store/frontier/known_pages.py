"""The frontier: which pages are known, when each is due, and which are leased to a run. Table ``pages``.

A page has no column for its state. The state follows from two times:

=========  =======================================  ====================================================
state      columns                                  next
=========  =======================================  ====================================================
waiting    ``due_at > now``                         due, once ``due_at`` is reached
due        ``due_at <= now``, no valid lease        leased (:func:`.leasing.lease`)
leased     ``leased_until > now``                   done or failed; due again when the lease expires
done       ``leased_until`` NULL, ``checked_at``    waiting: ``due_at`` follows from how often the page
           set, ``failure_count`` 0                 has changed (:mod:`archive.policy.revisit`)
failed     ``leased_until`` NULL,                   waiting: each failure in a row (unreadable, absent or
           ``failure_count`` > 0                    unreachable) makes the wait longer
elsewhere  ``priority`` 9                           due, when the shard of this machine includes it, or
                                                    no shared frontier gives the pages any more
=========  =======================================  ====================================================

A page leaves ``leased`` in the transaction that stores its capture (:mod:`.reschedule`), so a page is never
done without a capture. If another source is to be asked for the page, it stays leased. A run that is killed
leaves its leases; they expire, and the next run with the write lock releases them
(:func:`.leasing.release_all`).

Two more rules decide what is fetched. A *back-off* belongs to a host, not to a page (:mod:`.hosts`): its
pages stay due, and are not fetched from it until it ends. A *refetch* (:mod:`.refetch`) concerns articles
whose text is truncated: a run asks another source for them, whether or not they are due.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple, Protocol, Self

from sqlite_utils import Database

from archive.model import Article, Kind, Menu, Page, PageKey
from archive.pagekey import page_key
from archive.timestamps import stamp

# Raw SQL here, since recording a capture runs it.


class Priority(IntEnum):
    """The order in which due pages are fetched. ``schema.py`` has an index for ``PAST``."""

    SEED = 0  # pages that the user named
    NEW = 1  # articles never fetched that are probably new
    YOUNG = 2  # articles fetched before, while they change most
    MENU = 3  # menus with news, most news first
    PAST = 4  # older articles never fetched, newest first: the backfill
    REST = 5  # old articles and quiet menus, longest due first
    ELSEWHERE = 9  # pages of another machine's shard, or of a shared frontier; never leased


WITHOUT_BACKFILL = (Priority.SEED, Priority.NEW, Priority.YOUNG, Priority.MENU)
ALL_PRIORITIES = (*WITHOUT_BACKFILL, Priority.PAST, Priority.REST)
NEWS_MENUS = (Kind.ROOT, Kind.SECTION)  # menus that show what is new
INITIAL_PRIORITIES = {
    Kind.ARTICLE: Priority.PAST,
    Kind.ROOT: Priority.MENU,
    Kind.SECTION: Priority.MENU,
    Kind.TOPIC: Priority.REST,
    Kind.AUTHOR: Priority.REST,
}
MAX_LINKS_PER_PAGE = 10_000

_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")


class Shard(NamedTuple):
    """The articles that one of several machines fetches: shard ``k``, from 1, ``of`` so many.

    Every machine fetches all menus, since the machines share nothing and discover articles from them. The
    shard ``k`` 0 has no page: a shared frontier says which pages are due.
    """

    k: int = 1
    of: int = 1

    @classmethod
    def named(cls, text: str) -> Self:
        """Parse ``2/3``, the second of three shards. Raises :exc:`ValueError` for anything else."""
        match = _SHARD.fullmatch(text)
        if not match or int(match[1]) > int(match[2]):
            raise ValueError(f'invalid shard "{text}": use 1/3, 2/3 and 3/3 for three machines')
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.k}/{self.of}"

    def has(self, key: PageKey) -> bool:
        """Return whether this machine fetches a page."""
        return self.k > 0 and (key.kind is not Kind.ARTICLE or key.number % self.of == self.k - 1)


ONLY_SHARD, NO_SHARD = Shard(), Shard(0, 2)
_IN_SHARD = "(:k > 0 AND (kind <> 'article' OR number % :of = :k - 1))"


def add(db: Database, keys: Iterable[PageKey], at: datetime, *, by: Kind | None = None) -> None:  # noqa: ARG001 - as discovery.discover
    """Add any number of pages with the initial priority of their kind, from another archive or the user."""
    now = stamp(at)
    add_each(db, [(key, now) for key in keys])


def add_each(db: Database, pages: Iterable[tuple[PageKey, str]]) -> None:
    """Add pages, each with the time of its discovery. Of known ones, lower ``discovered_at``."""
    db.conn.executemany(
        "INSERT INTO pages (kind, number, priority, due_at, discovered_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, number) DO UPDATE SET discovered_at = excluded.discovered_at,"
        " due_at = iif(checked_at IS NULL, min(due_at, excluded.due_at), due_at)"
        " WHERE excluded.discovered_at < discovered_at",
        [(key.kind.value, key.number, INITIAL_PRIORITIES[key.kind], at, at) for key, at in pages],
    )


def make_due_now(db: Database, keys: Iterable[PageKey], at: datetime) -> None:
    """Make pages due now, with the highest priority."""
    now = stamp(at)
    db.conn.executemany(
        "UPDATE pages SET due_at = min(due_at, ?), priority = 0 WHERE kind = ? AND number = ?",
        [(now, key.kind.value, key.number) for key in keys],
    )


def assign_shard(db: Database, shard: Shard) -> int:
    """Set the priority ``ELSEWHERE`` for pages outside a shard, and reset it for pages inside.

    Return how many pages were reset.
    """
    values = {"k": shard.k, "of": shard.of}
    if shard.of > 1:
        db.execute(f"UPDATE pages SET priority = 9 WHERE priority < 9 AND NOT {_IN_SHARD}", values)  # noqa: S608 - ours
    reset = f"UPDATE pages SET priority = iif(checked_at IS NULL, 4, 5) WHERE priority = 9 AND {_IN_SHARD}"  # noqa: S608 - ours
    return int(db.execute(reset, values).rowcount)


def page_id(db: Database, key: PageKey) -> int | None:
    """Return the id of a page, None if it is not known."""
    row = db.execute(
        "SELECT id FROM pages WHERE kind = ? AND number = ?", [key.kind.value, key.number]
    ).fetchone()
    return row and int(row[0])


def page_rows(db: Database, columns: str, keys: Iterable[PageKey]) -> dict[PageKey, tuple[Any, ...]]:
    """Return columns of the pages that are known, by page. One statement reads all pages of a kind."""
    numbers: defaultdict[Kind, list[int]] = defaultdict(list)
    for key in keys:
        numbers[key.kind].append(key.number)
    query = (
        f"SELECT number, {columns} FROM pages WHERE kind = ? AND number IN (SELECT value FROM json_each(?))"  # noqa: S608 - ours
    )
    return {
        PageKey(kind, number): row
        for kind, listed in numbers.items()
        for number, *row in db.execute(query, [kind.value, json.dumps(listed)])
    }


def reset_future_checks(db: Database, now: datetime) -> int:
    """Make pages due that were checked later than ``now``, by a clock that was ahead. Returns how many.

    Scans the whole table: 0.1 s for a million pages.
    """
    query = "UPDATE pages SET due_at = :now, checked_at = :now WHERE checked_at > :now"
    return int(db.execute(query, {"now": stamp(now)}).rowcount)


class BackfillProgress(NamedTuple):
    """How far back the archive goes: articles known and fetched, and the earliest date of publication."""

    known: int
    checked: int
    oldest: str | None


def backfill_progress(db: Database) -> BackfillProgress:
    """Count the articles of the frontier."""
    known, checked = db.execute(
        "SELECT count(*), count(checked_at) FROM pages WHERE kind = 'article'"
    ).fetchone()
    (oldest,) = db.execute("SELECT min(published) FROM articles WHERE published IS NOT NULL").fetchone()
    return BackfillProgress(known, checked, oldest)


class PageState(Protocol):
    """The row of a page in the frontier of another archive. Times are stamps."""

    @property
    def key(self) -> PageKey: ...
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


def merge(db: Database, theirs: Iterable[PageState]) -> None:
    """Merge the rows of known pages with those of another archive: the later check decides the schedule."""
    db.conn.executemany(_MERGE, [_values(page) for page in theirs])


def adopt(db: Database, states: Iterable[PageState]) -> None:
    """Take over the states of pages from a shared frontier, which goes on to say when they are due."""
    db.conn.executemany(
        f"UPDATE pages SET {', '.join(f'{name} = :{name}' for name in STATE_COLUMNS)}, priority = 9"  # noqa: S608 - ours
        " WHERE kind = :kind AND number = :number",
        [_values(page) for page in states],
    )


def _values(page: PageState) -> dict[str, Any]:
    columns = {name: getattr(page, name) for name in STATE_COLUMNS}
    return {**columns, "kind": page.key.kind.value, "number": page.key.number}


_CHECKED_LATER = "ifnull(:checked_at, '') > ifnull(checked_at, '')"
# How to choose between two rows checked at the same instant. The more urgent value wins, so that the result
# of a merge does not depend on its direction.
_TIES = {
    "due_at": "min",
    "priority": "min",
    "failure_count": "min",
    "check_count": "max",
    "change_count": "max",
    "change_score": "max",
}
STATE_COLUMNS = (*_TIES, "discovered_at", "checked_at", "changed_at")


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
    """Return the pages of the paper that a page links to, in order, at most ``MAX_LINKS_PER_PAGE``."""
    targets = [teaser.target for teaser in (page.entries if isinstance(page, Menu) else page.related)]
    keys: list[PageKey] = []
    if isinstance(page, Article):
        targets += [link.target for link in page.links]
        keys += [PageKey(Kind.AUTHOR, author.number) for author in page.authors if author.number is not None]
        keys += [PageKey(Kind.TOPIC, tag.number) for tag in page.tags if tag.number is not None]
    keys += [key for target in targets if target and (key := page_key(target))]
    return list(dict.fromkeys(keys))[:MAX_LINKS_PER_PAGE]
