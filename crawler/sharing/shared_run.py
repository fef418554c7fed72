"""A run that shares its frontier with other machines: its connection, and the thread that uses it.

psycopg is loaded only for such runs.
"""

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from archive.errors import FrontierError
from archive.sources import Source
from crawler.failover.policy import source_names
from crawler.options import CrawlOptions

if TYPE_CHECKING:  # taz-archive crawl begins a run before it loads Scrapy; psycopg is an extra
    from scrapy.crawler import Crawler

    from crawler.postgres.frontier import PostgresFrontier
    from crawler.postgres.gate import PostgresGate


@dataclass(frozen=True, slots=True)
class SharedRun:
    """The shared ``pages`` and ``gate``. Once Scrapy runs, only the thread of the ``executor`` uses them."""

    pages: "PostgresFrontier"
    gate: "PostgresGate"
    executor: Executor


_runs: "WeakKeyDictionary[Crawler, SharedRun]" = WeakKeyDictionary()


def check_frontier(url: str) -> None:
    """Raise :exc:`archive.errors.FrontierError` unless a URL can be that of a shared frontier."""
    from crawler.postgres.connection import check_url  # noqa: PLC0415 - needs psycopg

    check_url(url)


@contextmanager
def shared_run(options: CrawlOptions, sources: Sequence[Source]) -> Iterator[SharedRun | None]:
    """Begin a run in the shared frontier that the options name, and end it; None if they name none.

    Raise :exc:`archive.errors.FrontierError` if there is no such frontier, or it cannot be reached.
    """
    if not (options.frontier and options.archive):
        yield None
        return
    from crawler.postgres.frontier import PostgresFrontier  # noqa: PLC0415 - needs psycopg
    from crawler.postgres.gate import PostgresGate  # noqa: PLC0415 - needs psycopg
    from crawler.postgres.schema import open_shared  # noqa: PLC0415 - needs psycopg

    name = f"{socket.gethostname()}:{options.archive.resolve()}"
    database = open_shared(options.frontier)
    executor = ThreadPoolExecutor(1, "shared-frontier")
    try:
        pages = PostgresFrontier(database, name=name)
        pages.begin(source_names(sources))
        try:
            yield SharedRun(pages, PostgresGate(database, holder=name), executor)
        finally:
            with suppress(FrontierError):  # then its leases expire
                executor.submit(pages.release).result()
    finally:
        executor.shutdown()
        database.close()


def give_shared_run(crawler: "Crawler", run: SharedRun) -> None:
    """Let a crawl use a run that has begun."""
    _runs[crawler] = run


def shared_run_of(crawler: "Crawler") -> SharedRun | None:
    """Return the run that a crawl was given."""
    return _runs.get(crawler)
