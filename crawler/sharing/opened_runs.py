"""The runs of crawls that share their frontier. psycopg is loaded only for these."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
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
    from crawler.postgres.connection import check_url  # noqa: PLC0415 - an extra

    check_url(url)


def shared_run(url: str, archive: Path, sources: Sequence[Source]) -> "AbstractContextManager[SharedRun]":
    """Begin a run in the frontier at ``url``, and end it.

    Raise :exc:`archive.errors.FrontierError` without such a frontier, if it cannot be reached, or without psycopg.
    """
    from crawler.sharing import shared_run as begun  # noqa: PLC0415 - an extra

    return begun.shared_run(url, archive, sources)


def give_shared_run(crawler: "Crawler", run: "SharedRun") -> None:
    """Let a crawl use a run that has begun."""
    _runs[crawler] = run


def shared_run_of(crawler: "Crawler") -> "SharedRun | None":
    """Return the run of a crawl, None if it has a frontier of its own."""
    return _runs.get(crawler)
