"""When to look again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Kind
from archive.revisit import born, next_visit

NOW = datetime(2025, 4, 10, 12, tzinfo=UTC)
DAYS = st.floats(0, 20_000, allow_nan=False).map(lambda days: timedelta(days=days))


@given(DAYS, DAYS)
def test_the_older_an_article_the_longer_until_the_next_look(one: timedelta, other: timedelta) -> None:
    younger, older = sorted([one, other])
    assert next_visit(Kind.ARTICLE, born=NOW - younger, now=NOW) <= next_visit(
        Kind.ARTICLE, born=NOW - older, now=NOW
    )


@given(st.sampled_from(Kind), DAYS, st.integers(0, 10_000))
def test_the_next_look_is_always_later_and_never_out_of_reach(
    kind: Kind, age: timedelta, failures: int
) -> None:
    until = next_visit(kind, born=NOW - age, now=NOW, failures=failures) - NOW
    assert timedelta(0) < until <= timedelta(days=180)


@pytest.mark.parametrize(
    ("age", "minutes"), [(timedelta(hours=2), 15), (timedelta(hours=20), 60), (timedelta(days=6), 360)]
)
def test_days_are_not_forgotten(age: timedelta, minutes: int) -> None:
    assert next_visit(Kind.ARTICLE, born=NOW - age, now=NOW) == NOW + timedelta(minutes=minutes)


def test_failures_double_the_wait() -> None:
    waits = [next_visit(Kind.ARTICLE, born=NOW, now=NOW, failures=count) - NOW for count in (1, 2, 3)]
    assert waits == [timedelta(hours=1), timedelta(hours=2), timedelta(hours=4)]


def test_an_old_article_seen_late_is_old() -> None:
    assert born(datetime(2020, 10, 8).date(), NOW) == datetime(2020, 10, 8, tzinfo=UTC)  # noqa: DTZ001 - a day


def test_an_article_of_today_was_born_when_it_was_seen() -> None:
    assert born(NOW.date(), NOW) == NOW
    assert born(None, NOW) == NOW
