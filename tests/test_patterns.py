"""Patterns joined, against all texts that fit them, spelled out one by one."""

from collections.abc import Iterator
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.dump.grammar import CUT
from archive.reading.joining import Joined, join
from archive.reading.patterns import Pattern

LONGEST = 7  # characters of a text that is tried
LIMITS = st.sampled_from([1, 1, 2, 2, 3, None])


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    """Few letters, so that nearly everything fits in several ways."""
    pieces = draw(st.lists(st.text("ab", max_size=3), min_size=1, max_size=4))
    return Pattern(CUT.join(pieces), tuple(draw(LIMITS) for _ in pieces[1:]))


def texts(pattern: Pattern) -> set[str]:
    """All that fit, of at most LONGEST characters."""
    first, *pieces = pattern.text.split(CUT)
    found = {first}
    for limit, piece in zip(pattern.limits, pieces, strict=True):
        longest = LONGEST if limit is None else limit
        found = {text + lost + piece for text in found for lost in _lost(min(longest, LONGEST - len(text)))}
    return {text for text in found if len(text) <= LONGEST}


def _lost(longest: int) -> Iterator[str]:
    return ("".join(letters) for length in range(longest + 1) for letters in product("ab", repeat=length))


def filled(cut: Pattern, told: Pattern, both: Joined) -> Pattern:
    """``cut`` with what ``told`` surely has for its cuts."""
    first, *pieces = cut.text.split(CUT)
    limits: list[int | None] = []
    for limit, filling, piece in zip(cut.limits, both.fillings, pieces, strict=True):
        fill = "".join(told.text[start:end] for start, end in filling.spans) if filling.sure else CUT
        limits += filling.limits if filling.sure else [limit]
        first += fill + piece
    return Pattern(first, tuple(limits))


@settings(max_examples=1500, deadline=None)
@given(patterns(), patterns())
def test_two_can_be_one_text_exactly_if_some_text_fits_both(one: Pattern, other: Pattern) -> None:
    both = join(one, other)
    common = texts(one) & texts(other)
    assert (both is not None) or not common
    if both:
        assert texts(both.pattern) & common or not texts(both.pattern)


@settings(max_examples=1500, deadline=None)
@given(patterns(), patterns())
def test_where_it_is_sure_no_text_that_fits_both_is_lost(one: Pattern, other: Pattern) -> None:
    both = join(one, other)
    if both and both.sure:
        assert texts(one) & texts(other) <= texts(both.pattern)


@settings(max_examples=1500, deadline=None)
@given(patterns(), patterns())
def test_a_cut_is_filled_only_with_what_every_text_that_fits_has_there(one: Pattern, other: Pattern) -> None:
    both = join(one, other)
    if both:
        healed = filled(one, other, both)
        assert len(healed.limits) == healed.text.count(CUT)
        assert texts(one) & texts(other) <= texts(healed)


@settings(max_examples=500, deadline=None)
@given(patterns(), st.text("ab", max_size=LONGEST))
def test_a_whole_text_that_fits_is_all_there_is_to_tell(cut: Pattern, whole: str) -> None:
    for both in (join(cut, Pattern(whole)), join(Pattern(whole), cut)):
        assert (both is not None) == (whole in texts(cut))
        assert both is None or (both.pattern, both.sure) == (Pattern(whole), True)
