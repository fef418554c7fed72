"""Inline references: ``[1][the words they underline]`` → text and places. Linear, no recursion."""

import re
from dataclasses import dataclass

from archive.dump.grammar import CUT, REF

TOKEN = re.compile(rf"{REF.pattern}|(?P<open>\[)|(?P<close>\])|(?P<cut>{CUT})")


@dataclass(frozen=True, slots=True)
class Ref:
    """Reference ``n`` underlines ``start``–``end`` of the text it was read from."""

    n: int
    start: int
    end: int


def read_refs(raw: str) -> tuple[str, list[Ref]]:
    """Reduce references to their text. Brackets that never close are text.

    A reference whose closing bracket fell into a cut ends at that cut.
    """
    if "][" not in raw:
        return raw, []
    marks, ends = _marks(raw)
    pieces: list[str] = []
    starts: dict[int, tuple[int, int]] = {}  # where a reference ends in raw → its number, its start
    refs: list[Ref] = []
    at = length = 0
    for begin, end, n in sorted(marks):
        pieces.append(raw[at:begin])
        length += begin - at
        at = end
        if n is not None:
            starts[ends[begin]] = (n, length)
        else:
            n_opened, start = starts[begin]
            refs.append(Ref(n_opened, start, length))
    return "".join([*pieces, raw[at:]]), sorted(refs, key=lambda ref: (ref.start, -ref.end))


def _marks(raw: str) -> tuple[list[tuple[int, int, int | None]], dict[int, int]]:
    """The brackets to drop, as (begin, end, n; None where one closes), and for each opening its closing."""
    marks: list[tuple[int, int, int | None]] = []
    ends: dict[int, int] = {}
    opened: list[re.Match[str]] = []
    last_cut = -1
    for token in TOKEN.finditer(raw):
        if token["cut"]:
            last_cut = token.start()
        elif token["close"] is None:
            opened.append(token)
        elif opened and (opening := opened.pop())["n"]:
            ends[opening.start()] = token.start()
            marks += [(*opening.span(), int(opening["n"])), (*token.span(), None)]
    # Two references cannot end in one cut: the first that never closed takes it.
    lost = next((token for token in opened if token["n"] and token.end() <= last_cut), None)
    if lost:
        ends[lost.start()] = last_cut
        marks += [(*lost.span(), int(lost["n"])), (last_cut, last_cut, None)]
    return marks, ends


def write_refs(text: str, refs: list[Ref]) -> str:
    """The mirror of :func:`read_refs`: put the brackets back."""
    marks = [(ref.start, 1, -ref.end, f"[{ref.n}][") for ref in refs]
    marks += [(ref.end, 0, -ref.start, "]") for ref in refs]
    pieces, at = [], 0
    for place, _, _, mark in sorted(marks):
        pieces += [text[at:place], mark]
        at = place
    return "".join([*pieces, text[at:]])
