"""Serve in the foreground, until told to stop."""

import asyncio
import signal
from collections.abc import Callable, Sequence

from archive.servers.server import LOOPBACK, Address, Door, keep_open


def url_of(door: Door, address: Address) -> str:
    """``gopher://127.0.0.1:PORT/``."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{door.scheme}://{host}:{address.port}/"


def serve(doors: Sequence[Door], host: str = LOOPBACK, *, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``tell`` is told the URL of each door first."""

    def opened(addresses: list[Address]) -> None:
        for door, address in zip(doors, addresses, strict=True):
            tell(url_of(door, address))

    async def until_signalled() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await keep_open(doors, host, stopped, opened)

    asyncio.run(until_signalled())
