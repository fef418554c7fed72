"""Captures of the archives that the tests of commands read."""

from dataclasses import replace
from datetime import date

from archive.model import Article, Author, Paragraph, Tag, Teaser
from tests.support.samples.captures import BRIDGE, HOUR, NOON, absence_of, capture_of, failure_of

RIVER = Article(
    title="Murr: Ein [bold]Fluss[/bold] steigt " + "und steigt " * 20,
    published=date(2025, 4, 12),
    blocks=(Paragraph("Am Ufer steht das Wasser."),),
)
EDITED = replace(
    BRIDGE,
    title="Brücke in Großau: Geklagt wird doch",
    authors=(Author("Anna Äpfel", 31),),
    tags=(Tag("Justiz", 53), Tag("Großau", 52)),
    related=(Teaser("Murr: Das Gericht", None, "/!700005"),),
)
FOUND = replace(BRIDGE, title="Ohne Nummer: Ein Fund", published=date(2024, 1, 2))
ARTICLE_CAPTURES = [
    capture_of(BRIDGE),
    capture_of(EDITED, at=NOON + 2 * HOUR),
    capture_of(RIVER, 700002),
    absence_of(700002, NOON + HOUR),
    absence_of(700002, NOON + 3 * HOUR),
    capture_of(FOUND, None),
    failure_of(700003, "refused \x1b[31m\u202e twice"),
    failure_of(700004, "refused \x1b[31m\u202e twice", NOON + HOUR),
]

EDITED_BODY = replace(
    BRIDGE,
    title="Brücke in Großau: Neue Brücke, alter Streit",
    authors=(Author("Anna Äpfel", 31),),
    blocks=(*BRIDGE.blocks[:3], Paragraph("Im Winter soll der Rat der Stadt entscheiden, ob gebaut wird.")),
)
_RIVER_BRIEF = Article(title="Murr: Ein Fluss steigt", blocks=(Paragraph("Am Ufer steht das Wasser."),))
HISTORY_CAPTURES = [
    capture_of(BRIDGE),
    capture_of(BRIDGE, at=NOON + HOUR, source="gopher.example"),
    capture_of(EDITED_BODY, at=NOON + 2 * HOUR),
    absence_of(at=NOON + 3 * HOUR),
    absence_of(at=NOON + 4 * HOUR),
    capture_of(EDITED_BODY, at=NOON + 5 * HOUR),
    capture_of(BRIDGE, at=NOON + 6 * HOUR),
    absence_of(700002, NOON - HOUR),
    capture_of(_RIVER_BRIEF, 700002, NOON + HOUR / 2),
    absence_of(700002, NOON + 7 * HOUR),
]
