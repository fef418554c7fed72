"""Edits of typography: quotation marks, apostrophes, dashes, ellipses and the spaces around them. Pure.

Two texts differ in typography only if :func:`normalize_marks` returns the same text for both. An added or
removed mark is more than typography: quotation marks around a word comment on it.
"""

import re
from collections.abc import Sequence

from archive.dump.grammar import MISSING
from archive.reading.alignment import Pattern
from archive.reading.truncation_merge import merge_patterns

# Double and single, opening and closing: German, English, French, Swedish; apostrophes and primes.
_QUOTES = "\"'`´„“”‟‚‘’‛«»‹›′″"
# Hyphens, dashes, the minus sign, and the bar that opens a line of speech.
_DASHES = "-‐‑‒–—―−⁃﹘﹣－"
_MARKS = str.maketrans({**dict.fromkeys(_QUOTES, "'"), **dict.fromkeys(_DASHES, "-")})
# "...", ". . .", "…"
_ELLIPSIS = re.compile(r"\.(?: ?\.){2,}")
# ,,Wort'' and ''Wort'': two marks typed for one.
_TYPED_QUOTE = re.compile(r"''|,,")
_DOUBLE_DASH = re.compile(r"--+")
# A space between two letters or digits separates words; any other is a matter of setting.
_SPACE = re.compile(r"(?<!\w)\s+|\s+(?!\w)")


def normalize_marks(text: str) -> str:
    """Return ``text`` with one spelling for each kind of mark, and spaces only between words."""
    text = _ELLIPSIS.sub("…", text.translate(_MARKS))
    text = _DOUBLE_DASH.sub("-", _TYPED_QUOTE.sub("'", text))
    return _SPACE.sub("", text)


def differs_in_marks_only(one: Pattern, other: Pattern) -> bool:
    """Return whether two texts that differ can be the same but for typography."""
    first, second = one.text.split(" "), other.text.split(" ")
    head = _same_words(first, second)
    tail = _same_words(first[:head:-1], second[:head:-1])
    # One word more on either side: whether a space counts depends on its neighbours.
    start, end = max(head - 1, 0), max(tail - 1, 0)
    texts = (normalize_marks(" ".join(words[start : len(words) - end])) for words in (first, second))
    patterns = [Pattern(text, each.limits) for text, each in zip(texts, (one, other), strict=True)]
    return merge_patterns(*patterns) is not None


def _same_words(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many words are the same from the start, up to the first truncated one."""
    pairs = enumerate(zip(first, second, strict=False))
    shorter = min(len(first), len(second))
    return next((at for at, (one, other) in pairs if one != other or MISSING in one), shorter)
