"""gemini.nicfab.eu, a gateway to geminispace: ``/lxy/external/taz.de%2F%216081430``."""

from dataclasses import dataclass
from urllib.parse import quote

from archive.gateways import EXTERNAL, in_lxy
from archive.model import PageKey
from archive.paper import HOST
from crawler.sources.gateways.web import Gateway, selector_or_root


@dataclass(frozen=True, slots=True)
class Nicfab(Gateway):
    name = "nicfab"
    rendition = "gemini-html"
    home = "https://gemini.nicfab.eu/"
    place = staticmethod(in_lxy)

    def url(self, key: PageKey) -> str:
        return f"{self.base}{EXTERNAL}{quote(HOST + selector_or_root(key), safe='')}"
