"""Other spellings of a text's words, so that search finds Straße by strasse and Haeuser by Häuser.

The index folds accents itself (``remove_diacritics``: Häuser, hauser), but knows nothing of ß and of
umlauts written out. Both spellings must be in the index, since plain SQLite and Datasette search with
the words as typed.
"""

import re

WORD = re.compile(r"\w+")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# "ue" is no ü after a, e or q: Bauer, neue, Quelle.
DIGRAPH = re.compile(r"ae|oe|(?<![aeq])ue")
UMLAUT_OF = {"ae": "ä", "oe": "ö", "ue": "ü"}
TELLING = re.compile(r"[äöüß]|ss|ae|oe|ue")


def spellings(text: str) -> str:
    """The spellings of ``text``'s words that ``text`` itself does not hold, sorted, separated by spaces."""
    words = set(WORD.findall(text.lower()))
    found = {spelling for word in words if TELLING.search(word) for spelling in _of(word)}
    return " ".join(sorted(found - words))


def _of(word: str) -> set[str]:
    sharps = {word, word.replace("ß", "ss") if "ß" in word else word.replace("ss", "ß")}
    return {form for sharp in sharps for form in (sharp, sharp.translate(UMLAUTS), _with_umlauts(sharp))}


def _with_umlauts(word: str) -> str:
    return DIGRAPH.sub(lambda match: UMLAUT_OF[match[0]], word)
