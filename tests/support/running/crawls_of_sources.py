"""Crawl several sources, of which some exist in tests only, and compare what was stored."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.model import PageKey
from archive.pagekey import selector
from tests.support import ROOT
from tests.support.running.crawls import PYTHON, Done, Process, is_whole, root_of, run_script, running
from tests.support.servers.gopher_faults import FaultyServer
from tests.support.tables import rows

PROGRAM = "from tests.support.servers import other_sources; other_sources.main()"
ABSENT = b"3Not found\t\terror.host\t1\r\n.\r\n"
WORDING = (
    "SELECT id, number, title, lead, caption, dateline, published, text, words, truncation_count"
    " FROM versions ORDER BY id"
)
PAGES = "SELECT kind, number, failure_count, checked_at IS NULL FROM pages ORDER BY kind, number"
PER_SOURCE = "SELECT source, outcome, count(*) FROM captures GROUP BY 1, 2"


def crawl(archive: Path, *words: str) -> Done:
    """Run a crawl to its end."""
    return run_script(PROGRAM, "crawl", str(archive), *pausing(words))


def pausing(words: tuple[str, ...]) -> tuple[str, ...]:
    return words if "--delay" in words else ("--delay", "0", *words)


@contextmanager
def crawling(archive: Path, *words: str) -> Iterator[Process]:
    """Crawl while the block runs; kill the crawl afterwards if it is still running."""
    command = [*PYTHON, "-c", PROGRAM, "crawl", str(archive), *pausing(words)]
    with running(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        yield process


def via(server: FaultyServer, name: str = "gopher") -> tuple[str, str]:
    """Return the words that crawl a server as the source ``name``."""
    return "--via", f"{name}={root_of(server)}"


def seeded(server: FaultyServer, *keys: PageKey) -> list[str]:
    """Return the words that crawl some pages of a server."""
    return [word for key in keys for word in ("--seed", f"{root_of(server)}1{selector(key)}")]


def outcomes(archive: Path) -> dict[tuple[str, str], int]:
    """Count captures by source and outcome."""
    return {(source, outcome): count for source, outcome, count in rows(archive, PER_SOURCE)}


def is_the_same(archive: Path, other: Path) -> None:
    """Assert that an archive is sound and has the versions and pages of another."""
    is_whole(archive)
    for query in (WORDING, PAGES):
        assert rows(archive, query) == rows(other, query)
