"""SQL for the state of an article at a time: each condition once, for all queries.

The arguments are SQL expressions; a time is a stamp.
"""

from datetime import datetime

from archive.timestamps import stamp

END_OF_TIME = "9999-12-31T23:59:59.999Z"


def stamp_or_end(at: datetime | None) -> str:
    """Return the stamp of a time; without a time, a stamp after all others."""
    return stamp(at) if at else END_OF_TIME


def version_as_of(article: str, at: str) -> str:
    """Return the id of the last version of an article first seen at or before a time."""
    return f"""(SELECT w.id FROM versions w WHERE w.article_id = {article} AND w.first_seen <= {at}
  ORDER BY w.first_seen DESC, w.id DESC LIMIT 1)"""  # noqa: S608 - SQL of this package


def last_read(article: str, at: str) -> str:
    """Return when an article was last read, at or before a time."""
    return f"""(SELECT max(r.captured_at) FROM captures r
  WHERE r.article_id = {article} AND r.outcome = 'ok' AND r.captured_at <= {at})"""  # noqa: S608 - the same


def gone_since(article: str, at: str, last_seen: str | None = None) -> str:
    """Return since when an article was gone at a time; NULL if it was present.

    ``last_seen`` is when the article was last read by then, where a query has it at hand.
    """
    return f"""(SELECT min(g.captured_at) FROM captures g
  WHERE g.article_id = {article} AND g.outcome = 'absent' AND g.captured_at <= {at}
    AND g.captured_at > {last_seen or last_read(article, at)})"""  # noqa: S608 - SQL of this package
