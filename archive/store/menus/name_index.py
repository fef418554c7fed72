"""An index of topics or authors: by the letter that their names begin with, and the most frequent lately."""

import json
from functools import cache
from string import ascii_uppercase
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Kind
from archive.store.menus.topics_authors import NAME_TABLES, TOO_MANY_TO_COUNT
from archive.text.accents import without_accents

OTHER_NAMES = "#"  # the letter of names that begin with no Latin letter
NAME_LETTERS = (*ascii_uppercase, OTHER_NAMES)
MAX_NAMES = 50_000  # of one letter
RECENT_ARTICLES = 2_000  # of which the frequent names are
_LAST_LATIN = 0x24F  # the end of Unicode's block Latin Extended-B
_LAST_CHARACTER = chr(0x10FFFF)


class IndexedName(NamedTuple):
    """A topic or author with its number in the paper, if known."""

    id: int
    name: str
    number: int | None


class FrequentName(NamedTuple):
    """A topic or author of several of the latest articles."""

    name: str
    number: int | None
    articles: int


class NameIndex:
    """The names of all topics or all authors."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def names(self, kind: Kind, letter: str, begin: str = "") -> list[IndexedName]:
        """Return the names of a letter in German order (ä as a), up to :data:`MAX_NAMES`.

        ``letter`` is one of :data:`NAME_LETTERS`, ``begin`` what the names begin with, in any case.
        """
        ranges = json.dumps(_ranges(letter))
        rows = self._db.execute(_NAMES[kind], [ranges, MAX_NAMES])
        start = sort_key(begin)
        found = [(sort_key(name), IndexedName(row, name, number)) for row, name, number in rows]
        return [name for key, name in sorted(found) if key.startswith(start)]

    def counts(self, kind: Kind, names: list[IndexedName]) -> dict[int, int]:
        """Return how many articles each has or had, by id, up to :data:`TOO_MANY_TO_COUNT`."""
        ids = json.dumps([name.id for name in names])
        return dict(self._db.execute(_COUNTS[kind], [TOO_MANY_TO_COUNT, ids]).fetchall())

    def frequent(self, kind: Kind, *, limit: int) -> list[FrequentName]:
        """Return the names that most of the :data:`RECENT_ARTICLES` with the highest numbers have."""
        rows = self._db.execute(_FREQUENT[kind], {"recent": RECENT_ARTICLES, "limit": limit})
        return [FrequentName._make(row) for row in rows]


def letter_of(name: str) -> str:
    """Return the letter under which a name is listed."""
    first = sort_key(name)[:1].upper()
    return first if first and first in ascii_uppercase else OTHER_NAMES


def sort_key(name: str) -> str:
    """Return a name without accents and case, which orders names as a German dictionary does."""
    return without_accents(name.casefold(), "NFKD")


@cache
def _ranges(letter: str) -> list[tuple[str, str]]:
    """Return the ranges of names under a letter, each from its start to before its end."""
    signs = [chr(code) for code in range(ord("A"), _LAST_LATIN + 1)]
    if letter != OTHER_NAMES:
        return [(sign, chr(ord(sign) + 1)) for sign in signs if letter_of(sign) == letter]
    letters = [sign for sign in signs if letter_of(sign) != OTHER_NAMES]
    starts = ["", *(chr(ord(sign) + 1) for sign in letters)]
    return [
        (start, end) for start, end in zip(starts, [*letters, _LAST_CHARACTER], strict=True) if start < end
    ]


_NAMES = {
    kind: f"SELECT n.id, n.name, n.number FROM json_each(?) r CROSS JOIN {table} n"  # noqa: S608 - our own table
    " ON n.name >= json_extract(r.value, '$[0]') AND n.name < json_extract(r.value, '$[1]') LIMIT ?"
    for kind, table in NAME_TABLES.items()
}
# The same articles as those that TopicsAuthors lists.
_COUNTS = {
    Kind.TOPIC: "SELECT value, (SELECT count(*) FROM (SELECT 1 FROM article_tags"
    " WHERE tag_id = value LIMIT ?)) FROM json_each(?)",
    Kind.AUTHOR: "SELECT value, (SELECT count(*) FROM (SELECT 1 FROM version_authors s CROSS JOIN articles a"
    " ON a.latest_version_id = s.version_id WHERE s.author_id = value LIMIT ?)) FROM json_each(?)",
}
_RECENT = "SELECT id, latest_version_id FROM articles ORDER BY id DESC LIMIT :recent"
_FREQUENT = {
    Kind.TOPIC: f"SELECT t.name, t.number, count(*) AS articles FROM ({_RECENT}) a CROSS JOIN article_tags x"  # noqa: S608
    " ON x.article_id = a.id JOIN tags t ON t.id = x.tag_id"
    " GROUP BY x.tag_id ORDER BY articles DESC, t.name LIMIT :limit",
    Kind.AUTHOR: f"SELECT u.name, u.number, count(*) AS articles FROM ({_RECENT}) a"  # noqa: S608 - SQL of this module
    " CROSS JOIN version_authors x ON x.version_id = a.latest_version_id JOIN authors u ON u.id = x.author_id"
    " GROUP BY x.author_id ORDER BY articles DESC, u.name LIMIT :limit",
}
