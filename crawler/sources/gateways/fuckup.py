"""gopher.fuckup.solutions, which runs gopherproxy-c: ``/?q=taz.de%2F1%2F%216081430``."""

from dataclasses import dataclass
from urllib.parse import quote

from archive.gateways import in_q
from archive.model import PageKey
from archive.paper import HOST
from crawler.sources.gateways.web import Gateway, selector_or_root


@dataclass(frozen=True, slots=True)
class Fuckup(Gateway):
    name = "fuckup"
    rendition = "fuckup"
    home = "https://gopher.fuckup.solutions/"
    place = staticmethod(in_q)

    def url(self, key: PageKey) -> str:
        return f"{self.base}/?q={quote(f'{HOST}/1{selector_or_root(key)}', safe='')}"
