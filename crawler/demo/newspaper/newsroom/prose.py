"""Sentences, headlines and leads: patterns with places, filled from the vocabulary.

A pattern is cut up once, at import; filling one is a join. The paper writes hundreds of articles a
second that way.
"""

from collections.abc import Callable, Sequence
from string import Formatter

from crawler.demo.newspaper.newsroom import vocabulary
from crawler.demo.newspaper.newsroom.dice import Dice

Slot = Callable[[Dice], str]
Pattern = tuple[tuple[str, Slot | None], ...]

MIN_TITLE_LENGTH = 40
MAX_TITLE_LENGTH = 140
MAX_LEAD_LENGTH = 280  # characters, about four lines
# Longer than a line, so that it has a line of its own.
LONG_COMPOUND = "Straßenreinigungsgebührenbemessungsgrundlagenanpassungsverordnungsentwurfsbegründung"


def compound(dice: Dice) -> str:
    """``Wärmepumpenverordnung``, now and then ``Grundwasserbeschleunigungsplanung``; always feminine."""
    middle = dice.pick(vocabulary.MIDDLE) if dice.chance(0.12) else ""
    return dice.pick(vocabulary.FRONT) + middle + dice.pick(vocabulary.BACK)


def person(dice: Dice) -> str:
    return f"{dice.pick(vocabulary.FIRST_NAMES)} {dice.pick(vocabulary.LAST_NAMES)}"


def _group(dice: Dice) -> str:
    return dice.pick(vocabulary.PEOPLE if dice.chance(0.55) else vocabulary.BODIES)


def _figure(dice: Dice) -> str:
    """``4.300``, ``17``, ``38 Prozent``, ``1,7 Millionen``: enough sorts to get a figure wrong in."""
    amount, digit = dice.number(2, 980), dice.number(1, 9)
    forms = (f"{amount}", f"{amount}.{digit}00", f"{amount % 98 + 2} Prozent", f"{amount},{digit} Millionen")
    return dice.pick(forms)


def _year(dice: Dice) -> str:
    return str(dice.number(1949, 2031))


def _of(options: Sequence[str]) -> Slot:
    return lambda dice: options[int(dice.roll() * len(options))]


SLOTS: dict[str, Slot] = {
    "sache": compound,
    "name": person,
    "leute": _group,
    "zahl": _figure,
    "jahr": _year,
    "nachname": _of(vocabulary.LAST_NAMES),
    "stadt": _of(vocabulary.TOWNS),
    "sagen": _of(vocabulary.SAY_VERBS),
    "sagte": _of(vocabulary.SAID_VERBS),
    "satz": _of(vocabulary.DASS_CLAUSES),
    "wann": _of(vocabulary.TIMES_OF_DAY),
    "wie": _of(vocabulary.ADJECTIVES),
    "dinge": _of(vocabulary.THINGS),
    "tun": _of(vocabulary.DOING),
    "kurz": _of(vocabulary.SHORT),
    "zitat": _of(vocabulary.QUOTATIONS),
}


def _cut_up(pattern: str) -> Pattern:
    return tuple((text, SLOTS[name] if name else None) for text, name, _, _ in Formatter().parse(pattern))


def _patterns(*patterns: str) -> tuple[Pattern, ...]:
    return tuple(map(_cut_up, patterns))


def fill(pattern: Pattern, dice: Dice) -> str:
    """The pattern as a sentence; it begins with a capital letter, whatever its first place got."""
    filled = "".join([text + slot(dice) if slot else text for text, slot in pattern])
    return filled[0].upper() + filled[1:]


SENTENCES = _patterns(
    "{leute} {sagen}, dass {satz}.",
    "{leute} aus {stadt} {sagen}, dass {satz}, und {leute} widersprechen dem nicht.",
    "Die {sache} ist {wie}, {kurz} wegen der {sache}.",
    "Die {sache} bleibt {wie} – auch wenn {leute} {sagen}, dass {satz}.",
    "„{zitat}“, {sagte} {name} {wann} in {stadt}.",
    "„{zitat}“, {sagte} {nachname}, „{zitat}!“",
    "»{zitat}«, {sagte} {name}, während {leute} {dinge} und {dinge} zählten.",
    "{name} von der {sache} hält das für {wie}: „{zitat}.“",
    "Zwischen {stadt} und {stadt} waren {wann} {zahl} {dinge} betroffen.",
    "{wann} hatten {leute} begonnen, {dinge} {tun}.",
    "Es gehe darum, {dinge} {tun}, heißt es in der {sache}.",
    "Ob das reicht, ist {wie}.",
    "Und dann …",
    "Rund {zahl} {dinge} hat die {sache} seit {jahr} gekostet, {zahl} mehr als geplant.",
    "Dass {satz}, gilt in {stadt} als {wie}.",
    "Warum {satz}? {leute} {sagen}, dass die {sache} {wie} sei.",
    "Die einen wollen {dinge} {tun}, die anderen lieber {dinge} {tun}; {wie} ist beides.",
    "{nachname} sieht das anders, nämlich {wie}.",
    "Im Jahr {jahr} lag die Zahl der {dinge} noch bei {zahl} – heute sind es {zahl}.",
    "Weil {satz}, haben {leute} {wann} die {sache} verlassen, ohne die {dinge} {tun}.",
    "Das sei, {kurz}, „{wie}“, {sagte} {name}.",
    "So {wie} wie die {sache} war in {stadt} lange nichts mehr.",
    "Für {leute} ist die {sache} ({jahr} beschlossen, {jahr} vertagt) vor allem {wie}.",
    "Von {zahl} {leute} kommen {zahl} aus {stadt}, der Rest aus {stadt} oder aus der {sache}.",
    "Nicht nur {leute}, auch {leute} müssten lernen, {dinge} {tun}, {sagte} {nachname}.",
    "Doch die {sache} hat einen Haken …",
    "Mit Dr. {name}, Sprecherin der {sache}, ließe sich {wann} mehr erreichen, glauben {leute}.",
    "Wer in {stadt} wohnt, weiß, dass {satz}.",
    "Der Größe nach wären das {zahl} {dinge}, dem Gewicht nach höchstens {zahl}.",
    "Dabei ist längst bewiesen, dass {satz} und dass {satz}.",
    "{wann} soll die {sache} kommen, {wann} schon wieder gehen.",
    "Was bleibt, sind {dinge}, {dinge} und eine {sache}, die niemand so recht erklären kann.",
)

# Rare on purpose: what a reader of dumps could stumble over.
ODD_SENTENCES = _patterns(
    "Die Rechnung ist einfach: Soll | Haben, mehr steht nicht auf dem Zettel aus {stadt}.",
    f"Das Wort des Jahres heißt, so {{name}}, {LONG_COMPOUND}.",
    "Der Antrag [Drucksache {jahr}/7] liegt der taz vor.",
    "Auf dem Plakat stand: # {stadt} bleibt {wie} #, darunter 5 > 3 und ein Herz.",
    "{zahl} mal {zahl}, das rechnen {leute} im Kopf aus …",
)

HEADLINES = _patterns(
    "Die {sache} kommt später",
    "Die {sache} bleibt {wie}",
    "Mehr {dinge} für {stadt}",
    "Wer bezahlt die {sache}?",
    "{stadt} streitet über die {sache}",
    "„{zitat}“",
    "{leute} gegen {leute}",
    "Was die {sache} für {leute} bedeutet",
    "Ohne {leute} geht es nicht",
    "Kein Geld für {dinge} und {dinge}",
    "{dinge} {tun} ist {wie}",
    "Zu {wie}, um wahr zu sein",
    "{stadt} übt {dinge} {tun}",
)

KICKERS = _patterns(
    "Streit um die {sache}",
    "{sache} in {stadt}",
    "Nach der {sache}",
    "{name} über die {sache}",
    "Protest in {stadt}",
    "Wahl in {stadt}",
    "Buch über {dinge} in {stadt}",
    "{leute} im Alltag: Teil {jahr}",
    "„{zitat}“ in {stadt}",
    "Die Wahrheit",
)

LEADS = _patterns(
    "{leute} {sagen}, dass {satz}.",
    "In {stadt} wird die {sache} verhandelt.",
    "{wann} sollte alles fertig sein. Doch die {sache} ist {wie}.",
    "Die {sache} ist {wie}. {leute} wollen trotzdem {dinge} {tun}.",
    "{name} hat es versucht. Ein Gespräch über {dinge}, {leute} und die {sache}.",
    "Noch immer fehlen {zahl} {dinge}.",
    "Ist die {sache} {wie}?",
)

CAPTIONS = _patterns(
    "{dinge} bei {stadt}, {wann}",
    "{name} ({zahl}) will {dinge} {tun}",
    "{leute} vor der {sache} in {stadt}: „{zitat}“ Foto: {name}",
    "So {wie} sieht die {sache} von oben aus",
)

QUESTIONS = _patterns(
    "Frau {nachname}, ist die {sache} {wie}?",
    "Und wenn {satz}?",
    "{leute} {sagen}, dass {satz}. Was antworten Sie?",
    "Warum {dinge}?",
    "Wie viele {dinge} sind es denn? {zahl}?",
)

SUBHEADS = _patterns(
    "{dinge} statt {dinge}",
    "„{zitat}“",
    "{leute} am Zug",
    "{wie}, aber möglich",
    "{zahl} {dinge} weniger",
)

STORIES = _patterns(
    "Streit um die {sache}", "Die {sache}", "Schwerpunkt {sache}", "{stadt} und die {sache}", "{sache}"
)  # fmt: skip


def sentence(dice: Dice) -> str:
    return fill(dice.pick(ODD_SENTENCES if dice.chance(0.01) else SENTENCES), dice)


def paragraph(dice: Dice, sentences: int) -> str:
    return " ".join([sentence(dice) for _ in range(sentences)])


def headline(dice: Dice, kicker: str) -> str:
    """A headline that makes, with its kicker, a title of about 40 to 140 characters."""
    written = fill(dice.pick(HEADLINES), dice)
    if len(kicker) + len(": ") + len(written) > MAX_TITLE_LENGTH:
        written = f"Mehr {dice.pick(vocabulary.THINGS)}"
    if len(kicker) + len(": ") + len(written) < MIN_TITLE_LENGTH:
        written += f" – {fill(dice.pick(HEADLINES), dice)}"
    return written


def lead(dice: Dice) -> str | None:
    """Zero to four lines once wrapped; most often two."""
    written: str | None = None
    for _ in range(dice.pick((0, 1, 1, 2, 2, 2, 3))):
        longer = f"{written or ''} {fill(dice.pick(LEADS), dice)}".strip()
        written = longer if len(longer) <= MAX_LEAD_LENGTH else written
    return written
