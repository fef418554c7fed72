"""A page that never comes, and a download that is cancelled while it waits for it."""

import asyncio
import threading
from contextlib import suppress
from typing import Protocol

import pytest
from scrapy import Request

from tests.support.running.time_limit import LONGEST
from tests.support.servers.gopher_faults import Peer


class Hangup:
    """A page that never comes; ``seen`` is set when the client has closed the connection."""

    def __init__(self) -> None:
        self.asked, self.seen = threading.Event(), threading.Event()

    def __call__(self, peer: Peer) -> None:
        self.asked.set()
        with suppress(OSError):
            peer.connection.recv(1)
        self.seen.set()


class Handler(Protocol):
    """A download handler of Scrapy's."""

    async def download_request(self, request: Request) -> object: ...


async def ask_and_cancel(handler: Handler, url: str, hangup: Hangup) -> None:
    """Request a page, and cancel the request once the server has received it."""
    asked = asyncio.create_task(handler.download_request(Request(url)))
    await asyncio.to_thread(hangup.asked.wait, LONGEST)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asked, LONGEST)
