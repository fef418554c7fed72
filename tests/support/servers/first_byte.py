"""A page that stops after its first byte until a test has seen what the download handler made of it."""

import asyncio
import threading

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler

from tests.support.running.time_limit import LONGEST
from tests.support.servers.gopher_faults import Peer

PAUSE = 0.3  # seconds before the first byte


class FirstByte:
    """Send one byte after ``PAUSE`` and the rest once ``released``."""

    def __init__(self, page: bytes) -> None:
        self.page = page
        self.released = threading.Event()

    def __call__(self, peer: Peer) -> None:
        peer.wait(PAUSE)
        peer.send(self.page[:1])
        self.released.wait(LONGEST)
        peer.send(self.page[1:])


async def latency_before_the_rest(handler: BaseDownloadHandler, url: str, page: FirstByte) -> float:
    """Return the latency that the handler noted while the rest of the page was still to come."""
    request = Request(url)
    fetched = asyncio.create_task(handler.download_request(request))
    try:
        while "download_latency" not in request.meta and not fetched.done():  # noqa: ASYNC110 -- it is a key of a dict
            await asyncio.sleep(0.01)
        latency: float = request.meta["download_latency"]
    finally:
        page.released.set()
    assert await fetched
    return latency
