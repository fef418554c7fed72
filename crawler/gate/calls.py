"""How components of a crawl call its gate without blocking the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import ParamSpec, TypeVar

from crawler.gate.interface import Gate

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class GateCalls:
    """The ``gate`` of a crawl, whose functions are called through :meth:`call`.

    A gate that answers at once is called directly; one that waits for a server, in the thread of an
    ``executor``, which the caller of this class owns.
    """

    def __init__(self, gate: Gate, executor: Executor | None = None) -> None:
        self.gate = gate
        self._executor = executor

    async def call(
        self,
        function: Callable[Arguments, Answer],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Return the result of a function of the gate, as in ``await calls.call(calls.gate.enter, …)``."""
        if self._executor is None:
            return function(*args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(function, *args, **kwargs))
