"""gopherspace.de's phoxy: ``/proxy/phoxy.php?host=taz.de&pfad=/!6081430``."""

from dataclasses import dataclass

from archive.gateways import in_host_and_pfad
from archive.model import PageKey
from archive.paper import HOST
from crawler.sources.gateways.web import Gateway, selector_or_root


@dataclass(frozen=True, slots=True)
class Phoxy(Gateway):
    name = "phoxy"
    rendition = "phoxy"
    folds = True
    home = "https://gopherspace.de/proxy/phoxy.php"
    place = staticmethod(in_host_and_pfad)

    def url(self, key: PageKey) -> str:
        return f"{self.base}/proxy/phoxy.php?host={HOST}&pfad={selector_or_root(key)}"
