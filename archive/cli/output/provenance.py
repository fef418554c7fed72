"""How the provenance of a version is shown: what its text is from, what healed it, what is missing."""

from collections.abc import Iterator
from dataclasses import asdict

from rich.text import Text

from archive.cli.output.tables import count, print_text, when
from archive.model import Truncation
from archive.store import HealedWords, Origin, Provenance, VersionRow, text_of

QUOTED = 60  # characters of healed words that are shown
SHOWN_BEFORE = 4  # words


def provenance_fields(found: Provenance) -> dict[str, object]:
    """As JSON has it."""
    return {
        "base": found.base and found.base._asdict(),
        "healed": [{**words._asdict(), "origin": words.origin._asdict()} for words in found.healed],
        "missing": [asdict(cut) for cut in found.missing],
    }


def print_provenance(row: VersionRow, found: Provenance) -> None:
    """One fact a line."""
    print_text(Text.assemble((f"!{row.article}", "dim"), f"  version {row.number}  ", (row.title, "bold")))
    for name, told in _facts(row, found):
        print_text(Text.assemble((f"{name:<9}", "bold"), told))


def _facts(row: VersionRow, found: Provenance) -> Iterator[tuple[str, str]]:
    yield "text", _origin(found.base) if found.base else "an earlier release did not note where it is from"
    for words in found.healed:
        yield "healed", _healed(words)
    for cut in found.missing:
        yield "missing", _missing(row, cut)
    if row.guessed:
        yield "breaks", "no page of it kept its blank lines: paragraphs are told by wrapping"
    if row.folded:
        yield "spelling", "umlauts may be written out (ae for ä), as the one source that had it spells them"


def _origin(origin: Origin) -> str:
    return f"capture {origin.capture}, {origin.source}, {when(origin.captured_at)} UTC, {origin.url}"


def _healed(words: HealedWords) -> str:
    text = words.text if len(words.text) <= QUOTED else f"{words.text[:QUOTED]}…"
    return f'{words.field} {words.start}–{words.end} "{" ".join(text.split())}", {_origin(words.origin)}'


def _missing(row: VersionRow, cut: Truncation) -> str:
    """Behind which words something is missing; of what is no wording, as links are, only that it is."""
    most = (
        "any number of characters"
        if cut.max_missing is None
        else f"at most {count(cut.max_missing, 'character')}"
    )
    before = text_of(row, cut.field)[: cut.offset].split()
    place = f' at {cut.offset}, behind "{" ".join(before[-SHOWN_BEFORE:])}"' if before else ""
    return f"{cut.field}{place}: {most}"
