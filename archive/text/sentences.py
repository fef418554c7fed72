"""Where German sentences end. Pure, and one step per word on any input.

A sentence ends with a word that ends in ``.``, ``!`` or ``?``, unless the next word says otherwise:

- It begins with a small letter: ``„Warum?“ fragte sie``, ``ca. drei``.
- The word is an abbreviation (``Dr. Müller``), an ordinal (``10. April``, ``Heinrich IV. König``) or an
  initial (``J. Müller``). Some of them can end a sentence (``usw. Danach``, ``um 10. Dann``): they do before
  a word that begins sentences and is not a noun.

``…`` within a sentence is a pause; it ends one only at the end of a word or a quotation. Quoted sentences are
sentences. Written for this, since no library holds on any input: those tried split dates, take quadratic time
or crash.
"""

import re
from collections.abc import Sequence

from archive.dump.grammar import MISSING

OPENING = "„“”\"»«›‹‚‘’'([–—-"
CLOSING = "“”\"«»‹›‘’')]"
_LAST_CHARACTERS = frozenset(".!?…" + CLOSING)
MAX_ORDINAL_DIGITS = 3  # longer numbers are years and amounts, which end sentences

# Never at the end of a sentence, without the full stop, in small letters.
_NEVER_LAST_WORDS = """
abb abs allg anm aufl ausg bd bes bez bzgl bzw ca chr dipl dr ehem engl entspr ev evtl exkl fam ff fig
franz freundl frz geb gebr gem gest gez ggf ggü griech hg hl hrsg inkl insb ital jun kath lat lfd lic lt
mind mr mrs ms nr öff prof rd reg russ s sog spez st str türk ugs urspr vgl verh vs zit zt zz zzgl
"""
# At the end of a sentence or not, as the next word says; single letters and numbers are among them too.
_MAYBE_LAST_WORDS = """
co etc inc ltd kg jr jh jhd std tsd mio mrd usf usw art gen ing kap max med min phil pos red ref sen tel
jan feb mär apr jul aug sep sept okt nov dez mo di mi do fr sa
"""
# Words that begin sentences and, with a capital, stand nowhere else.
_STARTING_WORDS = """
aber alle allein allerdings als also am an andere auch auf aus außerdem bei beide bereits bis bisher da
dabei dafür dagegen daher damals damit danach daneben dann daran darauf daraufhin darin darüber darum das
dass dazu dem den denn dennoch der deren derzeit deshalb des dessen die dies diese diesem diesen dieser
dieses doch dort du durch ebenso ein eine einem einen einer eines einige einst er erst es etwa euch euer
für gegen gegenüber gerade gestern gibt hat heute hier hinter hinzu ich ihm ihn ihnen ihr ihre ihrem
ihren ihrer im immer in indes insgesamt ist ja je jede jeder jedes jedoch jene jetzt kein keine keiner
laut man manche manchmal mehr mein meine meist mit mittlerweile morgen nach nachdem natürlich neben nein
nicht nichts noch nun nur ob obwohl oder oft ohne schließlich schon seit seitdem sein seine seinem seinen
seiner seither selbst sie sind so sobald sogar solche somit später statt stattdessen trotz trotzdem über
um und uns unser unsere unter viele vielleicht vom von vor während war wäre waren warum was weder wegen
weil weiter weitere welche wenig wenn wer werden wie wieder wir wird wo wobei wohl wurde wurden zu zudem
zuerst zuletzt zum zunächst zur zuvor zwar zwischen
"""
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NEVER_LAST, _MAYBE_LAST, _STARTERS = (
    frozenset(f"{words} {words.translate(_TRANSLITERATED)}".split())
    for words in (_NEVER_LAST_WORDS, _MAYBE_LAST_WORDS, _STARTING_WORDS)
)
_ROMAN = re.compile(r"[IVX]{1,6}\Z")
_DOTTED = re.compile(r"(?:\w\.){1,5}\w\Z")  # z.B, e.V


def sentence_ends(words: Sequence[str]) -> list[int]:
    """Return for each sentence the index after its last word. The last word always ends one."""
    if not words:
        return []
    last = len(words) - 1
    ends = [at + 1 for at in range(last) if words[at][-1] in _LAST_CHARACTERS and _ends(words, at)]
    return [*ends, len(words)]


def _ends(words: Sequence[str], at: int) -> bool:
    word, following = words[at], words[at + 1]
    core = word.rstrip(CLOSING)
    if not core or core[-1] not in ".!?…":
        return False
    first = following.lstrip(OPENING)[:1]
    if first.islower() or first == MISSING:
        return False
    if core[-1] == "…":
        return first.isupper() and len(word) > 1
    if core[-1] != "." or core != word:
        return True
    return _stop_ends(core[:-1].lstrip(OPENING), words[at - 1] if at else "", following)


def _stop_ends(stem: str, before: str, following: str) -> bool:
    """Return whether the full stop after ``stem`` ends a sentence, and not only an abbreviation."""
    lowered = stem.lower()
    if lowered in _NEVER_LAST or (len(stem) == 1 and _is_small_abbreviation(before)):
        return False
    is_open = (
        lowered in _MAYBE_LAST
        or (len(stem) == 1 and stem.isalpha())
        or (stem.isdecimal() and len(stem) <= MAX_ORDINAL_DIGITS)
        or _ROMAN.match(stem)
        or _DOTTED.match(stem)
    )
    return not is_open or _begins_sentence(following)


def _is_small_abbreviation(word: str) -> bool:
    """Return whether a word is one small letter with a full stop, as the first one of ``z. B.``."""
    return len(word.lstrip(OPENING)) == 2 and word[-1] == "." and word[-2].islower()  # noqa: PLR2004 - a letter and a stop


def _begins_sentence(word: str) -> bool:
    return word.strip(OPENING + CLOSING + ".,:;!?…").lower() in _STARTERS
