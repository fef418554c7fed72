"""The sample newspaper: a pure function of seed, page key and time to a page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from archive.model import Article, Kind, Page, PageKey
from archive.pagekey import ROOT
from crawler.demo.newspaper.newsroom.desk import Desk
from crawler.demo.newspaper.newsroom.edits import EditKind
from crawler.demo.newspaper.newsroom.plan import Schedule
from crawler.demo.newspaper.newsroom.related_and_tags import page_of
from crawler.demo.newspaper.pages.menus import AUTHOR_NUMBERS, SECTION_NUMBERS, TOPIC_NUMBERS, menu, stories

START = datetime(2025, 4, 1, 6, tzinfo=UTC)
MAX_CACHED_PAGES = 4096


@dataclass(frozen=True, slots=True)
class PaperEvent:
    """An edit of a page at a moment."""

    moment: datetime
    key: PageKey
    edit: EditKind


@dataclass(frozen=True)
class Newspaper:
    """An invented newspaper, always the same for the same four values.

    ``articles`` are out by ``start`` (aware; UTC unless you like riddles), and ``daily`` more appear on
    each day after; with ``daily=0`` nothing new ever does. Edits go on in either case.
    """

    seed: int = 1
    articles: int = 40
    start: datetime = START
    daily: int = 40

    def page(self, key: PageKey, at: datetime) -> Page | None:
        """Return the page at a time; None if it does not exist then.

        A page that says the same again is the same object again, so that it need not be set twice.
        """
        return self._pages(key, at)

    def keys(self, at: datetime) -> list[PageKey]:
        """Return the keys of all pages that exist at a time."""
        keys = [ROOT, *(PageKey(Kind.SECTION, number) for number in SECTION_NUMBERS)]
        keys += [PageKey(Kind.TOPIC, number) for number in (*TOPIC_NUMBERS, *stories(self.desk, at))]
        keys += [PageKey(Kind.AUTHOR, number) for number in AUTHOR_NUMBERS]
        return [key for key in keys if self.page(key, at)] + self.articles_there(at)

    def articles_there(self, at: datetime) -> list[PageKey]:
        """Return the articles that exist at a time, oldest first."""
        return [self._article_key(index) for index in reversed(list(self.desk.newest(at)))]

    def wordings(self, key: PageKey, at: datetime) -> list[tuple[datetime, Article | None]]:
        """Return the true history of an article until ``at``: its texts by start, None while retracted.

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

    def events(self, until: datetime, since: datetime | None = None) -> list[PaperEvent]:
        """Return the events in ``since < moment <= until``, in order; ``since=None`` means the beginning."""
        found = [
            PaperEvent(step.moment, self._article_key(index), step.edit)
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
        return lru_cache(MAX_CACHED_PAGES)(self._page)

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
