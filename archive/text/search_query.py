"""How a search is read: what people type, in the query language of SQLite's FTS5. Pure.

``wahl -streit`` excludes a word, ``streit oder wahl`` finds either, ``titel: bahn`` looks in the title only,
and ``Bürger*innen`` finds Bürgerinnen, too. Whatever else FTS5 understands keeps its meaning.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_WORDS = 20  # of a query: to mark what they match takes as long as there are words and matches
_COLUMNS = {
    **{name: name for name in ("title", "lead", "caption", "text")},
    "titel": "title",
    "vorspann": "lead",
    "bildtext": "caption",
    "bildunterschrift": "caption",
}
FIELDS = tuple(dict.fromkeys(_COLUMNS.values()))  # of an article, in which a query may look for a word
# A term, which may be excluded and may be sought in one part of an article only.
_TERM = re.compile(
    rf'(?P<excluded>-?)(?:(?P<column>{"|".join(_COLUMNS)})\s*:\s*)?(?P<words>"[^"]*"|[^\s"]+)', re.IGNORECASE
)
_EITHER = ("or", "oder")
# What only FTS5's language has: its operators, parentheses and other signs.
FTS5_SIGNS = re.compile(r"(?<!\w)(?:AND|OR|NOT|NEAR)(?!\w)|[(){}^+]")
_BARE_WORD = re.compile(r"\w+\*?")
_PHRASE = re.compile(r'"[^"]*"')
_WORD = re.compile(r"\w+")
# A name before a colon: "author: Muster". Not "Bürger:innen" or "18:30".
_FIELD = re.compile(r'(?<![\w"])-?(?P<name>[^\W\d]\w*)\s*:(?!in\w*\b)')
# "Bürger:innen", "Bürger*in", "Bürger_innen", "Bürger/-innen"
GENDERED = re.compile(r"(?P<stem>\w{2,}?)(?:[:*·_]|/-?)(?P<ending>in(?:nen)?\w*)", re.IGNORECASE)


class _Term(NamedTuple):
    """A term in FTS5's language, and how it is joined to those before."""

    match: str
    excluded: bool = False
    either: bool = False


def readings(query: str) -> Iterator[str]:
    """Yield the readings of a query, the likeliest first; some may be invalid.

    After what it means come the query as it is, each word quoted, and each part of each word (rot-gruen).
    """
    query = " ".join(query.split()[:MAX_WORDS])
    understood = query if FTS5_SIGNS.search(query) else _understood(query)
    if understood is None:
        yield query  # which finds nothing: there is no word to look for
        return
    quoted = " ".join(f'"{word}"' for word in query.replace('"', " ").split())
    parts = " ".join(f'"{word}"' for word in _WORD.findall(query))
    yield from dict.fromkeys((understood, query, quoted, parts))


def is_as_typed(query: str, reading: str) -> bool:
    """Return whether a reading has the words of a query and nothing else, so that it need not be shown."""
    return _WORD.findall(reading.replace(" AND ", " ")) == _WORD.findall(query.replace(" AND ", " "))


def unknown_fields(query: str) -> tuple[str, ...]:
    """Return the names before a colon in a query that are no fields of an article: ``foo: bahn``."""
    names = (found["name"] for found in _FIELD.finditer(_PHRASE.sub(" ", query)))
    return tuple(dict.fromkeys(name for name in names if name.lower() not in _COLUMNS))


def gendered_spellings(text: str) -> set[str]:
    """Return the gendered words of a text in lower case and without a sign: ``bürgerinnen``."""
    if "in" not in text:
        return set()
    return {f"{found['stem']}{found['ending']}".lower() for found in GENDERED.finditer(text)}


def _understood(query: str) -> str | None:
    """Return what a query means; None if it only has words to leave out."""
    terms = list(_terms(query))
    wanted, excluded = ([one for one in terms if one.excluded is is_out] for is_out in (False, True))
    if not wanted:
        return None if excluded else query
    if not excluded:
        return _joined(wanted)
    return f"{_bracketed(_joined(wanted))} NOT {_bracketed(' OR '.join(one.match for one in excluded))}"


def _joined(terms: Sequence[_Term]) -> str:
    """Return terms of which all must match, and of those around an ``or`` either one."""
    groups: list[list[str]] = []
    for one in terms:
        if one.either and groups:
            groups[-1].append(one.match)
        else:
            groups.append([one.match])
    alternatives = [" OR ".join(group) for group in groups]
    return alternatives[0] if len(groups) == 1 else " AND ".join(map(_bracketed, alternatives))


def _bracketed(match: str) -> str:
    return f"({match})" if " " in match and not _PHRASE.fullmatch(match) else match


def _terms(query: str) -> Iterator[_Term]:
    either, found = False, [term for term in _TERM.finditer(query) if _WORD.search(term["words"])]
    for at, term in enumerate(found):
        words = term["words"]
        if term[0].lower() in _EITHER and 0 < at < len(found) - 1:
            either = True
            continue
        match = _match(words)
        if column := term["column"]:
            match = f"{_COLUMNS[column.lower()]} : {_bracketed(match)}"
        yield _Term(match, bool(term["excluded"]), either)
        either = False


def _match(words: str) -> str:
    """Return a word or phrase in FTS5's language."""
    if found := GENDERED.fullmatch(words):
        return f'"{words}" OR {found["stem"]}{found["ending"]}'
    if words.startswith('"') or _BARE_WORD.fullmatch(words):
        return words
    return f'"{words[:-1]}" *' if words.endswith("*") else f'"{words}"'
