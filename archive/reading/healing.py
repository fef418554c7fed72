"""The best reading of many of one wording: cut places filled from those that have the words. Pure.

The reading that lost least is the base. What it lost is taken from the others, first from those that
spell as the paper does.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from archive.dump.grammar import MISSING, POSSIBLE_UMLAUT
from archive.model import Article, Link, Truncation, parse_block
from archive.reading.alignment import Pattern
from archive.reading.same_wording import (
    WORDING_FIELDS,
    field_pattern,
    transliterate,
    transliterate_pattern,
    truncations_of,
)
from archive.reading.truncation_match import merge_patterns

# What stands beside the wording is taken whole from another reading if it is cut.
_OTHER_FIELDS = ("links", "authors", "tags", "related")
Shift = Callable[[int, int], tuple[int, int]]  # start and end of a stretch as it was → as it is now


@dataclass(frozen=True, slots=True)
class HealedRange:
    """Words of a field that reading ``by`` had, of those that were given; places are in characters."""

    field: str
    start: int
    end: int
    reading_index: int


@dataclass(frozen=True, slots=True)
class BestReading:
    """``base`` is the place of the reading ``article`` was made from, among those that were given."""

    article: Article
    base_index: int
    healed_ranges: tuple[HealedRange, ...] = ()


def best_reading(readings: Sequence[Article]) -> BestReading:
    """The best that readings of one wording amount to; of equally good ones the first is the base."""
    base = min(range(len(readings)), key=lambda at: _losses(readings[at]))
    best = BestReading(readings[base], base)
    if not (best.article.truncations or best.article.paragraphs_inferred or best.article.transliterated):
        return best
    spelled_first = sorted(range(len(readings)), key=lambda at: readings[at].transliterated)
    for at in spelled_first:
        if readings[at] != readings[base]:
            best = heal(best, readings[at], at)
    return best


def _losses(article: Article) -> tuple[bool, int, bool, int]:
    """What a reading lost, the worst first."""
    of_wording = sum(cut.field in WORDING_FIELDS for cut in article.truncations)
    return article.transliterated, of_wording, article.paragraphs_inferred, len(article.truncations)


def heal(best: BestReading, other: Article, by: int) -> BestReading:
    """``best``, its cuts filled as far as ``other``, a reading of the same wording, has what was lost."""
    for field in WORDING_FIELDS:
        if truncations_of(best.article, field):
            best = _field_healed(best, field, other, by)
    for field in _OTHER_FIELDS:
        if truncations_of(best.article, field) and not truncations_of(other, field):
            best = replace(best, article=_field_taken(best.article, field, other))
    return best


def _field_taken(article: Article, field: str, other: Article) -> Article:
    cuts = tuple(cut for cut in article.truncations if cut.field != field)
    if field == "links":
        targets = {link.n: link.target for link in other.links}
        links = tuple(replace(link, target=targets.get(link.n, link.target)) for link in article.links)
        return replace(article, truncations=cuts, links=links)
    return _with(article, field, getattr(other, field), cuts)


def _with(article: Article, field: str, value: Any, cuts: tuple[Truncation, ...]) -> Article:
    """The article with another value of the field of that name, as ``replace`` has it."""
    changes: dict[str, Any] = {field: value, "truncations": cuts}
    return replace(article, **changes)


def _field_healed(best: BestReading, field: str, other: Article, by: int) -> BestReading:
    """Fill the cuts of one field with what ``other`` has there."""
    article = best.article
    cuts = truncations_of(article, field)
    fills, limits = _fills(
        field_pattern(article, field),
        field_pattern(other, field),
        folds=article.transliterated or other.transliterated,
    )
    if all(fill == MISSING for fill in fills):
        return best
    shift = _shift_by([(cut.offset, len(fill) - 1) for cut, fill in zip(cuts, fills, strict=True)])
    spans = [
        HealedRange(field, *shift(cut.offset, cut.offset + 1), by)
        for cut, fill in zip(cuts, fills, strict=True)
        if fill.strip(MISSING)
    ]
    spelled_out = other.transliterated and any(POSSIBLE_UMLAUT.search(fill) for fill in fills)
    filled = _filled(article, field, fills, limits, shift)
    return BestReading(
        replace(filled, transliterated=article.transliterated or spelled_out),
        best.base_index,
        (*(shift_range(span, shift) if span.field == field else span for span in best.healed_ranges), *spans),
    )


def _fills(cut: Pattern, told: Pattern, *, folds: bool) -> tuple[list[str], tuple[int | None, ...]]:
    """What ``told`` surely has for each cut, and how much can be missing at each :data:`MISSING` in that."""
    both = (
        merge_patterns(transliterate_pattern(cut), transliterate_pattern(told))
        if folds
        else merge_patterns(cut, told)
    )
    if both is None:
        return [MISSING] * len(cut.limits), cut.limits
    place = _unfolded(told.text) if folds else int
    fills = [
        told.text[place(filling.start) : place(filling.end)] if filling else MISSING
        for filling in both.fillings
    ]
    cuts = zip(cut.limits, both.fillings, strict=True)
    limits = [left for limit, filling in cuts for left in (filling.limits if filling else [limit])]
    return fills, tuple(limits)


def _unfolded(text: str) -> Callable[[int], int]:
    """Places in the folded text → places in the text; those within a letter's two are after it."""
    ends = [0, *accumulate(len(transliterate(letter)) for letter in text)]
    return lambda place: bisect_left(ends, place)


def _shift_by(fills: Sequence[tuple[int, int]]) -> Shift:
    """Where stretches of a text are once it has so many characters more at each of these offsets."""
    offsets = [offset for offset, _ in fills]
    grown = [0, *accumulate(more for _, more in fills)]

    def moved(place: int) -> int:
        return place + grown[bisect_left(offsets, place)]

    return lambda start, end: (moved(start), moved(end))


def _filled(
    article: Article, field: str, fills: Sequence[str], limits: tuple[int | None, ...], shift: Shift
) -> Article:
    """The article with ``fills`` for the cuts of a field, of which those that hold a cut still have one."""
    text, pieces, end = getattr(article, field), [], 0
    for cut, fill in zip(truncations_of(article, field), fills, strict=True):
        pieces += [text[end : cut.offset], fill]
        end = cut.offset + 1
    marked = "".join([*pieces, text[end:]])
    places = (at for at, character in enumerate(marked) if character == MISSING)
    left = (Truncation(field, at, most) for at, most in zip(places, limits, strict=True))
    cuts = (*(cut for cut in article.truncations if cut.field != field), *left)
    shown = marked.replace(MISSING, "…")
    if field != "text":
        return _with(article, field, shown, cuts)
    blocks = zip(article.blocks, shown.split("\n\n"), strict=True)
    return replace(
        article,
        truncations=cuts,
        blocks=tuple(parse_block(told, type(block)) for block, told in blocks),
        links=shift_links(article.links, shown, shift),
    )


def shift_links(links: Sequence[Link], text: str, shift: Shift) -> tuple[Link, ...]:
    """The links of a text that became ``text``."""
    return tuple(link if link.start is None else _moved_link(link, text, shift) for link in links)


def _moved_link(link: Link, text: str, shift: Shift) -> Link:
    assert link.start is not None
    assert link.end is not None
    start, end = shift(link.start, link.end)
    return replace(link, start=start, end=end, text=text[start:end])


def shift_range(span: HealedRange, shift: Shift) -> HealedRange:
    start, end = shift(span.start, span.end)
    return replace(span, start=start, end=end)
