"""The runs of crawls that share their frontier. psycopg is loaded only for these."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from archive.sources import Source

if TYPE_CHECKING:  # taz-archive crawl begins a run before it loads Scrapy
    from scrapy.crawler import Crawler

    from crawler.sharing.shared_run import SharedRun

_runs: "WeakKeyDictionary[Crawler, SharedRun]" = WeakKeyDictionary()


def check_frontier(url: str) -> None:
    """Raise :exc:`archive.errors.FrontierError` unless a URL can be that of a shared frontier."""
    from crawler.postgres.connection import check_url  # noqa: PLC0415 - needs psycopg

    check_url(url)


@contextmanager
def shared_run(url: str, archive: Path, sources: Sequence[Source]) -> "Iterator[SharedRun]":
    """Begin a run in the frontier at ``url``, and end it.

    Raise :exc:`archive.errors.FrontierError` if there is no such frontier, or it cannot be reached.
    """
    from crawler.sharing import shared_run as begun  # noqa: PLC0415 - needs psycopg

    with begun.shared_run(url, archive, sources) as run:
        yield run


def give_shared_run(crawler: "Crawler", run: "SharedRun") -> None:
    """Let a crawl use a run that has begun."""
    _runs[crawler] = run


def shared_run_of(crawler: "Crawler") -> "SharedRun | None":
    """Return the run of a crawl, None if it has a frontier of its own."""
    return _runs.get(crawler)
