"""An article's text as runs of words: linked, cut, healed, or plain."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from archive.model import Article, Link, Subhead, block_text
from archive.store.provenance import Provenance
from archive.web.hrefs import Href, Hrefs


class Run(NamedTuple):
    """Words that are alike. ``cut``: a source dropped what stood here. ``healed``: the source of them."""

    text: str
    href: Href | None = None
    cut: bool = False
    healed: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a subhead, or verse, which keeps its lines."""

    kind: str
    runs: tuple[Run, ...]


class _Span(NamedTuple):
    start: int
    end: int


def blocks(article: Article, origins: Provenance, hrefs: Hrefs) -> Iterator[Block]:
    """The body of an article."""
    links = list(_apart(article.links))
    cuts = [_Span(cut.offset, cut.offset + 1) for cut in origins.missing if cut.field == "text"]
    healed = {
        _Span(part.start, part.end): part.origin.source for part in origins.healed if part.field == "text"
    }
    start = 0
    for block in article.blocks:
        shown = block_text(block)
        begin = start + len(shown) - len(block.text) if isinstance(block, Subhead) else start
        runs = tuple(_runs(block.text, begin, links, cuts, healed, hrefs))
        start += len(shown) + len("\n\n")
        kind = "subhead" if isinstance(block, Subhead) else "verse" if "\n" in block.text else "paragraph"
        yield Block(kind, runs)


def _apart(links: Iterable[Link]) -> Iterator[tuple[_Span, Link]]:
    """Links that underline something, none within another, in order."""
    at = 0
    for link in sorted(links, key=lambda link: (link.start or 0, -(link.end or 0))):
        if link.start is not None and link.end is not None and at <= link.start < link.end:
            at = link.end
            yield _Span(link.start, link.end), link


def _runs(
    text: str,
    begin: int,
    links: Sequence[tuple[_Span, Link]],
    cuts: Sequence[_Span],
    healed: dict[_Span, str],
    hrefs: Hrefs,
) -> Iterator[Run]:
    end = begin + len(text)
    here = [(span, link) for span, link in links if span.end > begin and span.start < end]
    spans = [*(span for span, _ in here), *cuts, *healed]
    edges = {edge for span in spans for edge in span if begin < edge < end}
    for start, stop in pairwise(sorted({begin, end, *edges})):
        link = next((link for span, link in here if _covers(span, start)), None)
        yield Run(
            text[start - begin : stop - begin],
            hrefs.to(link.target) if link else None,
            any(_covers(span, start) for span in cuts),
            next((source for span, source in healed.items() if _covers(span, start)), ""),
        )


def _covers(span: _Span, place: int) -> bool:
    return span.start <= place < span.end
