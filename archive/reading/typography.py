"""Edits of typography: quotation marks, apostrophes, dashes, ellipses and the spaces beside them. Pure.

Two texts differ in typography only if :func:`plain` gives the same text for both. A mark that is added or
removed is more than typography: quotation marks around a word say something about it.
"""

import re

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


def plain(text: str) -> str:
    """Return ``text`` with one spelling for each kind of mark, and spaces only between words."""
    text = _ELLIPSIS.sub("…", text.translate(_MARKS))
    text = _DOUBLE_DASH.sub("-", _TYPED_QUOTE.sub("'", text))
    return _SPACE.sub("", text)
