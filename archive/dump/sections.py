"""Where a page's parts are, and what stands in its LINKS, AUTOREN and TAGS."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from archive.dump.grammar import CUT, SECTIONS, TARGET, parse_date
from archive.dump.wrapping import cuts, unwrapped
from archive.model import Cut, Kind, Line
from archive.pagekey import page_key


@dataclass(frozen=True, slots=True)
class Parts:
    """A page below its title. ``body`` holds lead and caption too; ``sections`` go by heading."""

    body: Sequence[Line]
    published: date | None
    sections: dict[str, list[Line]]


def divide(lines: Sequence[Line]) -> Parts:
    """Find the date line and the sections after it.

    Headings count only after a date: a body may have a subhead ``## TAGS``. The real date is the one
    right before a heading; body text may quote others. Without any date the first heading counts.
    """
    dates = {at: day for at, line in enumerate(lines) if (day := _date(line))}
    first_date = min(dates, default=-1)
    headings = [at for at, line in enumerate(lines) if at > first_date and line.text.strip() in SECTIONS]
    first = next((at for at in headings if _before(lines, at) in dates), min(headings, default=len(lines)))
    dated = max((at for at in dates if at < first), default=first)
    return Parts([*lines[:dated], *lines[dated + 1 : first]], dates.get(dated), _sections(lines[first:]))


def _date(line: Line) -> date | None:
    text = line.text.strip()
    # Most lines are ruled out by their last character, before any pattern is tried. A link is a title.
    may_be = text[-1:].isdigit() and len(text) <= LONGEST_DATE and line.target is None
    return parse_date(text) if may_be else None


LONGEST_DATE = len("28. September 2020")


def _before(lines: Sequence[Line], at: int) -> int:
    """The last line before ``at`` that is not blank."""
    at -= 1
    while at >= 0 and not lines[at].text.strip():
        at -= 1
    return at


def _sections(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lines by heading. The headings come in one order, so an earlier one is text of its section."""
    sections: dict[str, list[Line]] = {heading: [] for heading in SECTIONS}
    here = -1
    for line in lines:
        heading = line.text.strip()
        if heading in SECTIONS[here + 1 :]:
            here = SECTIONS.index(heading)
        else:
            sections[SECTIONS[here]].append(line)
    return sections


def read_targets(lines: Sequence[Line]) -> tuple[list[tuple[int, str]], list[Cut]]:
    """LINKS: ``[2] /Nato/!t5008005`` → (2, "/Nato/!t5008005"), in the page's order, and what was cut."""
    targets, cut = [], []
    for line in lines:
        text = unwrapped(line)
        if match := TARGET.fullmatch(text):
            target = match["target"] or line.target or ""
            targets.append((int(match["n"]), target.replace(CUT, "…")))
            cut += cuts("links", target)
    return targets, cut


def read_names(lines: Sequence[Line], kind: Kind) -> tuple[dict[str, int | None], list[Cut]]:
    """AUTOREN, TAGS: distinct names in the page's order, with their page's number if a link tells it."""
    names: dict[str, int | None] = {}
    cut = []
    for line, text in _texts(lines):
        cut += cuts(f"{kind}s", text)
        name = text.replace(CUT, "…")
        names[name] = names.get(name) or _number(line, kind)
    return names, cut


def _texts(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    for line in lines:
        if text := unwrapped(line):
            yield line, text


def _number(line: Line, kind: Kind) -> int | None:
    key = page_key(line.target) if line.target else None
    return key.number if key and key.kind == kind else None
