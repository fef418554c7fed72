"""Where a page's parts are, and what stands in its LINKS, AUTOREN and TAGS."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from archive.dump.grammar import SECTIONS, TARGET, clean, is_blank, parse_date
from archive.dump.wrapping import Cuts, unwrapped
from archive.model import Author, Kind, Line, Tag
from archive.pagekey import page_key

Named = TypeVar("Named", Author, Tag)

LONGEST_DATE = len("28. September 2020")
KIND_OF = {Author: Kind.AUTHOR, Tag: Kind.TOPIC}


@dataclass(frozen=True, slots=True)
class Parts:
    """A page below its title. ``body`` holds lead and caption too; ``sections`` go by heading."""

    body: Sequence[Line]
    published: date | None
    sections: dict[str, list[Line]]


def divide(lines: Sequence[Line]) -> Parts:
    """Find the date line and the sections after it.

    Headings count only after a date: a body may have a subhead ``## TAGS``. The real date is the one
    right before a heading; body text may quote others, and so may teasers.
    """
    # Most lines are ruled out by their last character, before any pattern is tried.
    may_be = ((at, line) for at, line in enumerate(lines) if line.text.rstrip()[-1:].isdigit())
    dates = {at: day for at, line in may_be if (day := _date(line))}
    first = _first_heading(lines, dates)
    dated = max((at for at in dates if at < first), default=first)
    return Parts([*lines[:dated], *lines[dated + 1 : first]], dates.get(dated), _sections(lines[first:]))


def _first_heading(lines: Sequence[Line], dates: Collection[int]) -> int:
    """Where the sections begin, or how many lines there are."""
    headings = [at for at, line in enumerate(lines) if "##" in line.text and _heading(line) in SECTIONS]
    if (right_after := next((at for at in headings if _before(lines, at) in dates), None)) is not None:
        return right_after
    if _before(lines, len(lines)) in dates:  # nothing below the date
        return len(lines)
    first_date = min(dates, default=-1)
    return min([at for at in headings if at > first_date] or headings, default=len(lines))


def _date(line: Line) -> date | None:
    """The date a line is, if it is one. A link is a title."""
    text = line.text.strip()
    return parse_date(clean(text)) if len(text) <= LONGEST_DATE and line.target is None else None


def _heading(line: Line) -> str:
    return clean(line.text) if "##" in line.text else ""


def _before(lines: Sequence[Line], at: int) -> int:
    """The last line before ``at`` that is not blank."""
    at -= 1
    while at >= 0 and is_blank(lines[at].text):
        at -= 1
    return at


def _sections(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lines by heading. The headings come in one order, so an earlier one is text of its section."""
    sections: dict[str, list[Line]] = {heading: [] for heading in SECTIONS}
    here = -1
    for line in lines:
        heading = _heading(line)
        if heading in SECTIONS[here + 1 :]:
            here = SECTIONS.index(heading)
        else:
            sections[SECTIONS[here]].append(line)
    return sections


def read_targets(lines: Sequence[Line], cuts: Cuts) -> list[tuple[int, str]]:
    """LINKS: ``[2] /Nato/!t5008005`` → (2, "/Nato/!t5008005"), in the page's order."""
    targets = []
    for line in lines:
        match = TARGET.fullmatch(unwrapped(line))
        if match and (target := match["target"] or line.target):
            targets.append((int(match["n"]), cuts.show("links", target)))
    return targets


def read_names(lines: Sequence[Line], named: type[Named], cuts: Cuts) -> tuple[Named, ...]:
    """AUTOREN, TAGS: distinct names in the page's order, with their page's number if a link tells it."""
    kind = KIND_OF[named]
    numbers: dict[str, int | None] = {}
    for line in lines:
        if text := unwrapped(line):
            name = cuts.show(f"{kind}s", text)
            numbers[name] = numbers.get(name) or _number(line, kind)
    return tuple(named(name, number) for name, number in numbers.items())


def _number(line: Line, kind: Kind) -> int | None:
    key = page_key(line.target) if line.target else None
    return key.number if key and key.kind is kind else None
