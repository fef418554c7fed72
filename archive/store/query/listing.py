"""Lists of articles, by what is wanted of them."""

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.store.menus.sections import Sections


class ListedArticle(NamedTuple):
    """One article in a list. Times are stamps, ``published`` a date, ``state`` is ``present`` or ``gone``."""

    id: int
    published: str | None
    version_count: int
    state: str
    title: str
    first_seen: str
    last_seen: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFilter:
    """Which articles to list. ``since`` and ``until`` are days of publication, both included.

    ``state`` is ``present`` or ``gone``; ``author`` and ``tag`` are part of a name, in any case, and
    ``section`` is part of a name or a number: ``4611``, ``!p4611``.
    """

    since: date | None = None
    until: date | None = None
    state: str | None = None
    edited: bool = False
    author: str | None = None
    tag: str | None = None
    section: str | None = None


class ArticleOrder(StrEnum):
    """How a list of articles is sorted. A list without words has no best article; its newest is first."""

    BEST = "best"
    NEWEST = "newest"
    OLDEST = "oldest"
    MOST_EDITED = "most-edited"


# The order of ``articles a``, each along an index. An article without a date is at the end.
ORDERS = {
    ArticleOrder.BEST: "a.published DESC, a.first_seen DESC, a.id DESC",
    ArticleOrder.NEWEST: "a.published DESC, a.first_seen DESC, a.id DESC",
    ArticleOrder.OLDEST: "a.published NULLS LAST, a.first_seen, a.id",
    ArticleOrder.MOST_EDITED: "a.version_count DESC, a.id DESC",
}

ARTICLE_COLUMNS = ", ".join(f"a.{field}" for field in ListedArticle._fields)

# Each with the value it needs; a list's conditions are those whose value is wanted.
CONDITIONS = {
    "since": "a.published >= :since",
    "until": "a.published <= :until",
    "state": "a.state = :state",
    "edited": "a.version_count > 1",
    "author": "a.latest_version_id IN (SELECT version_id FROM version_authors"
    " WHERE author_id IN (SELECT value FROM json_each(:author)))",
    "tag": "a.id IN (SELECT article_id FROM article_tags WHERE tag_id IN (SELECT value FROM"
    " json_each(:tag)))",
    "section": "a.id IN (SELECT p.article_id FROM sections s JOIN placements p ON p.section_id = s.id"
    " WHERE s.number IN (SELECT value FROM json_each(:section)))",
}


def conditions(db: Database, wanted: ArticleFilter, *, named: bool = False) -> dict[str, object]:
    """Which of :data:`CONDITIONS` hold for what is wanted, with the value of each.

    ``named``: an author or tag with exactly that name is preferred to names that contain it.
    """
    values: dict[str, object] = {
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
        "state": wanted.state,
        "edited": wanted.edited or None,
        "author": wanted.author and ids_named(db, "authors", wanted.author, exact=named),
        "tag": wanted.tag and ids_named(db, "tags", wanted.tag, exact=named),
        "section": wanted.section and json.dumps(Sections(db).named(wanted.section)),
    }
    return {name: value for name, value in values.items() if value is not None}


def ids_named(db: Database, table: str, part: str, *, exact: bool = False) -> str:
    """The ids, as JSON, of the authors or tags that ``part`` is in. SQLite's LIKE knows no Ä."""
    part = clean(part).casefold()
    # Tuples, not the rows of sqlite-utils, since there may be 100,000 names.
    names = ((number, name.casefold()) for number, name in db.execute(f"SELECT id, name FROM {table}"))  # noqa: S608
    found = [(number, name) for number, name in names if part in name]
    same = [number for number, name in found if name == part]
    return json.dumps(same if exact and same else [number for number, _ in found])
