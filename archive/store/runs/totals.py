"""Totals of an archive, its recent problems, and its gone articles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.model import Outcome
from archive.store.ingest.derived_rows import MAX_VERSIONS
from archive.timestamps import stamp


class ProblemGroup(NamedTuple):
    """Captures that failed or could not be read for the same reason; ``url`` is that of the newest."""

    outcome: str
    problem: str
    captures: int
    newest: str
    url: str


class GoneArticle(NamedTuple):
    """An article that no longer exists on the server. ``last_seen`` is the time of its last capture."""

    id: int
    title: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of rows; ``captures`` by outcome. Times are stamps.

    ``truncated`` counts versions with truncated text, ``cut`` articles whose latest version is truncated, and
    ``full`` articles with the maximum number of versions, of whose further texts only the latest is kept.
    ``payload_bytes`` is the size of all payloads before compression. ``pages`` are those in the frontier,
    ``due`` and ``leased`` some of them.
    """

    articles: int
    versions: int
    truncated: int
    edited: int
    gone: int
    full: int
    cut: int
    captures: dict[str, int]
    first_capture: str | None
    last_capture: str | None
    payloads: int
    payload_bytes: int
    pages: int
    due: int
    leased: int
    next_due: str | None


def count_all(db: Database, *, now: datetime) -> Totals:
    """Count everything."""
    articles, edited, gone, full = db.execute(_ARTICLES, [MAX_VERSIONS]).fetchone()
    (cut,) = db.execute(_TRUNCATED_ARTICLES).fetchone()
    versions, truncated = db.execute(_VERSIONS).fetchone()
    outcomes = dict(db.execute("SELECT outcome, count(*) FROM captures GROUP BY outcome").fetchall())
    first, last = db.execute(_CAPTURE_TIMES).fetchone()
    payloads, size = db.execute("SELECT count(*), ifnull(sum(size), 0) FROM payloads").fetchone()
    pages, due, leased, next_due = db.execute(_PAGES, {"now": stamp(now)}).fetchone()
    return Totals(
        articles=articles,
        versions=versions,
        truncated=truncated,
        edited=edited,
        gone=gone,
        full=full,
        cut=cut,
        captures={outcome.value: outcomes.get(outcome.value, 0) for outcome in Outcome},
        first_capture=first,
        last_capture=last,
        payloads=payloads,
        payload_bytes=size,
        pages=pages,
        due=due,
        leased=leased,
        next_due=next_due,
    )


_ARTICLES = """
SELECT count(*), ifnull(sum(version_count > 1), 0), ifnull(sum(state = 'gone'), 0),
  ifnull(sum(version_count >= ?), 0)
FROM articles
"""
_TRUNCATED_ARTICLES = (
    "SELECT count(*) FROM versions v JOIN articles a ON a.latest_version_id = v.id WHERE"
    " v.truncation_count > 0"
)
_VERSIONS = "SELECT count(*), count(*) FILTER (WHERE truncation_count > 0) FROM versions"
# As text, since a foreign file may hold values of any type there.
_CAPTURE_TIMES = "SELECT CAST(min(captured_at) AS TEXT), CAST(max(captured_at) AS TEXT) FROM captures"
_PAGES = """
SELECT count(*),
  count(*) FILTER (WHERE priority < 9 AND due_at <= :now AND (leased_until IS NULL OR leased_until <= :now)),
  count(*) FILTER (WHERE leased_until > :now),
  min(due_at) FILTER (WHERE priority < 9)
FROM pages
"""


def count_articles(db: Database) -> int:
    """Return the number of articles, faster than :func:`count_all`."""
    return db["articles"].count


def list_problems(db: Database, *, limit: int) -> Sequence[ProblemGroup]:
    """Return failed and unreadable captures grouped by reason, newest first."""
    # With max() as the only aggregate of its kind, SQLite takes bare columns such as url from the same row.
    rows = db.execute(
        "SELECT outcome, ifnull(problem, ''), count(*), max(captured_at), url FROM captures"
        " WHERE outcome <> 'ok' AND outcome <> 'absent' GROUP BY outcome, problem ORDER BY 4 DESC LIMIT ?",
        [limit],
    )
    return [
        ProblemGroup(outcome, clean(problem), count, newest, clean(url))
        for outcome, problem, count, newest, url in rows
    ]


def list_gone_articles(db: Database, *, limit: int) -> Sequence[GoneArticle]:
    """Return articles that are gone, last seen first."""
    columns = ", ".join(GoneArticle._fields)
    rows = db["articles"].rows_where(
        "state = 'gone'", select=columns, order_by="last_seen DESC, id", limit=limit
    )
    return [GoneArticle(**row) for row in rows]
