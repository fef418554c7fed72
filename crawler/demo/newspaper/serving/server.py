"""The newspaper served by a thread of this process, or by a separate process."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from archive.servers.running import endpoint_url
from archive.servers.server import LOOPBACK, Address, Endpoint, serve_in_thread
from archive.servers.site import ROBOTS
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import Clock, FileClock
from crawler.demo.newspaper.serving.ports import DOORS

GOPHER_ENDPOINT = "gopher"
AnyClock = TypeVar("AnyClock", bound=Clock)


@dataclass(frozen=True, slots=True)
class NewspaperServer(Generic[AnyClock]):
    """The endpoints of a served newspaper, and its clock.

    ``urls`` go by the names of sources, in the order asked for; each can be a crawl's seed. ``address``
    is where the first endpoint is.
    """

    address: Address
    clock: AnyClock
    urls: Mapping[str, str]

    @property
    def host(self) -> str:
        return self.address.host

    @property
    def port(self) -> int:
        return self.address.port

    @property
    def url(self) -> str:
        """``gopher://127.0.0.1:PORT/``, the root menu."""
        return next(iter(self.urls.values()))


@contextmanager
def serving(
    newspaper: Newspaper,
    clock: AnyClock,
    *,
    via: Sequence[str] = (GOPHER_ENDPOINT,),
    port: int = 0,
    robots: str = ROBOTS,
) -> Iterator[NewspaperServer[AnyClock]]:
    """Serve on loopback while the block runs. ``clock`` can be set at any time.

    ``via`` are names of :data:`crawler.demo.newspaper.serving.ports.DOORS`; ``port`` is the first one's.
    """
    endpoints = make_endpoints(Edition(newspaper, clock), via, port=port, robots=robots)
    with serve_in_thread(endpoints) as addresses:
        urls = dict(zip(via, map(endpoint_url, endpoints, addresses), strict=True))
        yield NewspaperServer(addresses[0], clock, urls)


def make_endpoints(
    pages: Edition, via: Sequence[str], *, port: int = 0, robots: str = ROBOTS
) -> list[Endpoint]:
    """Return an endpoint for each name, the first at ``port``, the others at free ports."""
    return [DOORS[name](pages, port=0 if at else port, robots=robots) for at, name in enumerate(via)]


@contextmanager
def serving_apart(
    newspaper: Newspaper, *, via: Sequence[str] = (GOPHER_ENDPOINT,), port: int = 0
) -> Iterator[NewspaperServer[FileClock]]:
    """Serve in a separate process while the block runs, with a clock file set to ``newspaper.start``."""
    with tempfile.TemporaryDirectory(prefix="newspaper-") as folder:
        clock = FileClock(Path(folder) / "clock")
        clock.set(newspaper.start)
        with _process(newspaper, clock, via, port) as process:
            urls = dict(zip(via, _said(process, len(via)), strict=True))
            first = urlsplit(urls[via[0]])
            yield NewspaperServer(Address(LOOPBACK, first.port or 0), clock, urls)


def _said(process: "subprocess.Popen[str]", lines: int) -> list[str]:
    """Return the first lines that the server prints: the URL of each endpoint."""
    assert process.stdout
    said = [process.stdout.readline().strip() for _ in range(lines)]
    if not all(said):
        raise OSError(f"the newspaper's server did not start (exit code {process.wait()})")
    return said


@contextmanager
def _process(
    newspaper: Newspaper, clock: FileClock, via: Sequence[str], port: int
) -> Iterator["subprocess.Popen[str]"]:
    options = {
        "--seed": newspaper.seed,
        "--articles": newspaper.articles,
        "--start": newspaper.start.isoformat(),
        "--daily": newspaper.daily,
        "--clock": clock.path,
        "--port": port,
    }
    command = [sys.executable, "-m", "crawler.demo.newspaper"]
    command += [str(word) for option in options.items() for word in option]
    command += [word for name in via for word in ("--serve", name)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own command
        try:
            yield process
        finally:
            process.terminate()
