"""gopher.miga.me.uk: ``/?url=gopher%3A%2F%2Ftaz.de%3A70%2F1%2F%216081430``."""

from dataclasses import dataclass
from urllib.parse import quote

from archive.gateways import in_url
from archive.model import PageKey
from archive.paper import GOPHER_PORT, HOST
from crawler.sources.gateways.web import Gateway, selector_or_root


@dataclass(frozen=True, slots=True)
class Miga(Gateway):
    name = "miga"
    rendition = "miga"
    home = "https://gopher.miga.me.uk/"
    place = staticmethod(in_url)

    def url(self, key: PageKey) -> str:
        return f"{self.base}/?url={quote(f'gopher://{HOST}:{GOPHER_PORT}/1{selector_or_root(key)}', safe='')}"
