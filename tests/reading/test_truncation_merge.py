"""Patterns joined, against all texts that fit them, spelled out one by one."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from random import Random
from textwrap import wrap

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archive.dump.grammar import LINE_WIDTH, MISSING
from archive.reading.alignment import MAX_MOVES, Pattern
from archive.reading.truncation_merge import merge_patterns
from benchmarks.hostile import JOINS
from tests.support.running.call_counter import calls

LONGEST = 7  # characters of a text that is tried
CALLS_A_MOVE = 60  # about twice as many as there are
LIMITS = st.sampled_from([1, 1, 2, 2, 3, None])


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    """Few letters, so that nearly everything fits in several ways."""
    pieces = draw(st.lists(st.text("ab", max_size=3), min_size=1, max_size=4))
    return Pattern(MISSING.join(pieces), tuple(draw(LIMITS) for _ in pieces[1:]))


def texts(pattern: Pattern) -> set[str]:
    """All that fit, of at most LONGEST characters."""
    first, *pieces = pattern.text.split(MISSING)
    found = {first}
    for limit, piece in zip(pattern.limits, pieces, strict=True):
        longest = LONGEST if limit is None else limit
        found = {text + lost + piece for text in found for lost in _lost(min(longest, LONGEST - len(text)))}
    return {text for text in found if len(text) <= LONGEST}


def _lost(longest: int) -> Iterator[str]:
    return ("".join(letters) for length in range(longest + 1) for letters in product("ab", repeat=length))


@settings(max_examples=300, deadline=None)
@given(patterns(), patterns())
def test_two_can_be_one_text_exactly_if_some_text_fits_both(one: Pattern, other: Pattern) -> None:
    # The shortest that fits both has nothing that neither shows.
    assume(sum(len(pattern.text) - len(pattern.limits) for pattern in (one, other)) <= LONGEST)
    assert (merge_patterns(one, other) is not None) == bool(texts(one) & texts(other))


@settings(max_examples=300, deadline=None)
@given(patterns(), patterns())
def test_a_cut_is_filled_only_with_what_every_text_that_fits_has_there(one: Pattern, other: Pattern) -> None:
    both = merge_patterns(one, other)
    if both:
        assert len(both.pattern.limits) == both.pattern.text.count(MISSING)
        assert texts(one) & texts(other) <= texts(both.pattern)


@settings(max_examples=300, deadline=None)
@given(patterns(), patterns())
def test_a_certain_merge_shows_all_that_either_shows(one: Pattern, other: Pattern) -> None:
    both = merge_patterns(one, other)
    if both and both.is_certain:
        for each in (one, other):
            wild = Pattern(each.text, (None,) * len(each.limits))
            assert texts(both.pattern) <= texts(wild)


@settings(max_examples=500, deadline=None)
@given(patterns(), st.text("ab", max_size=LONGEST))
def test_a_whole_text_that_fits_is_all_there_is_to_tell(cut: Pattern, whole: str) -> None:
    for both in (merge_patterns(cut, Pattern(whole)), merge_patterns(Pattern(whole), cut)):
        assert (both is not None) == (whole in texts(cut))
        assert both is None or (both.pattern, both.is_certain) == (Pattern(whole), True)


def test_most_patterns_that_agree_are_cut_and_many_of_them_surely_one() -> None:
    shares: Counter[str] = Counter()

    @settings(max_examples=500, database=None, deadline=None, derandomize=True)
    @given(patterns(), patterns())
    def count(one: Pattern, other: Pattern) -> None:
        both = merge_patterns(one, other)
        shares["agree"] += both is not None
        shares["cut"] += both is not None and not (one.is_complete or other.is_complete)
        shares["sure"] += both is not None and both.is_certain and bool(one.limits and other.limits)

    count()
    assert shares["cut"] > 0.5 * shares["agree"], shares
    assert 0.1 * shares["cut"] < shares["sure"] < 0.9 * shares["cut"], shares


def lines(random: Random) -> list[str]:
    """Some 10,000 words as a page wraps them."""
    words = ["".join(random.choices("enisratdhulcgm", k=random.randint(2, 11))) for _ in range(10_000)]
    return wrap(" ".join(words), LINE_WIDTH)


def cut_page(whole: list[str], cuts: int, random: Random) -> Pattern:
    """The page with the ends of so many of its lines cut off."""
    kept = {at: LINE_WIDTH - random.randint(2, 15) for at in random.sample(range(len(whole) - 1), cuts)}
    shown = [line[: kept[at]] + MISSING if at in kept else line for at, line in enumerate(whole)]
    return Pattern(" ".join(shown), tuple(LINE_WIDTH - kept[at] for at in sorted(kept)))


def test_two_readings_of_a_long_page_with_a_hundred_cuts_each_are_surely_one() -> None:
    whole = lines(Random(1))
    one, other = (cut_page(whole, 100, Random(seed)) for seed in (2, 3))
    both = merge_patterns(one, other)
    assert both
    assert both.is_certain
    assert len(both.pattern.limits) < 30
    both = merge_patterns(both.pattern, Pattern(" ".join(whole)))
    assert both
    assert both.pattern.is_complete


@pytest.mark.parametrize("kind", JOINS)
@pytest.mark.slow
def test_texts_made_to_fit_in_every_way_take_bounded_work(kind: str) -> None:
    one, other = JOINS[kind](100_000)
    found = []
    assert calls(lambda: found.append(merge_patterns(one, other))) < CALLS_A_MOVE * MAX_MOVES
    (both,) = found
    assert both is None or not both.is_certain or other.is_complete
