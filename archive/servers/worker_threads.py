"""Answers made by two threads, so that a page that takes long to make delays others only for a moment."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from archive.servers.server import Address, Door, LaterAnswer, PlainAnswer

MOST_WAITING = 8  # requests for pages that take long; to any more the answer is that the server is busy


class TakesLongError(Exception):
    """A page takes longer to make than others should wait for it."""


class Lanes:
    """Two threads: one that makes most pages, and one that makes those for which that is too slow."""

    def __init__(self, quick: Executor, slow: Executor) -> None:
        self._quick, self._slow = quick, slow
        self._waiting = 0

    def door(self, quick: Door, slow: Door) -> Door:
        """Return a door that answers as ``quick`` does, or, where that takes long, as ``slow`` does.

        Both are doors that answer at once. What either of them reads is then read by one thread alone.
        """

        def answerer(address: Address) -> LaterAnswer:
            first, second = (cast("PlainAnswer", door.answerer(address)) for door in (quick, slow))
            return lambda request: self._made(first, second, request, quick.busy)

        return replace(quick, answerer=answerer)

    async def _made(self, first: PlainAnswer, second: PlainAnswer, request: bytes, busy: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._quick, first, request)
        except TakesLongError:
            if self._waiting >= MOST_WAITING:
                return busy
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._slow, second, request)
        finally:
            self._waiting -= 1


@contextmanager
def two_lanes() -> Iterator[Lanes]:
    """Start two threads; end them, with what they are at, after the block."""
    with ThreadPoolExecutor(1) as quick, ThreadPoolExecutor(1) as slow:
        yield Lanes(quick, slow)
