"""The newspaper, served: in a thread of this process, or in a process of its own."""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from crawler.newspaper.clock import Clock, FileClock
from crawler.newspaper.edition import Edition
from crawler.newspaper.gopher import ROBOTS, gopher_door
from crawler.newspaper.listening import LOOPBACK, Address, Door, keep_open, listening
from crawler.newspaper.newspaper import Newspaper

AnyClock = TypeVar("AnyClock", bound=Clock)


@dataclass(frozen=True, slots=True)
class Server(Generic[AnyClock]):
    """Where the newspaper is served, and the clock that says what is in it."""

    address: Address
    clock: AnyClock

    @property
    def host(self) -> str:
        return self.address.host

    @property
    def port(self) -> int:
        return self.address.port

    @property
    def url(self) -> str:
        """``gopher://127.0.0.1:PORT/``, the root menu."""
        return f"gopher://{self.host}:{self.port}/"


@contextmanager
def serving(
    newspaper: Newspaper, clock: AnyClock, *, port: int = 0, robots: str = ROBOTS
) -> Iterator[Server[AnyClock]]:
    """Serve by gopher on loopback while the block runs. Set ``clock`` at any time."""
    with listening([gopher_door(Edition(newspaper, clock), port=port, robots=robots)]) as [address]:
        yield Server(address, clock)


def serve(doors: list[Door], host: str = LOOPBACK) -> None:
    """Serve until SIGTERM or SIGINT; prints the URL of each door first, one a line."""

    def tell(addresses: list[Address]) -> None:
        for door, address in zip(doors, addresses, strict=True):
            print(f"{door.scheme}://{address.host}:{address.port}/", flush=True)  # noqa: T201 -- for whoever waits

    async def until_signalled() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await keep_open(doors, host, stopped, tell)

    asyncio.run(until_signalled())


@contextmanager
def serving_apart(newspaper: Newspaper, *, port: int = 0) -> Iterator[Server[FileClock]]:
    """The same in a process of its own, with a clock file between: it opens at ``newspaper.start``."""
    with tempfile.TemporaryDirectory(prefix="newspaper-") as folder:
        clock = FileClock(Path(folder) / "clock")
        clock.set(newspaper.start)
        with _process(newspaper, clock, port) as process:
            assert process.stdout
            url = process.stdout.readline().strip()
            if not url:
                raise OSError(f"the newspaper's server did not start (exit code {process.wait()})")
            yield Server(Address(LOOPBACK, int(url.rstrip("/").rpartition(":")[2])), clock)


@contextmanager
def _process(newspaper: Newspaper, clock: FileClock, port: int) -> Iterator["subprocess.Popen[str]"]:
    options = {
        "--seed": newspaper.seed,
        "--articles": newspaper.articles,
        "--start": newspaper.start.isoformat(),
        "--daily": newspaper.daily,
        "--clock": clock.path,
        "--port": port,
    }
    command = [sys.executable, "-m", "crawler.newspaper"]
    command += [str(word) for option in options.items() for word in option]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own command
        try:
            yield process
        finally:
            process.terminate()
