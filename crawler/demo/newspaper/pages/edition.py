"""The newspaper at its clock's time: the pages that servers serve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.model import Line, Page, PageKey
from archive.pagekey import key_in
from archive.servers.site import ServedSite
from crawler.demo.newspaper.pages.gemtext import write_gemtext
from crawler.demo.newspaper.pages.layout import set_page
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import Clock

MAX_CACHED_LINES = 4096


class Pages(Protocol):
    """Pages by key, as gateways need them."""

    def page(self, key: PageKey) -> Page | None:
        """Return the current page; the same object while it is unchanged."""

    def lines(self, page: Page) -> Sequence[Line]:
        """Return the lines of the page."""

    def gemtext(self, page: Page) -> str:
        """Return the page as gemtext."""


@dataclass(frozen=True, slots=True)
class Edition(ServedSite[Page]):
    """The newspaper at the time of its clock: a site, and pages for gateways."""

    newspaper: Newspaper
    clock: Clock

    def page(self, key: PageKey) -> Page | None:
        return self.newspaper.page(key, self.clock.now())

    def find(self, place: str, words: str) -> Page | None:  # noqa: ARG002 -- this paper has no search
        key = key_in(place)
        return self.page(key) if key else None

    def asks(self, place: str) -> None:
        """Return None: no page asks for words."""

    def lines(self, page: Page) -> list[Line]:
        return set_page(self.newspaper.desk, page)

    def gemtext(self, page: Page) -> str:
        return write_gemtext(page)
