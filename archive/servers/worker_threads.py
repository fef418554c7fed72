"""Two worker threads for request handlers, so that a slow page does not delay the others."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from archive.servers.server import Address, AsyncHandler, Endpoint, SyncHandler

MAX_WAITING_REQUESTS = 8  # for slow pages; further ones get the busy reply


class SlowPageError(Exception):
    """A page takes too long for the thread that makes quick pages."""


class WorkerThreads:
    """A thread for quick pages, and one for the pages that are too slow for it."""

    def __init__(self, quick: Executor, slow: Executor) -> None:
        self._quick, self._slow = quick, slow
        self._waiting = 0

    def endpoint(self, quick: Endpoint, slow: Endpoint) -> Endpoint:
        """Return an endpoint that runs the handler of ``quick``, or of ``slow`` after a SlowPageError.

        Both handlers must be synchronous. Each runs in one thread only.
        """

        def make_handler(address: Address) -> AsyncHandler:
            first, second = (
                cast("SyncHandler", endpoint.make_handler(address)) for endpoint in (quick, slow)
            )
            return lambda request: self._reply(first, second, request, quick.busy_reply)

        return replace(quick, make_handler=make_handler)

    async def _reply(self, first: SyncHandler, second: SyncHandler, request: bytes, busy: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._quick, first, request)
        except SlowPageError:
            if self._waiting >= MAX_WAITING_REQUESTS:
                return busy
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._slow, second, request)
        finally:
            self._waiting -= 1


@contextmanager
def worker_threads() -> Iterator[WorkerThreads]:
    """Start two threads; wait for them after the block."""
    with ThreadPoolExecutor(1) as quick, ThreadPoolExecutor(1) as slow:
        yield WorkerThreads(quick, slow)
