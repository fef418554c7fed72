"""The grammar of a dump: each rule beside a line it was seen in. Words and places, no control flow."""

import re
from datetime import date

from archive.paper import ROOT_TITLE

# Body, lead and teasers are wrapped greedily at 75 characters (not bytes), "> " counted; 178 of 178
# line pairs agree. Titles, captions and link targets are never wrapped.
LINE_WIDTH = 75
# Beside gendered words lines break early, by up to about 15 characters: the paper's wrapper counts
# soft hyphens that the reader never sees.
GENDERED_WORD_SLACK = 15

# "# taz.de -- Kicker: Headline"; the root menu has "# taz.de" alone.
TITLE_LINE = re.compile(rf"{re.escape(ROOT_TITLE)}(?: -- ?(?P<title>.*))?")
LEAD_LINE = re.compile(r">(?: (?P<text>.*))?")
CAPTION_LINE = re.compile(r"Bild:(?: (?P<text>.*))?")
CAPTION_MARK = "Bild: "
SUBHEAD_LINE = re.compile(r"##(?: (?P<text>.*))?")

# Whose report it is: the paper's own, an agency's, or put together from several, "afp/taz".
_AGENCY = "(?:taz|afp|anp|apa|ap|dapd|ddp|dpa|efe|epd|ips|kna|reuters|rtr|sid|wps)"
_REPORTED = rf"{_AGENCY}(?:/{_AGENCY}){{0,3}}"
# A letter that is no small one of Latin-1, so that "Łódź" begins with one, too.
CAPITAL = r"[^\W\d_a-zß-ÿ]"
# "Berlin", "St. Gallen", "Frankfurt am Main", "Bozen/Tunis"
_NAMED = (
    rf"{CAPITAL}[\w./-]*,?(?: (?:am|an|auf|bei|da|de|der|do|im|in|la|ob|und|vor|{CAPITAL}[\w./-]*),?){{0,4}}"
)
# "Berlin taz | ", "Bozen/Tunis taz | ", "taz | ", "ISTANBUL ap | ", "GAZA afp/taz ■ ", "taz ■ ";
# "Berlin (taz) – "; on old pages "BERLIN taz " without a mark, "MUeNCHEN taz " where umlauts are written out.
# Running text may hold " | " too, so a place is short and has no sentence mark but a point ("St. Gallen").
DATELINE = re.compile(
    rf"(?P<dateline>(?:[^\W\d_][^|■!?:;„“\n\[\]\ufdd0]{{0,60}} )?{_REPORTED}(?= [|■](?:\s|$))"
    rf"|(?:{_NAMED} )?\({_REPORTED}\)(?= [|■–-](?:\s|$))"
    rf"|[A-ZÄÖÜ](?:[A-ZÄÖÜß/., -]|(?<=[AOU])e){{1,40}} {_REPORTED}(?=\s|$))(?: [|■–-])?(?:\s|$)"
)

# "8 Oct 2020", "1 Feb 2024": day not padded, English month even on German pages; German ones too.
DATE_LINE = re.compile(r"(?P<day>[0-9]{1,2})\.? (?P<month>[A-ZÄa-zä]{3,9})\.? (?P<year>[0-9]{4})")
MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(
        (
            *("jan january januar jän jänner", "feb february februar", "mar march mär märz mrz"),
            *("apr april", "may mai", "jun june juni", "jul july juli", "aug august"),
            *("sep september sept", "oct october okt oktober", "nov november", "dec december dez dezember"),
        ),
        start=1,
    )
    for name in names.split()
}
ENGLISH_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

# The four sections after the date line, in the page's order.
LINKS_HEADING, AUTHORS_HEADING, TAGS_HEADING, RELATED_HEADING = (
    "## LINKS",
    "## AUTOREN",
    "## TAGS",
    "## ARTIKEL ZUM THEMA",
)
SECTION_HEADINGS = (LINKS_HEADING, AUTHORS_HEADING, TAGS_HEADING, RELATED_HEADING)
# "[2] /Nato/!t5008005"
TARGET_LINE = re.compile(r"\[(?P<n>[0-9]{1,6})\](?: (?P<target>.*))?")
# "[1][europäische „Koalition der Willigen“]", the opening of it
REFERENCE_OPENING = re.compile(r"\[(?P<n>[0-9]{1,6})\]\[")

# "Wissenschaftler:innen", "Leser*in", "jede_r", "PolitikerInnen"
GENDERED_WORD = re.compile(r"[^\W\d_][\u00ad\u200b]?[:*_][\u00ad\u200b]?[a-zäöü]|[a-zäöüß]In(?:nen)?\b")
# What an umlaut or ß is where it is written out; and what many a word is spelled with anyhow.
POSSIBLE_UMLAUT = re.compile(r"[aou]e|ss", re.IGNORECASE)
# "taz: Frau Murr, …", "Murr: Nein.", "Erika Blüm: Ja.": who speaks, where turns of an interview are marked.
SPEAKER_LABEL = re.compile(
    rf"(?P<first_names>(?:{CAPITAL}[\w.-]* |(?:da|de|den|der|di|van|von|zu) ){{0,5}})"
    rf"(?P<label>(?:taz|{CAPITAL}[\w-]+): )"
)
# "taz: ", on English pages "TAZ: ", opens an interview.
INTERVIEW_OPENINGS = ("taz: ", "TAZ: ")
# How a sentence ends, and how a line of speech does; verse mostly ends neither.
SENTENCE_END = re.compile(r"[.!?…][”“\"»«’')\]]*$")
SPEECH_END = re.compile(r"[.!?…:;][”“\"»«’')\]]*$")

# Stands for the "…" of a cut while a paragraph is put together: a noncharacter, so no page holds it.
MISSING = "\ufdd0"

# Soft hyphens, zero-width and direction marks: on the page, not in the text. U+2800 fills lines.
_INVISIBLE = "\u00ad\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\u2800\ufeff"
# Control characters would reach somebody's terminal, lone surrogates no database.
_CONTROL = "\x00-\x1f\x7f-\x9f"
_NOT_TEXT = re.compile(f"[{_INVISIBLE}{MISSING}]")
_CONTROLS = re.compile(f"(?![\n\t])[{_CONTROL}]")
_NOT_SPACE = re.compile(f"[{_CONTROL}\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` as a reader sees it: nothing invisible, no controls, no runs of spaces."""
    if not text.isprintable() or "\u2800" in text:  # all of the above are unprintable but U+2800
        text = text.replace("\u00ad", "")  # mostly there is no more than that
        if not text.isprintable() or "\u2800" in text:
            text = _NOT_TEXT.sub("", text)
        if not text.isprintable():
            return " ".join(_NOT_SPACE.sub(" ", text).split())
    # What is printable has no other spaces, and most lines no two in a row.
    return " ".join(text.split()) if "  " in text else text.strip(" ")


def without_controls(text: str) -> str:
    """``text`` fit for a terminal: a space for each control character but line ends and tabs."""
    return text if text.isprintable() else _CONTROLS.sub(" ", text)


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing there: no letter, no mark, at most a filler."""
    return not text or not (text[0].isalnum() or clean(text))


def parse_date(text: str) -> date | None:
    """``8 Oct 2020`` → a date; None for any other line, and for days no calendar has."""
    match = DATE_LINE.fullmatch(text)
    month = match and MONTH_NUMBERS.get(match["month"].lower())
    if not match or not month:
        return None
    try:
        return date(int(match["year"]), month, int(match["day"]))
    except ValueError:  # "31 Feb 2021", year 0
        return None


def write_date(day: date) -> str:
    """The date as the paper spells it: ``8 Oct 2020``."""
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year:04}"
