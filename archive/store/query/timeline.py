"""An article's versions in brief: when, and which parts each changed. Its texts stay where they are."""

import json
from collections.abc import Collection
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import NothingFound
from archive.reading.edits import FIELDS
from archive.store.query.article_versions import why_unknown


class Step(NamedTuple):
    """A version in brief. Times are stamps.

    ``changed`` names the fields it edited, ``words`` counts those of its text, ``more`` how many more there
    are than before: None if that is unknown, since a source truncated either text.
    """

    id: int
    number: int
    first_seen: str
    last_seen: str
    title: str
    cuts: int
    words: int
    more: int | None
    changed: tuple[str, ...]


def steps(db: Database, article: int) -> list[Step]:
    """All versions of an article, oldest first. Raises :exc:`NothingFound` if it has none."""
    rows = db.execute(STEPS, [article]).fetchall()
    if not rows:
        raise NothingFound(why_unknown(db, article))
    more = dict(db.execute("SELECT version, words_more FROM changes WHERE article = ?", [article]).fetchall())
    return [
        Step._make([*brief, more.get(brief[1], brief[-1]), _in_order(json.loads(changed))])
        for *brief, changed in rows
    ]


def _in_order(fields: Collection[str]) -> tuple[str, ...]:
    return tuple(field for field in FIELDS if field in fields)


STEPS = """
SELECT v.id, v.number, v.first_seen, v.last_seen, v.title, v.cuts, v.words,
  (SELECT json_group_array(field) FROM version_edits WHERE version = v.id)
FROM versions v WHERE v.article = ? ORDER BY v.number
"""
