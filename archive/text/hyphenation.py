"""Soft hyphens in long German words, where a narrow column may break them.

Only what is shown gets them: what is stored, searched, compared, cited or exported as data has none.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyphen import Pyphen  # type: ignore[import-untyped]  # it ships no types

SOFT_HYPHEN = "\N{SOFT HYPHEN}"
DICTIONARY = "de_DE"
MIN_WORD_LETTERS = 12  # shorter words seldom leave a gap
MAX_WORD_LETTERS = 80  # longer ones are no words
MIN_END_LETTERS = 4  # before the first hyphen, and after the last
MIN_PART_LETTERS = 3  # between two hyphens
CACHED_WORDS = 20_000  # 5 MB

# A word that has soft hyphens already is left as it is.
_LONG_WORD = re.compile(rf"(?<![\w\xad])[^\W\d_]{{{MIN_WORD_LETTERS},{MAX_WORD_LETTERS}}}(?![\w\xad])")


def hyphenate(text: str) -> str:
    """Return a text with soft hyphens in its long words."""
    return _LONG_WORD.sub(lambda word: _hyphenated(word[0]), text)


@lru_cache(CACHED_WORDS)
def _hyphenated(word: str) -> str:
    dictionary = _dictionary()
    ends = [0, *_spaced(dictionary.positions(word)), len(word)]
    dictionary.hd.cache.clear()  # Pyphen's own cache has no bound
    return SOFT_HYPHEN.join(word[start:end] for start, end in pairwise(ends))


def _spaced(positions: list[int]) -> Iterator[int]:
    """Yield the positions but those near the last one: where patterns disagree, they break off one letter."""
    last = 0
    for position in positions:
        if position - last >= MIN_PART_LETTERS:
            yield position
            last = position


def load_patterns() -> None:
    """Load the patterns for German, so that the first text is hyphenated as fast as the others."""
    _dictionary()


@cache
def _dictionary() -> "Pyphen":
    from pyphen import Pyphen  # noqa: PLC0415 - slow to load, and few commands show texts so

    return Pyphen(lang=DICTIONARY, left=MIN_END_LETTERS, right=MIN_END_LETTERS)
