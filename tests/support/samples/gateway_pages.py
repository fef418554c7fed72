"""The sample newspaper's pages as each gateway shows them."""

from collections.abc import Sequence

from archive.gateways import ServerPage
from archive.model import Article, Line, PageKey
from archive.pagekey import selector
from archive.paper import GOPHER_PORT, HOST
from crawler.demo.newspaper.gateways.fuckup import FUCKUP, KROOVY
from crawler.demo.newspaper.gateways.meulie import MEULIE
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.mills import CORTEX, MILLS
from crawler.demo.newspaper.gateways.nicfab import NICFAB
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.web import SampleGateway
from crawler.sources.registry import source_kinds

GATEWAYS: dict[str, SampleGateway] = {
    "meulie": MEULIE,
    "mills": MILLS,
    "cortex": CORTEX,
    "fuckup": FUCKUP,
    "kroovy": KROOVY,
    "miga": MIGA,
    "phoxy": PHOXY,
    "nicfab": NICFAB,
}
NEWSPAPER = Newspaper(seed=2, articles=120)
ARTICLES = NEWSPAPER.articles_there(START)


def rendition_of(name: str) -> str:
    """The rendition that a gateway sends."""
    source, _ = source_kinds()[name].read_seed("http://127.0.0.1/")
    return source.rendition


def truth(key: PageKey) -> Article:
    """What the newspaper says."""
    page = NEWSPAPER.page(key, START)
    assert isinstance(page, Article)
    return page


def shown(name: str, key: PageKey) -> bytes:
    """A page of the newspaper as a gateway shows it."""
    page = NEWSPAPER.page(key, START)
    assert page
    return shown_lines(name, GATEWAYS[name].lines(Edition(NEWSPAPER, PaperClock(START)), page), key)


def shown_lines(name: str, lines: Sequence[Line], key: PageKey = ARTICLES[0]) -> bytes:
    """Any lines as a gateway shows them."""
    return GATEWAYS[name].show(ServerPage(HOST, GOPHER_PORT, "1", selector(key)), lines).encode()
