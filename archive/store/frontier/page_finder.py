"""Which linked pages are new, and how urgent they are. Pure.

The captures of a batch are gone through in order, as if each were stored by itself: which pages are new, and
how urgent, depends on those before.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from archive.model import Kind, PageKey
from archive.store.frontier.known_pages import INITIAL_PRIORITIES, NEWS_MENUS, ONLY_SHARD, Priority, Shard
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


class NewPage(NamedTuple):
    """How a page is added. ``discovered_at`` is a stamp."""

    priority: Priority
    discovered_at: str


class PageFinder:
    """Finds new pages, one step after the other.

    ``known`` has the stamps at which the pages that the steps name were discovered, as far as they are known.
    ``newest_article`` is the highest number of an archived article, ``newest_page`` that of an article's
    page; 0 without any. ``new`` are the pages that were found, in order, ``earlier`` the known pages that
    were discovered earlier than known.
    """

    def __init__(
        self,
        known: Mapping[PageKey, str],
        *,
        newest_article: int,
        newest_page: int,
        shard: Shard = ONLY_SHARD,
    ) -> None:
        self.new: dict[PageKey, NewPage] = {}
        self.earlier: dict[PageKey, str] = {}
        self.newest_article = newest_article
        self._newest_page = newest_page
        self._known = known
        self._shard = shard

    def take(self, step: LinkedPages) -> int:
        """Find the new pages of a step. Return how many they are."""
        # The highest number is the newest article's. A link may contain any number, so linked articles
        # count only while no article is archived.
        newest = self.newest_article or self._newest_page
        now = stamp(step.at)
        added = [key for key in dict.fromkeys(step.keys) if self._add(key, step.by, now, newest)]
        added = self._limit(added, newest or sys.maxsize)
        articles = [key.number for key in added if key.kind is Kind.ARTICLE]
        self._newest_page = max([self._newest_page, *articles])
        self.newest_article = max(self.newest_article, step.archived or 0)
        return len(added)

    def known_since(self, step: LinkedPages) -> str | None:
        """Return when the first page of a step was discovered, as far as the steps so far say."""
        if not step.keys:
            return None
        key = step.keys[0]
        if key in self.new:
            return self.new[key].discovered_at
        return self.earlier.get(key, self._known.get(key))

    def _add(self, key: PageKey, by: Kind | None, now: str, newest: int) -> bool:
        if key in self._known:
            if now < self.earlier.get(key, self._known[key]):
                self.earlier[key] = now
            return False
        if found := self.new.get(key):
            self.new[key] = found._replace(discovered_at=min(now, found.discovered_at))
            return False
        self.new[key] = NewPage(self._priority(key, by, newest), now)
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
        urgent = [key for key in added if self.new[key].priority is Priority.NEW]
        beyond = set(urgent[MAX_NEW_ARTICLES_PER_PAGE:])
        for key in beyond:
            if key.number > newest:
                del self.new[key]
            else:
                self.new[key] = self.new[key]._replace(priority=Priority.PAST)
        return [key for key in added if key in self.new]
