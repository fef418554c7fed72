"""Names that are like a given one, for one that was mistyped. Pure."""

import re
from collections.abc import Collection
from difflib import get_close_matches

from archive.text.accents import without_accents

MAX_NEAR_NAMES = 5
_MIN_LIKENESS = 0.72  # of two words, as difflib measures it: Meier and Meyer 0.8, Klimma and Klima 0.91
_MAX_LENGTH_DIFFERENCE = 2  # letters
_WORD = re.compile(r"\w+")


def near_names(wanted: str, names: Collection[str], most: int = MAX_NEAR_NAMES) -> tuple[str, ...]:
    """Return the names with a word like one of those wanted, the likeliest first, then by alphabet."""
    names_by_word: dict[str, set[str]] = {}
    for name in names:
        for word in _words(name):
            names_by_word.setdefault(word, set()).add(name)
    ranks: dict[str, float] = {}
    for word in _words(wanted):
        for place, near in enumerate(_near_words(word, names_by_word)):
            for name in names_by_word[near]:
                ranks[name] = ranks.get(name, 0) + 1 / (1 + place)
    return tuple(sorted(ranks, key=lambda name: (-ranks[name], name))[:most])


def _near_words(wanted: str, words: Collection[str]) -> list[str]:
    candidates = [word for word in words if _is_candidate(wanted, word)]
    return get_close_matches(wanted, candidates, n=MAX_NEAR_NAMES, cutoff=_MIN_LIKENESS)


def _is_candidate(wanted: str, word: str) -> bool:
    """Return whether a word may be like another, without a slow comparison."""
    is_as_long = abs(len(word) - len(wanted)) <= _MAX_LENGTH_DIFFERENCE
    return is_as_long and bool(set(word[:2]) & set(wanted[:2]))


def _words(name: str) -> list[str]:
    """Return the words of a name without case and accents, except initials and particles."""
    bare = without_accents(name.casefold())
    return [word for word in _WORD.findall(bare) if len(word) > 2]  # noqa: PLR2004 - letters
