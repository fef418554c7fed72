"""The measured pages: those of the sample newspaper's gopher server."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.model import Capture, PageKey
from archive.pagekey import selector
from archive.renditions.forms import gopher
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock

HOST, PORT = "taz.de", 70
HOME = f"{HOST}:{PORT}"


@dataclass(frozen=True, slots=True)
class WirePage:
    """A page of the paper as bytes."""

    key: PageKey
    body: bytes

    def capture(self, at: datetime) -> Capture:
        url = f"gopher://{HOST}/1{selector(self.key)}"
        return Capture(
            source="gopher", url=url, captured_at=at, key=self.key, body=self.body, rendition="gopher"
        )


def wire_pages(articles: int, *, later: timedelta = timedelta(0), menus: bool = False) -> list[WirePage]:
    """Return the pages of ``articles`` articles, oldest first, as they are ``later`` than the start.

    ``menus`` puts the front page and the menus of sections, topics and authors before them.
    """
    newspaper = Newspaper(seed=1, articles=articles, daily=0)
    at = START + later
    edition = Edition(newspaper, PaperClock(at))
    keys = newspaper.keys(at) if menus else newspaper.articles_there(at)
    pages = ((key, edition.page(key)) for key in keys)
    return [
        WirePage(key, gopher.encode(edition.lines(page), host=HOST, port=PORT)) for key, page in pages if page
    ]
