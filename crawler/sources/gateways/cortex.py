"""bbs.cortex-media.info, which runs the same as gopher.mills.io: ``/taz.de/1/%216081430``."""

from dataclasses import dataclass
from urllib.parse import quote

from archive.gateways import in_path
from archive.model import PageKey
from archive.paper import HOST
from crawler.sources.gateways.web import Gateway, selector_or_root


@dataclass(frozen=True, slots=True)
class Cortex(Gateway):
    name = "cortex"
    rendition = "mills"
    home = "https://bbs.cortex-media.info/"
    place = staticmethod(in_path)

    def url(self, key: PageKey) -> str:
        return f"{self.base}/{HOST}/1{quote(selector_or_root(key))}"
