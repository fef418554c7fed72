"""Other spellings of a text's words, so that search finds Straße by strasse and Haeuser by Häuser.

The index folds accents itself (``remove_diacritics``: Häuser, hauser), but knows nothing of ß and of
umlauts written out. Both spellings must be in the index, since plain SQLite and Datasette search with
the words as typed.
"""

import re
from functools import lru_cache

_WORD = re.compile(r"\w+")
_TRANSLITERATIONS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# "ue" is no ü after a, e or q: Bauer, neue, Quelle.
_DIGRAPH = re.compile(r"ae|oe|(?<![aeq])ue")
_UMLAUT_OF = {"ae": "ä", "oe": "ö", "ue": "ü"}
_HAS_VARIANTS = re.compile(r"[äöüß]|ss|ae|oe|ue")
MAX_CACHED_WORD_LENGTH = 40  # characters; a word that is longer is not worth remembering


def search_spellings(text: str) -> str:
    """The spellings of ``text``'s words that ``text`` itself does not hold, sorted, separated by spaces."""
    words = set(_WORD.findall(text.lower()))
    found: set[str] = set()
    for word in words:
        found.update(_known(word) if len(word) <= MAX_CACHED_WORD_LENGTH else _of(word))
    return " ".join(sorted(found - words))


def _of(word: str) -> frozenset[str]:
    """As written in Switzerland, in ASCII, with umlauts, with umlauts and ß; nobody mixes ß and "ae"."""
    if not _HAS_VARIANTS.search(word):
        return frozenset()
    swiss = word.replace("ß", "ss")
    umlauts = _DIGRAPH.sub(lambda match: _UMLAUT_OF[match[0]], swiss)
    return frozenset((swiss, swiss.translate(_TRANSLITERATIONS), umlauts, umlauts.replace("ss", "ß")))


# Most words of an article stood in another one.
_known = lru_cache(maxsize=1 << 16)(_of)
