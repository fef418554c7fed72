"""Every door the newspaper can be read through, by the name of its source."""

from functools import partial
from typing import Protocol

from archive.serving.gemini import gemini_door
from archive.serving.gopher import gopher_door
from archive.serving.listening import Door
from crawler.newspaper.edition import Edition
from crawler.newspaper.gateways.fuckup import FUCKUP, KROOVY
from crawler.newspaper.gateways.meulie import MEULIE
from crawler.newspaper.gateways.miga import MIGA
from crawler.newspaper.gateways.mills import CORTEX, MILLS
from crawler.newspaper.gateways.nicfab import NICFAB
from crawler.newspaper.gateways.phoxy import PHOXY
from crawler.newspaper.web import gateway_door


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
