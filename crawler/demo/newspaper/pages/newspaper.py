"""The sample newspaper: a pure function from a seed, a page's key and a time to what the page says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from archive.model import Article, Kind, Page, PageKey
from archive.pagekey import ROOT
from crawler.demo.newspaper.newsroom.desk import Desk
from crawler.demo.newspaper.newsroom.edits import Edit
from crawler.demo.newspaper.newsroom.plan import Schedule
from crawler.demo.newspaper.newsroom.related_and_tags import page_of
from crawler.demo.newspaper.pages.menus import AUTHOR_NUMBERS, SECTIONS, TOPICS, menu, stories

START = datetime(2025, 4, 1, 6, tzinfo=UTC)
PAGES_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Event:
    """Something an editor did to a page at a moment."""

    moment: datetime
    key: PageKey
    edit: Edit


@dataclass(frozen=True)
class Newspaper:
    """A made-up paper, always the same for the same four values.

    ``articles`` are out by ``start`` (aware; UTC unless you like riddles), and ``daily`` more appear on
    each day after; with ``daily=0`` nothing new ever does. Edits go on in either case.
    """

    seed: int = 1
    articles: int = 40
    start: datetime = START
    daily: int = 40

    def page(self, key: PageKey, at: datetime) -> Page | None:
        """What the page says at ``at``; None if it is not there, not yet or not any more.

        A page that says the same again is the same object again, so that it need not be set twice.
        """
        return self._pages(key, at)

    def keys(self, at: datetime) -> list[PageKey]:
        """All pages that are there."""
        keys = [ROOT, *(PageKey(Kind.SECTION, number) for number in SECTIONS)]
        keys += [PageKey(Kind.TOPIC, number) for number in (*TOPICS, *stories(self.desk, at))]
        keys += [PageKey(Kind.AUTHOR, number) for number in AUTHOR_NUMBERS]
        return [key for key in keys if self.page(key, at)] + self.articles_there(at)

    def articles_there(self, at: datetime) -> list[PageKey]:
        """The articles one can read at ``at``, oldest first."""
        return [self._article_key(index) for index in reversed(list(self.desk.newest(at)))]

    def wordings(self, key: PageKey, at: datetime) -> list[tuple[datetime, Article | None]]:
        """The true history of an article until ``at``: from each moment on it read so, None: retracted.

        The articles are pages as of their moments, so related ones and tags drift on after that.
        """
        index = self._index(key)
        if index is None:
            return []
        return [
            (step.moment, page_of(self.desk, index, step.draft, step.moment) if step.draft else None)
            for step in self.desk.steps(index)
            if step.moment <= at
        ]

    def events(self, until: datetime, since: datetime | None = None) -> list[Event]:
        """What happened in ``since < moment <= until``, in order; ``since=None`` is from the beginning."""
        found = [
            Event(step.moment, self._article_key(index), step.edit)
            for index in range(self.desk.published(until))
            for step in self.desk.steps(index)
            if step.moment <= until and (since is None or since < step.moment)
        ]
        return sorted(found, key=lambda event: (event.moment, event.key))

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.seed, Schedule(self.start, self.articles, self.daily))

    @cached_property
    def _pages(self) -> Callable[[PageKey, datetime], Page | None]:
        return lru_cache(PAGES_KEPT)(self._page)

    @cached_property
    def _last_said(self) -> dict[PageKey, Page]:
        return {}

    def _page(self, key: PageKey, at: datetime) -> Page | None:
        page = self._article(key, at) if key.kind is Kind.ARTICLE else menu(self.desk, key, at)
        if page is None:
            return None
        last = self._last_said.get(key)
        if page == last:
            return last
        self._last_said[key] = page
        return page

    def _article(self, key: PageKey, at: datetime) -> Article | None:
        index = self._index(key)
        draft = None if index is None else self.desk.draft(index, at)
        return None if index is None or draft is None else page_of(self.desk, index, draft, at)

    def _index(self, key: PageKey) -> int | None:
        return self.desk.index(key.number) if key.kind is Kind.ARTICLE else None

    def _article_key(self, index: int) -> PageKey:
        return PageKey(Kind.ARTICLE, self.desk.plan(index).number)
