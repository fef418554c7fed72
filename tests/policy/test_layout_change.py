"""When the shares of a run are alarming: not by chance, not for a few, and not too late."""

from collections.abc import Sequence
from math import comb, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.policy import layout_change
from archive.policy.layout_change import (
    COUNT_NAMES,
    Counts,
    PastRun,
    Ratio,
    find_layout_changes,
    find_obvious_changes,
)

STABLE = {
    "unreadable": 0.01,
    "without_text": 0.05,
    "without_date": 0.03,
    "without_authors": 0.3,
    "pages_with_unknown_rows": 0.005,
}


def binomial(dice: Random, n: int, p: float) -> int:
    """How many of ``n`` are bad: from one bad one to the next, so that many good ones cost nothing."""
    found, at = 0, -1
    while p:
        at += int(log(1 - dice.random()) / log(1 - p)) + 1
        if at >= n:
            break
        found += 1
    return found


def run_of(dice: Random, size: int, **shares: float) -> Counts:
    """A run of ``size`` articles from a paper of :data:`STABLE` shares, but for ``shares``."""
    shares = STABLE | shares
    unreadable = binomial(dice, size, shares["unreadable"])
    read = size - unreadable
    bad = {name: binomial(dice, read, share) for name, share in shares.items() if name != "unreadable"}
    return Counts(page_count=size, unreadable=unreadable, article_count=read, **bad)


def stable_runs(dice: Random, sizes: Sequence[int]) -> list[PastRun]:
    return [PastRun(run_of(dice, size)) for size in sizes]


def articles(bad: int, of: int, share: str = "without_text") -> Counts:
    return Counts(page_count=of, article_count=of, **{share: bad})


def claims(past: Sequence[PastRun], now: Counts) -> list[str]:
    return [found.share.bad for found in find_layout_changes(past, now)]


def alarms_in(dice: Random, sizes: Sequence[int]) -> int:
    """How many of such runs alarm, each after those before it, from the first one on."""
    past: list[PastRun] = []
    for size in sizes:
        now = run_of(dice, size)
        past.append(PastRun(now, bool(find_layout_changes(past, now))))
    return sum(run.layout_changed for run in past)


# -- Neither cries … ------------------------------------------------------------------------------------

MIXED = (5, 8, 13, 20, 50, 100, 300, 800, 2000)


@pytest.mark.parametrize(
    ("sizes", "histories"),
    [*(((size,), 40) for size in MIXED[:6]), *(((size,), 20) for size in MIXED[6:]), (MIXED, 20)],
)
@pytest.mark.slow
def test_a_stable_paper_alarms_in_less_than_one_of_a_thousand_runs(
    sizes: tuple[int, ...], histories: int
) -> None:
    """In histories of 100 runs from the first one on; of one size each, and of all in turn by chance."""
    dice = Random(sum(sizes))
    alarms = sum(alarms_in(dice, dice.choices(sizes, k=100)) for _ in range(histories))
    assert alarms * 1000 < histories * 100


@pytest.mark.slow
def test_a_paper_that_varies_from_day_to_day_alarms_as_seldom() -> None:
    """At night old articles have no authors, by day agencies' have: chance does not explain such shares."""
    dice, alarms = Random(5), 0
    past: list[PastRun] = []
    for _ in range(600):
        now = run_of(dice, 60, without_authors=dice.choice((0.1, 0.2, 0.3, 0.4, 0.5)))
        found = find_layout_changes(past, now) if len(past) > 50 else []
        past.append(PastRun(now, bool(found)))
        alarms += bool(found)
    assert alarms == 0


def test_a_share_that_fell_is_not_reported() -> None:
    assert find_layout_changes([PastRun(articles(500, 1000))], articles(0, 1000)) == []


@pytest.mark.parametrize("bad", range(layout_change.MIN_BAD_PAGES))
def test_a_few_bad_pages_are_not_reported_with_any_history(bad: int) -> None:
    assert find_layout_changes([PastRun(articles(0, 100_000))], articles(bad, max(bad, 1))) == []


def test_a_small_change_is_not_reported_however_certain() -> None:
    assert find_layout_changes([PastRun(articles(20_000, 1_000_000))], articles(4_000, 100_000)) == []


# -- … nor sleeps ---------------------------------------------------------------------------------------


def test_24_of_100_without_a_body_after_5_per_cent_are_reported() -> None:
    """What a change of a site's pages once did to a scraper of it (fundus, pull request 956)."""
    past = [PastRun(articles(5, 100)) for _ in range(2)]
    [found] = find_layout_changes(past, articles(24, 100))
    assert str(found) == "24 of 100 articles have no text (5 % before)"


def test_5_per_cent_that_became_24_is_caught_in_nearly_every_run_of_100() -> None:
    caught = 0
    for seed in range(200):
        dice = Random(seed)
        now = run_of(dice, 100, without_text=0.24)
        caught += "without_text" in claims(stable_runs(dice, [100] * 10), now)
    assert caught >= 190


@pytest.mark.parametrize("share", [share.bad for share in layout_change.SHARES])
def test_each_share_is_watched(share: str) -> None:
    dice = Random(share)
    past = stable_runs(dice, [50] * 20)
    assert share in claims(past, run_of(dice, 100, **{share: 0.9}))


@pytest.mark.parametrize("size", [5, 20, 200])
@pytest.mark.slow
def test_a_slow_change_is_reported_before_a_quarter_is_lost(size: int) -> None:
    """A hundredth more a hundred articles, after a long calm: no run differs from the one before it."""
    dice = Random(size)
    past = stable_runs(dice, [size] * (4000 // size))
    lost = 0.05
    while True:
        lost += size / 10_000
        now = run_of(dice, size, without_text=lost)
        if "without_text" in claims(past, now):
            break
        past.append(PastRun(now))
    assert lost < 0.25


def test_small_runs_add_up() -> None:
    """Three articles a run, all of them without a text: too few for an alarm each, but not in three runs."""
    past = [PastRun(articles(20, 1000))]
    assert find_layout_changes(past, articles(3, 3)) == []
    past += [PastRun(articles(0, 3)) for _ in range(9)] + [PastRun(articles(3, 3))] * 2
    [found] = find_layout_changes(past, articles(3, 3))
    assert str(found) == "9 of 30 articles have no text in the last 10 runs (2 % before)"


def test_a_run_that_drifted_does_not_get_the_next_one_used_to_it() -> None:
    past = [PastRun(articles(20, 1000))]
    for _ in range(50):
        now = articles(60, 100)
        assert claims(past, now) == ["without_text"]
        past.append(PastRun(now, layout_changed=True))


# -- Without a history ----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", ["unreadable", "without_text", "without_date"])
def test_without_a_history_only_impossible_shares_are_reported(share: str) -> None:
    def now(bad: int, of: int) -> Counts:
        read = of - (bad if share == "unreadable" else 0)
        return Counts(page_count=of, article_count=read, **{share: bad})

    assert claims([], now(51, 100)) == [share]
    assert claims([], now(20, 20)) == [share]
    assert claims([PastRun(now(0, layout_change.MIN_HISTORY_PAGES - 1))], now(51, 100)) == [share]
    assert claims([], now(50, 100)) == claims([], now(6, 10)) == claims([], now(5, 5)) == []
    [found] = find_layout_changes([], now(60, 100))
    assert "before" not in str(found)


def test_a_source_that_never_names_authors_is_not_reported() -> None:
    assert find_layout_changes([], articles(100, 100, "without_authors")) == []
    assert (
        find_layout_changes(
            [PastRun(articles(100, 100, "without_authors"))], articles(100, 100, "without_authors")
        )
        == []
    )


# -- While a run goes on --------------------------------------------------------------------------------


def test_an_obvious_change_is_reported_while_the_run_goes_on() -> None:
    past = [PastRun(Counts(page_count=1000, unreadable=20))]
    assert find_obvious_changes(past, Counts(page_count=29, unreadable=29)) == []
    assert find_obvious_changes(past, Counts(page_count=30, unreadable=20)) == []
    [found] = find_obvious_changes(past, Counts(page_count=30, unreadable=30))
    assert str(found) == "30 of 30 pages cannot be read (2 % before)"
    assert (
        str(find_obvious_changes([], Counts(page_count=30, unreadable=30))[0]) == "30 of 30 pages"
        " cannot be read"
    )
    assert (
        find_obvious_changes(
            [PastRun(Counts(page_count=1000, unreadable=950))], Counts(page_count=30, unreadable=30)
        )
        == []
    )


# -- The test itself ------------------------------------------------------------------------------------

RATIOS = st.integers(0, 300).flatmap(lambda of: st.builds(Ratio, st.integers(0, of), st.just(of)))


@given(RATIOS, RATIOS)
def test_the_chance_is_fisher_s_exact_one(now: Ratio, before: Ratio) -> None:
    bad, all_, drawn = int(now.bad + before.bad), int(now.of + before.of), int(now.of)
    ways = sum(comb(bad, n) * comb(all_ - bad, drawn - n) for n in range(int(now.bad), min(bad, drawn) + 1))
    assert layout_change.chance_of(now, before) == pytest.approx(
        ways / comb(all_, drawn), rel=1e-6, abs=1e-12
    )


SMALL = st.integers(0, 50)
COUNTS = st.builds(
    lambda good, unreadable, bad, more: Counts(
        page_count=good + unreadable + bad,
        unreadable=unreadable,
        article_count=good + bad,
        without_text=bad,
        without_date=min(more, good + bad),
    ),
    *(SMALL, SMALL, SMALL, SMALL),
)


@given(st.lists(st.builds(PastRun, COUNTS, st.booleans()), max_size=30), COUNTS)
def test_any_history_is_evaluated_and_described_in_one_line(past: list[PastRun], now: Counts) -> None:
    for found in [*find_layout_changes(past, now), *find_obvious_changes(past, now)]:
        assert found.now.bad <= found.now.of
        assert str(found).isprintable()


@given(COUNTS, COUNTS)
def test_counts_add_up_field_by_field(one: Counts, other: Counts) -> None:
    both = one + other
    for name in COUNT_NAMES:
        assert getattr(both, name) == getattr(one, name) + getattr(other, name)


def test_every_page_is_counted_in_one_way() -> None:
    counts = Counts(page_count=100, failed=10, forbidden=5, absent=4, repeated=20, unreadable=6)
    assert (counts.asked, counts.came, counts.read) == (95, 61, 55)


@pytest.mark.parametrize(("share", "said"), [(0, "0 %"), (0.004, "under 1 %"), (0.243, "24 %"), (1, "100 %")])
def test_a_share_is_shown_in_per_cent(share: float, said: str) -> None:
    assert layout_change.percent(share) == said
