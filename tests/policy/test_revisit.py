"""When to look again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Kind
from archive.policy.revisit import (
    AGES_HOURS,
    DEFAULT_PATIENCE,
    HOUR,
    MAX_INTERVAL,
    MENU_RATES,
    MIN_INTERVAL,
    ChangeRates,
    PageHistory,
    appearance_time,
    next_due,
    observations,
    update_change_score,
)
from benchmarks.newsroom import stories, watch
from benchmarks.revisit import Ours, Ratio, Table
from crawler.demo.newspaper.pages.newspaper import Newspaper

NOW = datetime(2025, 4, 10, 12, tzinfo=UTC)
DAYS = st.floats(0, 20_000, allow_nan=False).map(lambda days: timedelta(days=days))
HOURS = st.floats(0, 1e6)
LOOKS = st.lists(st.tuples(HOURS, HOURS, st.booleans()), max_size=5)
PASTS = st.builds(
    lambda age, seen, **rest: PageHistory(
        appeared_at=NOW - max(age, seen), first_checked_at=NOW - min(age, seen), **rest
    ),
    DAYS,
    DAYS,
    change_count=st.integers(0, 10_000),
    change_score=st.floats(0, 1000),
    failure_count=st.integers(0, 10_000),
)


def wait(
    past: PageHistory, kind: Kind = Kind.ARTICLE, change_rates: ChangeRates | None = None, **more: float
) -> timedelta:
    return next_due(kind, past, now=NOW, change_rates=change_rates, **more) - NOW


def aged(age: timedelta, **more: float) -> PageHistory:
    return PageHistory(appeared_at=NOW - age, first_checked_at=NOW - age, **more)  # type: ignore[arg-type]  # counts


@given(DAYS, DAYS)
def test_the_older_an_article_that_never_changed_the_longer_until_the_next_look(
    one: timedelta, other: timedelta
) -> None:
    younger, older = sorted([one, other])
    assert wait(aged(younger)) <= wait(aged(older)) * 1.06  # waits are found to within a twentieth


@given(st.sampled_from(Kind), PASTS, LOOKS, st.floats(1e-6, 1e6))
def test_the_next_look_is_always_later_and_never_out_of_reach(
    kind: Kind, past: PageHistory, looks: list[tuple[float, float, bool]], patience: float
) -> None:
    rates = ChangeRates()
    for young, old, changed in looks:
        rates = rates.with_observations(young, old, changed=changed)
    assert timedelta(0) < wait(past, kind, rates, patience=patience) <= MAX_INTERVAL


@given(PASTS.filter(lambda past: not past.failure_count), st.floats(0.001, 1), st.floats(0.001, 1))
@pytest.mark.slow
def test_more_patience_makes_no_look_sooner(past: PageHistory, one: float, other: float) -> None:
    less, more = sorted([one, other])
    assert wait(past, patience=less) <= wait(past, patience=more) * 1.06


@given(DAYS, st.integers(0, 50), st.floats(0, 20))
def test_an_article_that_changed_more_is_looked_at_no_later(
    age: timedelta, changes: int, score: float
) -> None:
    calm = aged(age, change_count=changes, change_score=score)
    assert wait(replace(calm, change_count=changes + 1, change_score=score + 1)) <= wait(calm) * 1.06


def test_days_are_not_forgotten() -> None:
    assert wait(aged(timedelta(days=6))) > 5 * wait(aged(timedelta(hours=2)))


def test_failures_are_retried_later_each_time() -> None:
    waits = [wait(aged(timedelta(0), failure_count=n)) for n in (1, 2, 3, 40)]
    assert waits == [timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(days=30)]


def test_a_burst_is_followed() -> None:
    """A ticker that changed five times in its first hours, against one that changed as often long ago."""
    hot, cold = aged(5 * HOUR, change_count=5, change_score=4.0), aged(5 * HOUR, change_count=5)
    assert MIN_INTERVAL <= wait(hot) < wait(cold) / 1.5


# -- The paper's habits ---------------------------------------------------------------------------------


@given(HOURS, HOURS, st.booleans())
def test_a_check_observes_all_of_its_time(one: float, other: float, changed: bool) -> None:
    young, old = sorted([one, other])
    parts = list(observations(young, old, changed=changed))
    if old - young > 1e-6:
        assert sum(part.changes for part in parts) == pytest.approx(float(changed))
        assert sum(part.hours for part in parts) == pytest.approx((old - young) / (2 if changed else 1))


def test_habits_are_learned() -> None:
    """A paper that edits on the second day, of which nothing is believed before."""
    rates = ChangeRates()
    for _ in range(500):
        for hour in range(4, 24, 4):
            rates = rates.with_observations(hour, hour + 4, changed=False)
        for hour in range(24, 48, 2):
            rates = rates.with_observations(hour, hour + 2, changed=hour % 10 == 0)
    number = AGES_HOURS.index(24.0)
    assert rates.rates[number] == pytest.approx(2 / 22, rel=0.1)  # two edits in 24 h, half of 4 h apart
    assert wait(aged(30 * HOUR), change_rates=rates) < wait(aged(12 * HOUR), change_rates=rates) / 3


@given(LOOKS, HOURS, HOURS)
def test_of_an_older_article_no_less_is_expected(
    looks: list[tuple[float, float, bool]], one: float, other: float
) -> None:
    rates = ChangeRates()
    for young, old, changed in looks:
        rates = rates.with_observations(young, old, changed=changed)
    younger, older = sorted([one, other])
    assert 0 <= rates.expected_changes(younger) <= rates.expected_changes(older) * (1 + 1e-9)


# -- Menus ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MENU_RATES)
def test_a_menu_that_brings_news_is_looked_at_sooner(kind: Kind) -> None:
    since = NOW - timedelta(days=30)
    idle, busy = (
        PageHistory(appeared_at=since, first_checked_at=since),
        PageHistory(appeared_at=since, first_checked_at=since, change_score=120.0),
    )
    assert (
        MENU_RATES[kind].min_interval <= wait(busy, kind) < wait(idle, kind) <= MENU_RATES[kind].max_interval
    )


def test_a_menu_is_looked_at_once_half_a_page_is_to_be_expected_on_it() -> None:
    """24 a day, for a month: one an hour."""
    since, score = NOW - timedelta(days=30), 0.0
    for _ in range(24 * 30):
        score = update_change_score(Kind.SECTION, score, passed=HOUR, changes=1)
    found = wait(PageHistory(appeared_at=since, first_checked_at=since, change_score=score), Kind.SECTION)
    assert found / HOUR == pytest.approx(0.5, rel=0.1)


# -- What it is good for --------------------------------------------------------------------------------


def test_it_catches_more_wordings_than_others_do_with_more_looks() -> None:
    """In small; ``benchmarks/revisit.py`` says by how much, of papers it was not made for."""
    found = stories(Newspaper(seed=8, articles=0), 300)
    ours = watch(found, Ours(DEFAULT_PATIENCE))
    for other in (watch(found, Table(1.0)), watch(found, Ratio(0.2))):
        assert ours.fetches < 0.7 * other.fetches
        assert ours.caught > other.caught


# -- When an article appeared ---------------------------------------------------------------------------


def test_an_article_is_as_old_as_its_date_if_it_was_found_late() -> None:
    assert appearance_time(NOW.date() - timedelta(days=10), NOW) == datetime(2025, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize("published", [None, NOW.date(), NOW.date() + timedelta(days=1)])
def test_an_article_of_today_is_as_old_as_our_sight_of_it(published: object) -> None:
    assert appearance_time(published, NOW) == NOW  # type: ignore[arg-type]  # dates, as parametrized
