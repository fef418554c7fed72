"""Serve in the foreground until a signal arrives."""

import asyncio
import signal
from collections.abc import Callable, Sequence

from archive.servers.server import LOOPBACK, Address, Endpoint, serve_until


def endpoint_url(endpoint: Endpoint, address: Address) -> str:
    """Return the URL of an endpoint's root, as ``gopher://127.0.0.1:7070/``."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{endpoint.scheme}://{host}:{address.port}/"


def serve(endpoints: Sequence[Endpoint], host: str = LOOPBACK, *, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. ``announce`` is called with the URL of each endpoint first."""

    def opened(addresses: list[Address]) -> None:
        for endpoint, address in zip(endpoints, addresses, strict=True):
            announce(endpoint_url(endpoint, address))

    async def until_signalled() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await serve_until(endpoints, host, stopped, opened)

    asyncio.run(until_signalled())
