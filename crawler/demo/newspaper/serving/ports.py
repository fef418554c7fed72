"""All endpoints of the newspaper, by the name of its source."""

from functools import partial
from typing import Protocol

from archive.servers.gemini import gemini_endpoint
from archive.servers.gopher import gopher_endpoint
from archive.servers.server import Endpoint
from crawler.demo.newspaper.gateways.fuckup import FUCKUP, KROOVY
from crawler.demo.newspaper.gateways.meulie import MEULIE
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.mills import CORTEX, MILLS
from crawler.demo.newspaper.gateways.nicfab import NICFAB
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.serving.web import gateway_endpoint


class MakeDoor(Protocol):
    """Creates an endpoint. Port 0 is any free port; ``robots`` is the text of robots.txt."""

    def __call__(self, pages: Edition, /, *, port: int = ..., robots: str = ...) -> Endpoint: ...


DOORS: dict[str, MakeDoor] = {
    "gopher": gopher_endpoint,
    "gemini": gemini_endpoint,
    "meulie": partial(gateway_endpoint, MEULIE),
    "mills": partial(gateway_endpoint, MILLS),
    "cortex": partial(gateway_endpoint, CORTEX),
    "fuckup": partial(gateway_endpoint, FUCKUP),
    "kroovy": partial(gateway_endpoint, KROOVY),
    "miga": partial(gateway_endpoint, MIGA),
    "phoxy": partial(gateway_endpoint, PHOXY),
    "nicfab": partial(gateway_endpoint, NICFAB),
}
