"""Discover pages: add the pages that captures link to, which are due at once.

The captures of a batch are gone through in order, as if each were stored by itself: which pages are new, and
how urgent, depends on those before.
"""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.store.frontier.known_pages import (
    INITIAL_PRIORITIES,
    NEWS_MENUS,
    ONLY_SHARD,
    Priority,
    Shard,
    page_rows,
)
from archive.timestamps import stamp

MAX_NEW_ARTICLES_PER_PAGE = 500  # added with priority NEW; the paper's menus show about a hundred


class LinkedPages(NamedTuple):
    """Pages, and the kind of the page that links to them; None: they are not known from a link.

    ``archived`` is the number of the article that the archive holds from then on, if any.
    """

    keys: Sequence[PageKey]
    at: datetime
    by: Kind | None = None
    archived: int | None = None


class Discovered(NamedTuple):
    """How many pages each step added, and when the first page of each was known by then; the ids of all."""

    counts: list[int]
    since: list[str | None]
    ids: dict[PageKey, int]


class _NewPage(NamedTuple):
    priority: Priority
    discovered_at: str


def discover(
    db: Database,
    keys: Iterable[PageKey],
    at: datetime,
    *,
    by: Kind | None = None,
    shard: Shard = ONLY_SHARD,
) -> int:
    """Add pages not known yet. Return how many; ``by`` is the kind of the page that links to them."""
    return discover_all(db, [LinkedPages(list(keys), at, by)], shard).counts[0]


def discover_all(db: Database, steps: Sequence[LinkedPages], shard: Shard = ONLY_SHARD) -> Discovered:
    """Add the pages of several steps, one after the other. Of known pages, lower ``discovered_at``."""
    finder = _Finder(db, {key for step in steps for key in step.keys}, shard)
    taken = [(finder.take(step), finder.known_since(step)) for step in steps]
    return Discovered([count for count, _ in taken], [since for _, since in taken], finder.store())


class _Finder:
    """What is known of the frontier while the steps are taken."""

    def __init__(self, db: Database, keys: Iterable[PageKey], shard: Shard) -> None:
        self._db = db
        self._shard = shard
        self._known = page_rows(db, "id, discovered_at", keys)
        self._ids = {key: id_ for key, (id_, _) in self._known.items()}
        self._earlier: dict[PageKey, str] = {}
        self._new: dict[PageKey, _NewPage] = {}
        self._newest_article, self._newest_page = _highest_numbers(db)

    def take(self, step: LinkedPages) -> int:
        """Add the pages of a step. Return how many are new."""
        # The highest number is the newest article's. A link may contain any number, so linked articles
        # count only while no article is archived.
        newest = self._newest_article or self._newest_page
        now = stamp(step.at)
        added = [key for key in dict.fromkeys(step.keys) if self._add(key, step.by, now, newest)]
        added = self._limit(added, newest or sys.maxsize)
        articles = [key.number for key in added if key.kind is Kind.ARTICLE]
        self._newest_page = max([self._newest_page, *articles])
        self._newest_article = max(self._newest_article, step.archived or 0)
        return len(added)

    def known_since(self, step: LinkedPages) -> str | None:
        """Return when the first page of a step was discovered, as far as the steps so far say."""
        key = step.keys[0] if step.keys else None
        if key in self._new:
            return self._new[key].discovered_at
        return self._earlier.get(key, self._known[key][1]) if key in self._known else None

    def _add(self, key: PageKey, by: Kind | None, now: str, newest: int) -> bool:
        if key in self._known:
            if now < self._earlier.get(key, self._known[key][1]):
                self._earlier[key] = now
            return False
        if found := self._new.get(key):
            self._new[key] = found._replace(discovered_at=min(now, found.discovered_at))
            return False
        self._new[key] = _NewPage(self._priority(key, by, newest), now)
        return True

    def _priority(self, key: PageKey, by: Kind | None, newest: int) -> Priority:
        if self._shard.of > 1 and not self._shard.has(key):
            return Priority.ELSEWHERE
        is_new = key.kind is Kind.ARTICLE and (by in NEWS_MENUS or key.number > newest)
        return Priority.NEW if is_new else INITIAL_PRIORITIES[key.kind]

    def _limit(self, added: Sequence[PageKey], newest: int) -> list[PageKey]:
        """Keep ``NEW`` for the first ``MAX_NEW_ARTICLES_PER_PAGE`` of the pages that a step added.

        The others become ``PAST``. Those with a number above ``newest`` are left out: they are discovered
        again when the linking page is fetched again.
        """
        urgent = [key for key in added if self._new[key].priority is Priority.NEW]
        beyond = set(urgent[MAX_NEW_ARTICLES_PER_PAGE:])
        for key in beyond:
            if key.number > newest:
                del self._new[key]
            else:
                self._new[key] = self._new[key]._replace(priority=Priority.PAST)
        return [key for key in added if key in self._new]

    def store(self) -> dict[PageKey, int]:
        """Write what is new. Return the ids of all pages."""
        self._db.conn.executemany(
            "UPDATE pages SET discovered_at = :at, due_at = iif(checked_at IS NULL, min(due_at, :at), due_at)"
            " WHERE id = :id",
            [{"at": at, "id": self._ids[key]} for key, at in self._earlier.items()],
        )
        if self._new:
            (last,) = self._db.execute("SELECT ifnull(max(id), 0) FROM pages").fetchone()
            self._ids |= {key: id_ for id_, key in enumerate(self._new, start=last + 1)}
            self._db.conn.executemany(
                "INSERT INTO pages (id, kind, number, priority, due_at, discovered_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (self._ids[key], key.kind.value, key.number, page.priority, *[page.discovered_at] * 2)
                    for key, page in self._new.items()
                ],
            )
        return self._ids


def _highest_numbers(db: Database) -> tuple[int, int]:
    """Return the highest number of an archived article and of an article's page; 0 without any."""
    row = db.execute(
        "SELECT ifnull((SELECT max(id) FROM articles WHERE id > 0), 0),"
        " ifnull((SELECT max(number) FROM pages WHERE kind = 'article'), 0)"
    ).fetchone()
    return int(row[0]), int(row[1])
