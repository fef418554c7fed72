"""Calls that run in a thread of their own, one after the other, so that none blocks the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")


class BackgroundCalls:
    """Runs calls by an ``executor`` with one thread, and hands their results to the event loop.

    ``on_error`` gets what a call raises. Where no event loop runs, a call is waited for.
    """

    def __init__(self, executor: Executor, on_error: Callable[[BaseException], None]) -> None:
        self._executor = executor
        self._on_error = on_error
        self._open: set[asyncio.Future[Any]] = set()

    def submit(self, call: Callable[[], Result], then: Callable[[Result], None] = lambda _: None) -> None:
        """Run a call after those before it, and then ``then`` with its result."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._done(then, self._executor.submit(call))
            return
        future = loop.run_in_executor(self._executor, call)
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        future.add_done_callback(partial(self._done, then))

    def _done(self, then: Callable[[Result], None], future: asyncio.Future[Result] | Future[Result]) -> None:
        try:
            then(future.result())
        except Exception as error:  # noqa: BLE001 - reported
            self._on_error(error)

    async def finish(self) -> None:
        """Wait until all calls have ended, those that follow from them too."""
        while self._open:
            await asyncio.wait(self._open)
            await asyncio.sleep(0)  # lets _done() run
