"""The best reading of a wording: truncations filled from other captures. Pure.

The reading that lost least is the base. What it lost is taken from the others, first from those whose umlauts
are not transliterated.
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
from archive.reading.truncation_merge import merge_patterns

# Fields outside the wording; a truncated one is taken as a whole from another reading.
_OTHER_FIELDS = ("links", "authors", "tags", "related")
Shift = Callable[[int, int], tuple[int, int]]  # (start, end) in the old text → (start, end) in the new one


@dataclass(frozen=True, slots=True)
class HealedRange:
    """Characters ``start``–``end`` of a field, taken from the reading with that index."""

    field: str
    start: int
    end: int
    reading_index: int


@dataclass(frozen=True, slots=True)
class BestReading:
    """The healed article, and the index of the reading that it is based on."""

    article: Article
    base_index: int
    healed_ranges: tuple[HealedRange, ...] = ()


def best_reading(readings: Sequence[Article]) -> BestReading:
    """Return the best article that readings of one wording give; the first of equals is the base."""
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
    """Return a sort key: what a reading lost, the most serious loss first."""
    of_wording = sum(cut.field in WORDING_FIELDS for cut in article.truncations)
    return article.transliterated, of_wording, article.paragraphs_inferred, len(article.truncations)


def heal(best: BestReading, other: Article, by: int) -> BestReading:
    """Return ``best`` with its truncations filled from ``other``, a reading of the same wording."""
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
        targets = {link.position: link.target for link in other.links}
        links = tuple(replace(link, target=targets.get(link.position, link.target)) for link in article.links)
        return replace(article, truncations=cuts, links=links)
    return _with(article, field, getattr(other, field), cuts)


def _with(article: Article, field: str, value: Any, cuts: tuple[Truncation, ...]) -> Article:
    """Return the article with another value for the field of that name."""
    changes: dict[str, Any] = {field: value, "truncations": cuts}
    return replace(article, **changes)


def _field_healed(best: BestReading, field: str, other: Article, by: int) -> BestReading:
    """Fill the truncations of one field from ``other``."""
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


def _fills(truncated: Pattern, other: Pattern, *, folds: bool) -> tuple[list[str], tuple[int | None, ...]]:
    """Return the text ``other`` certainly has for each truncation, and the limits of those left in it."""
    both = (
        merge_patterns(transliterate_pattern(truncated), transliterate_pattern(other))
        if folds
        else merge_patterns(truncated, other)
    )
    if both is None:
        return [MISSING] * len(truncated.limits), truncated.limits
    place = _untransliterated(other.text) if folds else int
    fills = [
        other.text[place(filling.start) : place(filling.end)] if filling else MISSING
        for filling in both.fillings
    ]
    cuts = zip(truncated.limits, both.fillings, strict=True)
    limits = [left for limit, filling in cuts for left in (filling.limits if filling else [limit])]
    return fills, tuple(limits)


def _untransliterated(text: str) -> Callable[[int], int]:
    """Return a map from offsets in the transliterated text to offsets in ``text``.

    An offset between the two letters of an umlaut maps to the end of the umlaut.
    """
    ends = [0, *accumulate(len(transliterate(letter)) for letter in text)]
    return lambda place: bisect_left(ends, place)


def _shift_by(fills: Sequence[tuple[int, int]]) -> Shift:
    """Return how ranges move when a text grows by so many characters at each of these offsets."""
    offsets = [offset for offset, _ in fills]
    grown = [0, *accumulate(more for _, more in fills)]

    def moved(place: int) -> int:
        return place + grown[bisect_left(offsets, place)]

    return lambda start, end: (moved(start), moved(end))


def _filled(
    article: Article, field: str, fills: Sequence[str], limits: tuple[int | None, ...], shift: Shift
) -> Article:
    """Return the article with ``fills`` for the truncations of a field; a fill may be truncated itself."""
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
        blocks=tuple(parse_block(filled, type(block)) for block, filled in blocks),
        links=shift_links(article.links, shown, shift),
    )


def shift_links(links: Sequence[Link], text: str, shift: Shift) -> tuple[Link, ...]:
    """Return the links with their ranges moved to where their words are in ``text``."""
    return tuple(link if link.start is None else _moved_link(link, text, shift) for link in links)


def _moved_link(link: Link, text: str, shift: Shift) -> Link:
    assert link.start is not None
    assert link.end is not None
    start, end = shift(link.start, link.end)
    return replace(link, start=start, end=end, text=text[start:end])


def shift_range(span: HealedRange, shift: Shift) -> HealedRange:
    start, end = shift(span.start, span.end)
    return replace(span, start=start, end=end)
