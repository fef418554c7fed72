"""Inline references: ``[1][the words they underline]`` → text and ranges. Linear, without recursion."""

import re
from bisect import bisect_left
from itertools import accumulate
from typing import NamedTuple

from archive.dump.grammar import MISSING, REFERENCE_OPENING

# A truncation can fall into the opening itself: "[1][", "[1]", "[1" or "[" before it.
_TORN_OPENING = rf"\[(?:[0-9]{{1,6}}|(?P<torn_n>[0-9]{{1,6}})\])?(?P<torn>)(?={MISSING})"
# Each alternative starts with a literal, not a group, so that the regex engine can search for it.
_TOKEN = re.compile(rf"{REFERENCE_OPENING.pattern}|{_TORN_OPENING}|\[(?P<open>)|\]|{MISSING}")
# Spaces that are adjacent once the brackets between them are gone: "der [1][ Rat ]".
_EXTRA_SPACE = re.compile(r"^ +|(?<=[ \n]) +| +(?=\n|$)")
MAX_NESTED_REFERENCES = 8  # deeper ones are dropped

_Range = tuple[int, int]  # start, end


class Ref(NamedTuple):
    """Reference ``n`` underlines characters ``start``–``end`` of its text."""

    n: int
    start: int
    end: int


def read_refs(raw: str) -> tuple[str, list[Ref]]:
    """Reduce references to their text, and return that and their ranges. Unclosed brackets are text.

    A reference whose closing bracket was truncated ends at the truncation; if its opening was, the closing
    bracket is dropped too. A reference that underlines nothing is dropped.
    """
    if "][" not in raw and MISSING not in raw:
        return raw, []
    marks, refs = _marks(raw)
    text, refs = _without(marks, raw, refs)
    if any(spaces in f"\n{text}\n" for spaces in ("  ", " \n", "\n ")):
        text, refs = _without([match.span() for match in _EXTRA_SPACE.finditer(text)], text, refs)
    refs = [ref for ref in (_trimmed(ref, text) for ref in refs) if ref.start < ref.end]
    return text, sorted(refs, key=lambda ref: (ref.start, -ref.end))


def _marks(raw: str) -> tuple[list[_Range], list[Ref]]:
    """Return the ranges of the brackets to drop, and the references, as ranges of ``raw``."""
    marks: list[_Range] = []
    refs: list[Ref] = []
    opened: list[re.Match[str]] = []
    cuts: list[int] = []
    for token in _TOKEN.finditer(raw):
        if token[0] == MISSING:
            cuts.append(token.start())
        elif token[0] != "]":
            opened.append(token)
        elif opened and opened[-1]["open"] is None:
            opening = opened.pop()
            marks += [opening.span(), token.span()]
            refs += _ref(opening, token.start()) if len(opened) < MAX_NESTED_REFERENCES else []
        elif opened:
            opened.pop()
        elif cuts:
            marks.append(token.span())
    # A torn opening is dropped even if its closing bracket was truncated, too.
    marks += [opening.span() for opening in opened if opening["torn"] is not None]
    for opening, end in _closed_by_cuts(opened, cuts):
        marks.append(opening.span())
        refs += _ref(opening, end)
    return marks, refs


def _ref(opening: re.Match[str], end: int) -> list[Ref]:
    """Return the reference, unless its number was truncated."""
    n = opening["n"] or opening["torn_n"]
    return [Ref(int(n), opening.end(), end)] if n else []


def _closed_by_cuts(opened: list[re.Match[str]], cuts: list[int]) -> list[tuple[re.Match[str], int]]:
    """Return each unclosed opening with the next truncation; a truncation can close one only."""
    closed: dict[int, re.Match[str]] = {}
    for opening in opened:
        at = bisect_left(cuts, opening.end())
        if opening["n"] and at < len(cuts):
            closed.setdefault(cuts[at], opening)
    return [(opening, end) for end, opening in closed.items()]


def _without(drops: list[_Range], text: str, refs: list[Ref]) -> tuple[str, list[Ref]]:
    """Return ``text`` without some ranges, and the references moved accordingly."""
    if not drops:
        return text, refs
    drops.sort()
    starts = [start for start, _ in drops]
    ends = [0, *(end for _, end in drops)]
    dropped = [0, *accumulate(end - start for start, end in drops)]
    kept = "".join(text[end:start] for end, start in zip(ends, [*starts, len(text)], strict=True))

    def moved(place: int) -> int:
        before = bisect_left(starts, place)
        return max(place, ends[before]) - dropped[before]

    return kept, [Ref(ref.n, moved(ref.start), moved(ref.end)) for ref in refs]


def _trimmed(ref: Ref, text: str) -> Ref:
    """Return the reference without a space just inside its brackets."""
    start = ref.start + text.startswith((" ", "\n"), ref.start)
    return Ref(ref.n, start, ref.end - text.endswith((" ", "\n"), start, ref.end))


def write_refs(text: str, refs: list[Ref]) -> str:
    """Put the brackets back: the inverse of :func:`read_refs`."""
    marks = [(ref.start, 1, -ref.end, f"[{ref.n}][") for ref in refs]
    marks += [(ref.end, 0, -ref.start, "]") for ref in refs]
    pieces, at = [], 0
    for place, _, _, mark in sorted(marks):
        pieces += [text[at:place], mark]
        at = place
    return "".join([*pieces, text[at:]])
