"""The sample newspaper's articles in every rendition."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from archive.gateways import ServerPage
from archive.model import Article, PageKey
from archive.pagekey import selector
from archive.renditions.decode import read_page
from archive.renditions.forms import gopher
from crawler.demo.newspaper.gateways.fuckup import FUCKUP
from crawler.demo.newspaper.gateways.meulie import MEULIE
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.mills import CORTEX, MILLS
from crawler.demo.newspaper.gateways.nicfab import NICFAB
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.gemtext import write_gemtext
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.web import SampleGateway

HOST, PORT = "taz.de", 70
Write = Callable[[Edition, PageKey, Article], bytes]


def _gopher(edition: Edition, _: PageKey, page: Article) -> bytes:
    return gopher.encode(edition.lines(page), host=HOST, port=PORT)


def _gemini(_: Edition, __: PageKey, page: Article) -> bytes:
    return write_gemtext(page).encode()


def _through(gateway: SampleGateway, edition: Edition, key: PageKey, page: Article) -> bytes:
    return gateway.show(ServerPage(HOST, PORT, "1", selector(key)), gateway.lines(edition, page)).encode()


# By source: its rendition, and a function that writes an article in it.
SOURCES: dict[str, tuple[str, Write]] = {
    "gopher": ("gopher", _gopher),
    "gemini": ("gemini", _gemini),
    "meulie": ("meulie", partial(_through, MEULIE)),
    "mills": ("mills", partial(_through, MILLS)),
    "cortex": ("mills", partial(_through, CORTEX)),
    "fuckup": ("fuckup", partial(_through, FUCKUP)),
    "miga": ("miga", partial(_through, MIGA)),
    "phoxy": ("phoxy", partial(_through, PHOXY)),
    "nicfab": ("gemini-html", partial(_through, NICFAB)),
}
TRUNCATING_SOURCE, TRANSLITERATING_SOURCE = "meulie", "phoxy"
SOURCES_WITHOUT_BLANK_LINES = frozenset({"meulie", "miga"})


def read(source: str, key: PageKey, body: bytes) -> Article:
    """Return the article read from a source's page."""
    page = read_page(body, key=key, rendition=SOURCES[source][0])
    assert isinstance(page, Article)
    return page


def written(source: str, edition: Edition, key: PageKey, page: Article) -> bytes:
    """Return the article as a source sends it."""
    return SOURCES[source][1](edition, key, page)


def pages(newspaper: Newspaper, at: datetime) -> Iterator[tuple[Edition, PageKey, Article]]:
    """Yield all articles published at a time, with their true contents."""
    edition = Edition(newspaper, PaperClock(at))
    for key in newspaper.articles_there(at):
        page = edition.page(key)
        assert isinstance(page, Article)
        yield edition, key, page
