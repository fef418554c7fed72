"""Articles with truncated text that another source may complete.

Articles with transliterated umlauts are included. A source that neither truncates nor transliterates is
asked once for each version; if it cannot be reached, later runs ask it again, up to a limit.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.timestamps import stamp

MAX_INTEGER = 2**63 - 1  # SQLite's largest integer
MAX_ATTEMPTS = 5  # failed fetches per version; then the article waits until it is due


class RefetchSources(NamedTuple):
    """The ``sources`` that a run can ask, which truncate least, and when the run began (``since``)."""

    sources: Sequence[str]
    since: datetime


def truncated_articles(
    db: Database, count: int, asking: RefetchSources, *, first: int = 1, last: int = MAX_INTEGER
) -> list[PageKey]:
    """Return up to ``count`` articles with truncated text, by number, from ``first`` to ``last``.

    Leaves out articles that one of the sources has answered for this version or was asked for in this run.
    Articles with a provisional (negative) number are left out too: no source knows them.
    """
    if not asking.sources:
        return []
    asked = {"sources": json.dumps(asking.sources), "since": stamp(asking.since), "most": MAX_ATTEMPTS}
    found = db.execute(_QUERY, {**asked, "first": max(first, 1), "last": last, "count": count})
    return [PageKey(Kind.ARTICLE, number) for (number,) in found]


_QUERY = """
SELECT v.article_id FROM versions v INDEXED BY versions_truncated
JOIN articles a ON a.latest_version_id = v.id
WHERE (v.truncation_count > 0 OR v.umlauts_transliterated = 1) AND v.article_id BETWEEN :first
  AND :last AND a.state = 'present' AND :most > (
  SELECT ifnull(sum(iif(captured_at >= :since OR outcome IN ('ok', 'absent', 'forbidden'), :most, 1)), 0)
  FROM captures WHERE article_id = v.article_id AND captured_at >= v.first_seen
    AND source IN (SELECT value FROM json_each(:sources))
)
ORDER BY v.article_id LIMIT :count
"""
