"""Every door the newspaper can be read through, by the name of its source."""

from functools import partial
from typing import Protocol

from archive.servers.gemini import gemini_door
from archive.servers.gopher import gopher_door
from archive.servers.server import Door
from crawler.demo.newspaper.gateways.fuckup import FUCKUP, KROOVY
from crawler.demo.newspaper.gateways.meulie import MEULIE
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.mills import CORTEX, MILLS
from crawler.demo.newspaper.gateways.nicfab import NICFAB
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.serving.web import gateway_door


class MakeDoor(Protocol):
    """Port 0 is any free one; ``robots`` is the text of robots.txt."""

    def __call__(self, pages: Edition, /, *, port: int = ..., robots: str = ...) -> Door: ...


DOORS: dict[str, MakeDoor] = {
    "gopher": gopher_door,
    "gemini": gemini_door,
    "meulie": partial(gateway_door, MEULIE),
    "mills": partial(gateway_door, MILLS),
    "cortex": partial(gateway_door, CORTEX),
    "fuckup": partial(gateway_door, FUCKUP),
    "kroovy": partial(gateway_door, KROOVY),
    "miga": partial(gateway_door, MIGA),
    "phoxy": partial(gateway_door, PHOXY),
    "nicfab": partial(gateway_door, NICFAB),
}
