"""The newspaper at its clock's time: the pages that servers serve."""

from dataclasses import dataclass

from archive.model import Line, Page, PageKey
from crawler.newspaper.clock import Clock
from crawler.newspaper.newspaper import Newspaper
from crawler.newspaper.press import set_page


@dataclass(frozen=True, slots=True)
class Edition:
    """What is in the paper now, whatever the clock calls now."""

    newspaper: Newspaper
    clock: Clock

    def page(self, key: PageKey) -> Page | None:
        return self.newspaper.page(key, self.clock.now())

    def lines(self, page: Page) -> list[Line]:
        return set_page(self.newspaper.desk, page)
