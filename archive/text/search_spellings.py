"""Other spellings of a text's words, so that search finds Straße by strasse and Haeuser by Häuser.

The index removes accents itself (``remove_diacritics``: Häuser, hauser), but not ß and transliterated
umlauts. Both spellings must be in the index, since plain SQLite and Datasette search for the words as typed.
Bürger:innen, whose sign separates two words for SQLite, is found by Bürgerinnen, too.
"""

import re
from functools import lru_cache
from itertools import filterfalse

from archive.text.search_query import gendered_spellings

_WORD = re.compile(r"\w+")
_TRANSLITERATIONS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# "ue" is not ü after a, e or q: Bauer, neue, Quelle.
_DIGRAPH = re.compile(r"ae|oe|(?<![aeq])ue")
_UMLAUT_OF = {"ae": "ä", "oe": "ö", "ue": "ü"}
_HAS_VARIANTS = re.compile(r"[äöüß]|ss|ae|oe|ue")
MAX_CACHED_WORD_LENGTH = 40  # characters; longer words are rare


def search_spellings(text: str) -> str:
    """Return other spellings of the words of ``text`` that are not in it, sorted and separated by spaces."""
    words = _words(text.lower())
    long = [word for word in words if len(word) > MAX_CACHED_WORD_LENGTH]
    short = words.difference(long) if long else words
    found = gendered_spellings(text).union(*filter(None, map(_known, short)), *map(_of, long))
    return " ".join(sorted(found - words))


def _words(text: str) -> set[str]:
    """Return the different words of a text.

    Most are split at spaces and common marks, which is quicker than to find each by the pattern.
    """
    words = set(text.replace(",", " ").replace(".", " ").split())
    others = list(filterfalse(str.isalnum, words))
    words.difference_update(others)
    words.update(_WORD.findall(" ".join(others)))
    return words


def _of(word: str) -> frozenset[str]:
    """Return a word as written in Switzerland, in ASCII, with umlauts, and with umlauts and ß."""
    if not _HAS_VARIANTS.search(word):
        return frozenset()
    swiss = word.replace("ß", "ss")
    umlauts = _DIGRAPH.sub(lambda match: _UMLAUT_OF[match[0]], swiss)
    return frozenset((swiss, swiss.translate(_TRANSLITERATIONS), umlauts, umlauts.replace("ss", "ß")))


# Most words of an article are in earlier ones.
_known = lru_cache(maxsize=1 << 16)(_of)
