"""Splits an article's text into runs: linked, truncated, healed or plain."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from archive.datasette.html.links import Href, LinkResolver
from archive.model import Article, Link, Subhead, block_text
from archive.store import Provenance

T = TypeVar("T")


class TextRun(NamedTuple):
    """A run of text with one markup. ``healed`` names the source that healed it, if any."""

    text: str
    href: Href | None = None
    cut: bool = False
    healed: str = ""


@dataclass(frozen=True, slots=True)
class BodyBlock:
    """A paragraph, a subhead, or verse, whose line breaks are kept."""

    kind: str
    runs: tuple[TextRun, ...]


class _Ranges(Generic[T]):
    """Disjoint ranges of a text, each with a value, looked up by bisection.

    Of overlapping ranges the first is kept; of those with the same start, the longest.
    """

    def __init__(self, spans: Iterable[tuple[int, int, T]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._things: list[T] = []
        for start, end, thing in sorted(spans, key=lambda span: (span[0], -span[1])):
            if (self._ends[-1] if self._ends else 0) <= start < end:
                self._starts.append(start)
                self._ends.append(end)
                self._things.append(thing)

    def at(self, place: int) -> T | None:
        """Return the value of the range that covers an offset, or None."""
        found = bisect_right(self._starts, place) - 1
        return self._things[found] if found >= 0 and place < self._ends[found] else None

    def edges(self, begin: int, end: int) -> Iterator[int]:
        """Yield the starts and ends of ranges that are strictly between two offsets."""
        for edges in (self._starts, self._ends):
            yield from edges[bisect_right(edges, begin) : bisect_left(edges, end)]


class _MarkedRanges(NamedTuple):
    links: _Ranges[Link]
    cuts: _Ranges[bool]
    healed: _Ranges[str]


def body_blocks(article: Article, origins: Provenance, links: LinkResolver) -> Iterator[BodyBlock]:
    marks = _marks(article, origins)
    start = 0
    for block in article.blocks:
        shown = block_text(block)
        begin = start + len(shown) - len(block.text) if isinstance(block, Subhead) else start
        runs = tuple(_runs(block.text, begin, marks, links))
        start += len(shown) + len("\n\n")
        kind = "subhead" if isinstance(block, Subhead) else "verse" if "\n" in block.text else "paragraph"
        yield BodyBlock(kind, runs)


def _marks(article: Article, origins: Provenance) -> _MarkedRanges:
    links = (
        (link.start, link.end, link)
        for link in article.links
        if link.start is not None and link.end is not None
    )
    cuts = ((cut.offset, cut.offset + 1, True) for cut in origins.missing if cut.field == "text")
    healed = ((part.start, part.end, part.origin.source) for part in origins.healed if part.field == "text")
    return _MarkedRanges(_Ranges(links), _Ranges(cuts), _Ranges(healed))


def _runs(text: str, begin: int, marks: _MarkedRanges, links: LinkResolver) -> Iterator[TextRun]:
    end = begin + len(text)
    edges = {edge for spans in marks for edge in spans.edges(begin, end)}
    for start, stop in pairwise(sorted({begin, end, *edges})):
        link = marks.links.at(start)
        yield TextRun(
            text[start - begin : stop - begin],
            links.to(link.target) if link else None,
            cut=bool(marks.cuts.at(start)),
            healed=marks.healed.at(start) or "",
        )
