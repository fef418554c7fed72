"""What matches words, in FTS5's language or in any other, and what of it they match.

:mod:`archive.store.search.search` searches.
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.text.accents import without_accents
from archive.text.search_query import GENDERED, readings
from archive.text.search_spellings import search_spellings

# Put around what matches: controls, so no stored text holds them.
_OPEN, _CLOSE = "\x02", "\x03"
_MARKED = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)
_PART = re.compile(r"\w+")
_WORD = re.compile(rf"{GENDERED.pattern}|\w+", re.IGNORECASE)  # "Bürger:innen" is one
_MAX_MARKED_LENGTH = 20_000  # characters; of a longer text the beginning is shown
_SNIPPET_WORDS = 24  # FTS5 allows up to 64
# A word of the title counts for more than one of the text: title, lead, caption, text, spellings.
RANK = "bm25(versions_fts, 8, 4, 2, 1, 1)"


class MatchSpan(NamedTuple):
    """Text, and whether it matches the query."""

    text: str
    hit: bool


class SearchHit(NamedTuple):
    """A version that matches, and the version count and state of its article.

    ``snippet`` is the part of its text, lead or caption that shows best what matches.
    """

    article: int
    number: int
    published: str | None
    first_seen: str
    version_count: int
    state: str
    authors: tuple[str, ...]
    title: tuple[MatchSpan, ...]
    snippet: tuple[MatchSpan, ...]


def try_match(db: Database, sql: str, values: dict[str, Any]) -> list[tuple[int, ...]] | None:
    """Return the rows of a search; None if its ``match`` is not valid FTS5."""
    try:
        return list(db.execute(sql, values).fetchall())
    except sqlite3.OperationalError as error:
        if not _NOT_FTS5.search(str(error)):
            raise
        return None


def first_match(db: Database, query: str) -> str | None:
    """Return the first reading of a query that finds anything; None if none does."""
    some = "SELECT rowid FROM versions_fts WHERE versions_fts MATCH :match LIMIT 1"
    return next((match for match in readings(clean(query)) if try_match(db, some, {"match": match})), None)


# How SQLite words its complaints about a query: "rot-grün", "C++", "\"", "*", "NEAR(a b, x)".
_NOT_FTS5 = re.compile(
    r"fts5|no such column|unterminated string|unknown special query|expected integer|malformed MATCH"
)


def _marked_by_sqlite(column: int, name: str) -> str:
    """SQL for a column's hits, the title whole. FTS5 takes the square of a long text's hits for that."""
    marks = f"versions_fts, {column}, '{_OPEN}', '{_CLOSE}'"
    marked = f"highlight({marks})" if name == "title" else f"snippet({marks}, '…', {_SNIPPET_WORDS})"
    return f"CASE WHEN length(v.{name}) <= {_MAX_MARKED_LENGTH} THEN {marked} ELSE NULL END"


_HEAD = "v.article_id, v.number, v.published, v.first_seen, a.version_count, a.state"
_HIT = f"""
SELECT {_HEAD},
  {", ".join(f"substr(v.{name}, 1, {_MAX_MARKED_LENGTH})" for name in ("title", "lead", "caption", "text"))},
  {_marked_by_sqlite(0, "title")},
  {_marked_by_sqlite(3, "text")},
  {_marked_by_sqlite(1, "lead")},
  {_marked_by_sqlite(2, "caption")}
FROM versions_fts JOIN versions v ON v.id = versions_fts.rowid JOIN articles a ON a.id = v.article_id
WHERE versions_fts MATCH :match AND versions_fts.rowid = :id
"""  # noqa: S608 - made of our own text
_UNMARKED_HIT = f"""
SELECT {_HEAD}, v.title, v.lead FROM versions v JOIN articles a ON a.id = v.article_id WHERE v.id = :id
"""  # noqa: S608 - the same
_AUTHORS = """
SELECT version_id, name FROM version_authors JOIN authors ON authors.id = author_id
WHERE version_id IN (SELECT value FROM json_each(?)) ORDER BY version_id, position
"""


def load_hits(db: Database, versions: Sequence[int], match: str | None) -> list[SearchHit]:
    """Return versions, given by id, with what matches marked. Without ``match`` the snippet is the lead."""
    authors = _authors(db, versions)
    return [_hit(db, version, match, authors.get(version, ())) for version in versions]


def _authors(db: Database, versions: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for version, name in db.execute(_AUTHORS, [json.dumps(versions)]):
        found[version] = (*found.get(version, ()), name)
    return found


def _hit(db: Database, version: int, match: str | None, authors: tuple[str, ...]) -> SearchHit:
    if match is None:
        *head, title, lead = db.execute(_UNMARKED_HIT, {"id": version}).fetchone()
        return SearchHit._make((*head, authors, _spans(title), _spans(lead or "")))
    row = db.execute(_HIT, {"match": match, "id": version}).fetchone()
    head, plain, marked = row[:6], row[6:10], row[10:]
    if not any(_OPEN in (text or "") for text in marked):  # matched in other spellings than its own
        marked = [_mark(text or "", match) for text in plain]
        marked = [marked[0], *(_around_mark(text) for text in (marked[3], marked[1], marked[2]))]
    title, *snippets = marked
    snippet = next((text for text in snippets if text and _OPEN in text), snippets[0] or snippets[1] or "")
    return SearchHit._make((*head, authors, _spans(title), _spans(snippet)))


def _mark(text: str, match: str) -> str:
    """Mark the words of ``text`` that are in the query in other spellings; ``Bahn*`` marks Bahnhof too."""
    terms = [(_bare(term["word"]), bool(term["prefix"])) for term in _TERM.finditer(match)]

    def mark(word: re.Match[str]) -> str:
        forms = [
            _bare(form) for form in (word[0], *_PART.findall(word[0]), *search_spellings(word[0]).split())
        ]
        found = any(
            form.startswith(term) if prefix else form == term for form in forms for term, prefix in terms
        )
        return f"{_OPEN}{word[0]}{_CLOSE}" if found else word[0]

    return _WORD.sub(mark, text)


# A word of a query that is not an operator.
_TERM = re.compile(r"(?!(?:AND|OR|NOT|NEAR)\b)\b(?P<word>\w+)(?P<prefix>\*?)")


def _bare(word: str) -> str:
    """Return a word without case and accents, as the index has it."""
    return without_accents(word.lower())


def _around_mark(text: str) -> str:
    """Return the words around the first mark, as many as a snippet has."""
    words = text.split()
    first = next((at for at, word in enumerate(words) if _OPEN in word), 0)
    start = max(first - _SNIPPET_WORDS // 4, 0)
    before, after = "…" * (start > 0), "…" * (start + _SNIPPET_WORDS < len(words))
    return before + " ".join(words[start : start + _SNIPPET_WORDS]) + after


def _spans(marked: str) -> tuple[MatchSpan, ...]:
    """Text with marks → its spans, on one line and without the marks of subheads."""
    pieces = _MARKED.split(" ".join(word for word in marked.split() if word != "##"))
    return tuple(MatchSpan(text, bool(at % 2)) for at, text in enumerate(pieces) if text)
