"""The parts of a page, and the entries of its sections LINKS, AUTOREN and TAGS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from archive.dump.grammar import SECTION_HEADINGS, TARGET_LINE, clean, is_blank, parse_date
from archive.dump.wrapping import Truncations, line_text
from archive.model import Author, Kind, Line, Tag
from archive.pagekey import page_key

Named = TypeVar("Named", Author, Tag)

MAX_DATE_LENGTH = len("28. September 2020")
_KIND_OF = {Author: Kind.AUTHOR, Tag: Kind.TOPIC}


@dataclass(frozen=True, slots=True)
class PageParts:
    """A page below its title. ``body`` includes lead and caption; ``sections`` are by heading."""

    body: Sequence[Line]
    published: date | None
    sections: dict[str, Sequence[Line]]


def split_page(lines: Sequence[Line]) -> PageParts:
    """Find the date line and the sections after it.

    Headings count only after a date, since a body may have a subhead ``## TAGS``. The date is the line right
    before a heading; body text and teasers may contain other dates.
    """
    headings = [
        at for at, line in enumerate(lines) if "##" in line.text and clean(line.text) in SECTION_HEADINGS
    ]
    dated, first = _right_after(lines, headings) or _anywhere(lines, headings)
    published = _date(lines[dated]) if dated < first else None
    return PageParts(
        [*lines[:dated], *lines[dated + 1 : first]], published, _sections(lines, first, headings)
    )


def _right_after(lines: Sequence[Line], headings: list[int]) -> tuple[int, int] | None:
    """Return the date line and the heading or end of page right after it, as on nearly all pages."""
    for at in [*headings, len(lines)]:
        before = _before(lines, at)
        if before >= 0 and _date(lines[before]):
            return before, at
    return None


def _anywhere(lines: Sequence[Line], headings: list[int]) -> tuple[int, int]:
    """Return the last date before the sections, and their start; the start twice without a date."""
    dates = [at for at, line in enumerate(lines) if _date(line)]
    first_date = min(dates, default=-1)
    first = min([at for at in headings if at > first_date] or headings, default=len(lines))
    return max((at for at in dates if at < first), default=first), first


def _date(line: Line) -> date | None:
    """Return the date if a line is one. A link is a title, even if it looks like a date."""
    text = line.text.rstrip()
    # The last character rules out most lines before any pattern is tried.
    if not text[-1:].isdigit() or line.target is not None:
        return None
    text = text.lstrip()
    return parse_date(clean(text)) if len(text) <= MAX_DATE_LENGTH else None


def _before(lines: Sequence[Line], at: int) -> int:
    """Return the index of the last line before ``at`` that is not blank, or -1."""
    at -= 1
    while at >= 0 and is_blank(lines[at].text):
        at -= 1
    return at


def _sections(lines: Sequence[Line], first: int, headings: list[int]) -> dict[str, Sequence[Line]]:
    """Return lines by heading. Headings have a fixed order; one out of order is text of its section."""
    begins: dict[str, int] = {}
    left: tuple[str, ...] = SECTION_HEADINGS
    for at in headings:
        heading = clean(lines[at].text)
        if at >= first and heading in left:
            begins[heading] = at + 1
            left = left[left.index(heading) + 1 :]
    ends = [*(begin - 1 for begin in begins.values()), len(lines)][1:]
    found = {heading: lines[begins[heading] : end] for heading, end in zip(begins, ends, strict=True)}
    return {heading: found.get(heading, ()) for heading in SECTION_HEADINGS}


def read_targets(lines: Sequence[Line], truncations: Truncations) -> list[tuple[int, str]]:
    """Read LINKS: ``[2] /Nato/!t5008005`` → (2, "/Nato/!t5008005"), in order."""
    targets = []
    for line in lines:
        match = TARGET_LINE.fullmatch(line_text(line))
        if match and (target := match["target"] or line.target):
            targets.append((int(match["n"]), truncations.record("links", target)))
    return targets


def read_names(lines: Sequence[Line], named: type[Named], truncations: Truncations) -> tuple[Named, ...]:
    """Read AUTOREN or TAGS: distinct names in order, with the number of their page if linked."""
    kind = _KIND_OF[named]
    field = f"{kind}s"
    numbers: dict[str, int | None] = {}
    for line in lines:
        if text := line_text(line):
            name = truncations.record(field, text)
            numbers[name] = numbers.get(name) or _number(line, kind)
    return tuple(named(name, number) for name, number in numbers.items())


def _number(line: Line, kind: Kind) -> int | None:
    key = page_key(line.target) if line.target else None
    return key.number if key and key.kind is kind else None
