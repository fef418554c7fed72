"""Print the provenance of a version: the captures of its text, and what is missing."""

from collections.abc import Iterator
from dataclasses import asdict

from rich.text import Text

from archive.cli.output.printing import count, print_text
from archive.model import Truncation
from archive.store import CaptureOrigin, HealedText, Provenance, VersionRow, text_of
from archive.timestamps import display_stamp

_MAX_QUOTED = 60  # characters of healed words
_CONTEXT_WORDS = 4  # before missing words


def provenance_fields(found: Provenance) -> dict[str, object]:
    return {
        "base": found.base and found.base._asdict(),
        "healed": [{**words._asdict(), "origin": words.origin._asdict()} for words in found.healed],
        "missing": [asdict(truncation) for truncation in found.missing],
    }


def print_provenance(row: VersionRow, found: Provenance) -> None:
    print_text(Text.assemble((f"!{row.article_id}", "dim"), f"  version {row.number}  ", (row.title, "bold")))
    for name, fact in _facts(row, found):
        print_text(Text.assemble((f"{name:<9}", "bold"), fact))


def _facts(row: VersionRow, found: Provenance) -> Iterator[tuple[str, str]]:
    yield "text", _origin(found.base) if found.base else "unknown: its capture is missing from the archive"
    for words in found.healed:
        yield "healed", _healed(words)
    for truncation in found.missing:
        yield "missing", _missing(row, truncation)
    if row.paragraphs_inferred:
        yield "breaks", "paragraphs are inferred from line lengths, since no capture has blank lines"
    if row.umlauts_transliterated:
        yield "spelling", "umlauts may be transliterated (ae for ä), since its only source writes them so"


def _origin(origin: CaptureOrigin) -> str:
    return f"capture {origin.capture}, {origin.source}, {display_stamp(origin.captured_at)}, {origin.url}"


def _healed(words: HealedText) -> str:
    text = words.text if len(words.text) <= _MAX_QUOTED else f"{words.text[:_MAX_QUOTED]}…"
    return f'{words.field} {words.start}–{words.end} "{" ".join(text.split())}", {_origin(words.origin)}'


def _missing(row: VersionRow, truncation: Truncation) -> str:
    """Return where something is missing, after which words if it is in the text, and how much."""
    most = (
        "any number of characters"
        if truncation.max_missing is None
        else f"at most {count(truncation.max_missing, 'character')}"
    )
    before = text_of(row, truncation.field)[: truncation.offset].split()
    place = f' at {truncation.offset}, after "{" ".join(before[-_CONTEXT_WORDS:])}"' if before else ""
    return f"{truncation.field}{place}: {most}"
