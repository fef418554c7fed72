"""Inferred paragraph breaks, replaced by those of a reading that kept them. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from archive.model import Article, Block, block_text
from archive.reading.healing import BestReading, Shift, shift_links, shift_range
from archive.reading.same_wording import transliterate, truncations_of


def restore_paragraphs(best: BestReading, readings: Sequence[Article]) -> BestReading:
    """Replace inferred paragraphs by those of the first of ``readings`` that kept them.

    A text that is still truncated is not changed: its words cannot be matched with certainty.
    """
    article = best.article
    if not article.paragraphs_inferred or truncations_of(article, "text"):
        return best
    words = _words(article.blocks)
    for other in readings:
        fits = (
            not other.paragraphs_inferred
            and not truncations_of(other, "text")
            and _same_dateline(other, article)
        )
        if fits and len(_words(other.blocks)) == len(words):
            return _rebroken(best, tuple(_reworded(other.blocks, iter(words))))
    return best


def _same_dateline(one: Article, other: Article) -> bool:
    return transliterate(one.dateline or "") == transliterate(other.dateline or "")


def _words(blocks: Sequence[Block]) -> list[str]:
    return [word for block in blocks for word in block.text.split()]


def _reworded(blocks: Sequence[Block], words: Iterator[str]) -> Iterator[Block]:
    """Yield the same blocks and lines with other words."""
    for block in blocks:
        lines = (" ".join(next(words) for _ in line.split()) for line in block.text.split("\n"))
        yield replace(block, text="\n".join(lines))


def _rebroken(best: BestReading, blocks: tuple[Block, ...]) -> BestReading:
    shift = _shift(_visible(best.article.blocks), _visible(blocks))
    article = replace(best.article, blocks=blocks, paragraphs_inferred=False)
    article = replace(article, links=shift_links(article.links, article.text, shift))
    healed = tuple(shift_range(span, shift) if span.field == "text" else span for span in best.healed_ranges)
    return replace(best, article=article, healed_ranges=healed)


def _visible(blocks: Sequence[Block]) -> list[int]:
    """Return the offsets of the visible characters of a text, without the marks of subheads."""
    places: list[int] = []
    start = 0
    for block in blocks:
        shown = block_text(block)
        at = start + len(shown) - len(block.text)
        places += [at + n for n, character in enumerate(block.text) if not character.isspace()]
        start += len(shown) + len("\n\n")
    return places


def _shift(before: Sequence[int], after: Sequence[int]) -> Shift:
    """Return how ranges move between two texts with the same visible characters."""

    def moved(start: int, end: int) -> tuple[int, int]:
        first, last = bisect_left(before, start), bisect_left(before, end) - 1
        return after[first], after[max(first, last)] + 1

    return moved
