"""Add pages to a shared frontier, by the rules of the archive (:class:`archive.store.PageFinder`)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from archive.model import Kind, PageKey
from archive.store import LinkedPages, PageFinder, Priority
from archive.timestamps import stamp
from crawler.postgres.rows import columns_of, one_row, server_time

# Pages that are found together are due in their order on the page, this far apart.
_STEP = timedelta(microseconds=1)

_KNOWN = """
SELECT kind, number, discovered_at FROM pages
JOIN unnest(%(kinds)s::text[], %(numbers)s::bigint[]) AS named (kind, number) USING (kind, number)
"""
_NEWEST = """
SELECT newest_article, coalesce((SELECT max(number) FROM pages WHERE kind = 'article'), 0) FROM frontier
"""
_NAMED = """
unnest(%(kinds)s::text[], %(numbers)s::bigint[], %(priorities)s::smallint[], %(due)s::timestamptz[])
AS named (kind, number, priority, due_at)
"""
# In the order of keys, so that two runs that add the same pages wait for each other in one direction only.
_INSERT = f"""
INSERT INTO pages (kind, number, priority, due_at, discovered_at)
SELECT kind, number, priority, due_at, due_at FROM {_NAMED} ORDER BY kind, number ON CONFLICT DO NOTHING
"""  # noqa: S608 - ours
_MAKE_DUE = """
WITH known AS MATERIALIZED (
  SELECT kind, number FROM pages
  JOIN unnest(%(kinds)s::text[], %(numbers)s::bigint[]) AS named (kind, number) USING (kind, number)
  ORDER BY kind, number FOR UPDATE OF pages
)
UPDATE pages p SET due_at = least(due_at, now()), priority = 0 FROM known
WHERE p.kind = known.kind AND p.number = known.number
"""


def seed(connection: Connection, keys: Sequence[PageKey]) -> None:
    """Add pages and make them due now, whatever their schedule."""
    connection.execute(_MAKE_DUE, columns_of(keys))
    insert(connection, dict.fromkeys(keys, Priority.SEED), server_time(connection))


def discover(connection: Connection, keys: Sequence[PageKey]) -> None:
    """Add pages that are not known yet."""
    found, now = finder(connection, keys), server_time(connection)
    found.take(LinkedPages(keys, now))
    insert_found(connection, found, now)


def finder(connection: Connection, keys: Iterable[PageKey]) -> PageFinder:
    """Return a finder of new pages among some."""
    rows = connection.execute(_KNOWN, columns_of(dict.fromkeys(keys))).fetchall()
    known = {PageKey(Kind(kind), number): stamp(at) for kind, number, at in rows}
    newest_article, newest_page = one_row(connection, _NEWEST, [])
    return PageFinder(known, newest_article=newest_article, newest_page=newest_page)


def insert_found(connection: Connection, found: PageFinder, now: datetime) -> None:
    """Add the pages that are new."""
    insert(connection, {key: page.priority for key, page in found.new.items()}, now)


def insert(connection: Connection, new: Mapping[PageKey, Priority], now: datetime) -> None:
    """Add pages that are due now, unless another run has added them meanwhile."""
    if not new:
        return
    values: dict[str, Any] = {
        **columns_of(new),
        "priorities": [priority.value for priority in new.values()],
        "due": [now + position * _STEP for position in range(len(new))],
    }
    connection.execute(_INSERT.encode(), values)
