"""The grammar of a dump: each rule next to a line it was seen in. Patterns only, no control flow."""

import re
from datetime import date

from archive.paper import ROOT_TITLE

# Body, lead and teasers are wrapped greedily at 75 characters (not bytes), "> " counted; 178 of 178
# line pairs agree. Titles, captions and link targets are never wrapped.
LINE_WIDTH = 75
# Next to gendered words lines break up to about 15 characters early: the paper's wrapper counts soft hyphens
# that readers do not see.
GENDERED_WORD_SLACK = 15

# "# taz.de -- Kicker: Headline"; the root menu has just "# taz.de".
TITLE_LINE = re.compile(rf"{re.escape(ROOT_TITLE)}(?: -- ?(?P<title>.*))?")
LEAD_LINE = re.compile(r">(?: (?P<text>.*))?")
CAPTION_LINE = re.compile(r"Bild:(?: (?P<text>.*))?")
CAPTION_MARK = "Bild: "
SUBHEAD_LINE = re.compile(r"##(?: (?P<text>.*))?")

# The source of a report: the paper itself, an agency, or several, "afp/taz".
_AGENCY = "(?:taz|afp|anp|apa|ap|dapd|ddp|dpa|efe|epd|ips|kna|reuters|rtr|sid|wps)"
_REPORTED = rf"{_AGENCY}(?:/{_AGENCY}){{0,3}}"
# Any letter but the lower-case ones of Latin-1, so that "Łódź" begins with a capital.
CAPITAL = r"[^\W\d_a-zß-ÿ]"
# "Berlin", "St. Gallen", "Frankfurt am Main", "Bozen/Tunis"
_NAMED = (
    rf"{CAPITAL}[\w./-]*,?(?: (?:am|an|auf|bei|da|de|der|do|im|in|la|ob|und|vor|{CAPITAL}[\w./-]*),?){{0,4}}"
)
# "Berlin taz | ", "Bozen/Tunis taz | ", "taz | ", "ISTANBUL ap | ", "GAZA afp/taz ■ ", "taz ■ ";
# "Berlin (taz) – "; on old pages "BERLIN taz " without a mark, and "MUeNCHEN taz " if transliterated.
# Running text can contain " | " too, so a place is short and has no punctuation but full stops ("St.
# Gallen").
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
# A transliterated umlaut or ß, or the normal spelling of many words.
POSSIBLE_UMLAUT = re.compile(r"[aou]e|ss", re.IGNORECASE)
# "taz: Frau Murr, …", "Murr: Nein.", "Erika Blüm: Ja.": the speaker of a turn in an interview.
SPEAKER_LABEL = re.compile(
    rf"(?P<first_names>(?:{CAPITAL}[\w.-]* |(?:da|de|den|der|di|van|von|zu) ){{0,5}})"
    rf"(?P<label>(?:taz|{CAPITAL}[\w-]+): )"
)
# The first words of an interview, "TAZ: " on English pages.
INTERVIEW_OPENINGS = ("taz: ", "TAZ: ")
# The end of a sentence, and of a line of speech; most lines of verse have neither.
SENTENCE_END = re.compile(r"[.!?…][”“\"»«’')\]]*$")
SPEECH_END = re.compile(r"[.!?…:;][”“\"»«’')\]]*$")

# Replaces the "…" of a truncation while text is parsed and compared: a noncharacter, so no page contains it.
# The only source that truncates keeps the first 79 bytes of a row over 80, less half a character.
TRUNCATED_BYTES = range(77, 80)
MISSING = "\ufdd0"

# Soft hyphens, zero-width and direction marks: on the page, not in the text. U+2800 fills lines.
_INVISIBLE = "\u00ad\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\u2800\ufeff"
# Control characters could reach a terminal; databases do not store lone surrogates.
_CONTROL = "\x00-\x1f\x7f-\x9f"
_NOT_TEXT = re.compile(f"[{_INVISIBLE}{MISSING}]")
_CONTROLS = re.compile(f"(?![\n\t])[{_CONTROL}]")
_NOT_SPACE = re.compile(f"[{_CONTROL}\ud800-\udfff]")


def clean(text: str) -> str:
    """Return ``text`` without invisible and control characters and without runs of spaces."""
    if not text.isprintable() or "\u2800" in text:  # all of the above but U+2800 are unprintable
        text = text.replace("\u00ad", "")  # usually the only ones
        if not text.isprintable() or "\u2800" in text:
            text = _NOT_TEXT.sub("", text)
        if not text.isprintable():
            return " ".join(_NOT_SPACE.sub(" ", text).split())
    # Printable text has no other spaces, and most lines have no two in a row.
    return " ".join(text.split()) if "  " in text else text.strip(" ")


def without_controls(text: str) -> str:
    """Return ``text`` with a space for each control character other than line ends and tabs."""
    return text if text.isprintable() else _CONTROLS.sub(" ", text)


def is_blank(text: str) -> bool:
    """Return whether a line shows nothing but spaces and fillers."""
    return not text or not (text[0].isalnum() or clean(text))


def parse_date(text: str) -> date | None:
    """Parse ``8 Oct 2020``; return None for any other line and for invalid days."""
    match = DATE_LINE.fullmatch(text)
    month = match and MONTH_NUMBERS.get(match["month"].lower())
    if not match or not month:
        return None
    try:
        return date(int(match["year"]), month, int(match["day"]))
    except ValueError:  # "31 Feb 2021", year 0
        return None


def write_date(day: date) -> str:
    """Return the date as the paper writes it: ``8 Oct 2020``."""
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year:04}"


def is_truncated(text: str) -> bool:
    """Return whether a line ends where the source that truncates does so, not in an ellipsis of its own."""
    return text.endswith("…") and len(text[:-1].rstrip("\ufffd").encode()) in TRUNCATED_BYTES
