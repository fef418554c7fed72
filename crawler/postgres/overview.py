"""What a shared frontier is doing: who crawls what, and which hosts may be asked."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg import Connection

from archive.model import Kind, PageKey
from crawler.postgres.page_counts import PageCounts, count_pages
from crawler.postgres.rows import one_row, server_time


class RunOverview(NamedTuple):
    """A run that has not ended. ``is_alive`` is False if it should have been seen since: it was killed."""

    name: str
    pid: int
    sources: str
    started_at: datetime
    seen_at: datetime
    is_alive: bool
    done_count: int
    leased: Sequence[PageKey]


class HostOverview(NamedTuple):
    """A host of the gate: who asks it now, until when it pauses, and until when it is backed off and why."""

    host: str
    holder: str | None
    free_at: datetime | None
    backoff_until: datetime | None
    problem: str | None


class Overview(NamedTuple):
    """The state of a shared frontier ``now``, by the server's clock."""

    now: datetime
    pages: Sequence[PageCounts]
    runs: Sequence[RunOverview]
    hosts: Sequence[HostOverview]


_RUNS = """
SELECT id, name, pid, sources, started_at, seen_at, lives_until > now(), done_count FROM crawlers
WHERE ended_at IS NULL ORDER BY name, started_at
"""
_LEASED = """
SELECT lessee, kind, number FROM pages WHERE leased_until > now() ORDER BY lessee, leased_until, kind, number
"""
_HOSTS = """
SELECT host, CASE WHEN busy_until > now() THEN holder END,
  CASE WHEN free_at > now() AND isfinite(free_at) THEN free_at END,
  CASE WHEN backoff_until > now() THEN backoff_until END,
  CASE WHEN backoff_until > now() THEN problem END
FROM hosts ORDER BY host
"""
_ALIVE = "SELECT count(*) FROM crawlers WHERE ended_at IS NULL AND lives_until > now()"


def overview(connection: Connection) -> Overview:
    """Return the state of a shared frontier; reads all pages."""
    leased: defaultdict[int, list[PageKey]] = defaultdict(list)
    for run, kind, number in connection.execute(_LEASED).fetchall():
        leased[run].append(PageKey(Kind(kind), number))
    runs = [
        RunOverview._make([*columns, leased[run]]) for run, *columns in connection.execute(_RUNS).fetchall()
    ]
    hosts = [HostOverview(*row) for row in connection.execute(_HOSTS).fetchall()]
    return Overview(server_time(connection), count_pages(connection), runs, hosts)


def count_alive(connection: Connection) -> int:
    """Return how many runs are alive."""
    return int(one_row(connection, _ALIVE, [])[0])
