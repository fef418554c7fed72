"""An article's versions in brief: when, and which parts each changed. Its texts stay where they are."""

from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.errors import NothingFound
from archive.store.looking import why_unknown

COMPARED = ("title", "lead", "caption", "dateline", "published", "text")


class Step(NamedTuple):
    """A version in brief. Times are stamps.

    ``changed`` names the parts that differ from the version before, ``words`` counts those of its text,
    ``more`` how many more there are than before.
    """

    id: int
    number: int
    first_seen: str
    last_seen: str
    title: str
    cuts: int
    words: int
    more: int
    changed: tuple[str, ...]


def steps(db: Database, article: int) -> list[Step]:
    """All versions of an article, oldest first. Raises :exc:`NothingFound` if it has none."""
    rows = db.execute(STEPS, [article]).fetchall()
    if not rows:
        raise NothingFound(why_unknown(db, article))
    return [_step(*row) for row in rows]


def _step(*row: Any) -> Step:
    brief, flags = row[: -len(COMPARED)], row[-len(COMPARED) :]
    changed = tuple(field for field, flag in zip(COMPARED, flags, strict=True) if flag)
    return Step._make((*brief, changed))


STEPS = f"""
SELECT v.id, v.number, v.first_seen, v.last_seen, v.title, v.cuts, v.words, v.words - ifnull(o.words, 0),
  {", ".join(f"o.id IS NOT NULL AND v.{field} IS NOT o.{field}" for field in COMPARED)}
FROM versions v LEFT JOIN versions o ON o.id = v.id - 1 AND o.article = v.article
WHERE v.article = ? ORDER BY v.number
"""  # noqa: S608 - made of our own text
