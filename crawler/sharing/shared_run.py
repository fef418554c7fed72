"""A run that shares its frontier with other machines: its connection, and the thread that uses it."""

import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from archive.sources import Source
from archive.store import Writer
from crawler.failover.policy import source_names
from crawler.postgres.gate import PostgresGate
from crawler.postgres.pages import PostgresFrontier
from crawler.postgres.schema import open_shared
from crawler.sharing.background import BackgroundCalls
from crawler.sharing.shared_frontier import SharedFrontier


@dataclass(frozen=True, slots=True)
class SharedRun:
    """The shared ``pages`` and ``gate``. Once Scrapy runs, only the thread of the ``executor`` uses them."""

    pages: PostgresFrontier
    gate: PostgresGate
    executor: Executor

    def frontier(
        self,
        archive: Writer,
        *,
        duration: timedelta,
        patience: float,
        on_error: Callable[[BaseException], None],
    ) -> SharedFrontier:
        """Return the frontier of a crawl into an archive. Its leases end after a ``duration``."""
        return SharedFrontier(
            self.pages,
            BackgroundCalls(self.executor, on_error),
            duration=duration,
            patience=patience,
            adopt=archive.frontier.adopt,
        )


@contextmanager
def shared_run(url: str, archive: Path, sources: Sequence[Source]) -> Iterator[SharedRun]:
    """Begin a run in the frontier at ``url``, and end it.

    Raise :exc:`archive.errors.FrontierError` if there is no such frontier, or it cannot be reached.
    """
    name = f"{socket.gethostname()}:{archive.resolve()}"
    database = open_shared(url)
    executor = ThreadPoolExecutor(1, "shared-frontier")
    try:
        pages = PostgresFrontier(database, name=name)
        pages.begin(source_names(sources))
        yield SharedRun(pages, PostgresGate(database, holder=name), executor)
        executor.submit(pages.release).result()
    finally:
        executor.shutdown()
        database.close()
