"""The choice of a source for a page, for any history of outcomes. The clock is simulated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Kind, Outcome, PageKey
from crawler.failover.policy import (
    DOWN_AFTER,
    NO_PAGE,
    PROBE_PAGES,
    UNREACHABLE_AFTER,
    UNREACHABLE_LATER_AFTER,
    FailoverPolicy,
)
from crawler.fetch import Fetch, WantedPage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OK, FAILED, UNREADABLE, FORBIDDEN = Outcome.OK, Outcome.FAILED, Outcome.UNREADABLE, Outcome.FORBIDDEN


@dataclass(frozen=True)
class Named:
    name: str
    truncates: bool = False
    transliterates: bool = False
    host = "127.0.0.1"
    rendition = "gopher"

    def url(self, key: PageKey) -> str:
        return f"{self.name}:{key.number}"


A, B, CUTTER = Named("a"), Named("b"), Named("cutter", truncates=True)
Answer = Callable[[Fetch], Outcome]


def key(number: int) -> PageKey:
    return PageKey(Kind.ARTICLE, number)


def visit(
    policy: FailoverPolicy, answer: Answer, now: datetime = NOW, page: WantedPage | None = None
) -> Iterator[Fetch]:
    """Ask for a page until a source gives it, or no source is left."""
    further: WantedPage | None = page or WantedPage(key(1))
    while further and (ask := policy.choose(further, now=now)):
        policy.asked(ask, now=now)
        yield ask
        further = policy.answered(ask, answer(ask), "no reason", now=now)


def asked(policy: FailoverPolicy, answer: Answer, now: datetime = NOW) -> str:
    return "".join(ask.source.name for ask in visit(policy, answer, now))


def failing(*names: str, outcome: Outcome = FAILED) -> Answer:
    return lambda ask: outcome if ask.source.name in names else OK


@pytest.mark.parametrize("outcome", [FAILED, UNREADABLE])
def test_a_source_that_fails_where_others_do_not_is_down_after_three_pages(outcome: Outcome) -> None:
    policy = FailoverPolicy([A, B])
    answer = failing("a", outcome=outcome)
    assert [asked(policy, answer) for _ in range(5)] == ["ab", "ab", "ab", "b", "b"]
    assert policy.news == ["a is down: no reason; continuing with b"]


def test_a_source_that_fails_on_absent_pages_is_not_down() -> None:
    """A gateway has no word for that but an error of its own, and absent pages come due together."""
    policy = FailoverPolicy([A, B])
    for _ in range(9):
        assert asked(policy, lambda ask: FAILED if ask.source is A else Outcome.ABSENT) == "ab"
    assert policy.news == []


def test_a_page_that_all_sources_fail_on_counts_against_none() -> None:
    policy = FailoverPolicy([A, B])
    for _ in range(UNREACHABLE_AFTER):
        assert asked(policy, failing("a", "b", outcome=UNREADABLE)) == "ab"
    assert policy.news == []
    assert not policy.is_over(now=NOW)


def test_a_source_that_forbids_requests_is_not_down() -> None:
    policy = FailoverPolicy([A, B])
    for _ in range(9):
        assert asked(policy, failing("a", outcome=FORBIDDEN)) == "ab"
    assert policy.news == []


def down(*sources: Named) -> FailoverPolicy:
    """A policy that knows the first of ``sources`` to be down."""
    policy = FailoverPolicy(sources)
    for _ in range(DOWN_AFTER):
        asked(policy, failing(sources[0].name))
    policy.news.clear()
    return policy


def test_a_source_that_is_down_is_probed_after_fifty_pages() -> None:
    policy = down(A, B)
    assert [asked(policy, failing("a")) for _ in range(PROBE_PAGES)] == ["b"] * PROBE_PAGES
    [probe, other] = visit(policy, failing("a"))
    assert (probe.source, probe.probe, other.source, other.probe) == (A, True, B, False)
    assert asked(policy, failing("a")) == "b"


def test_a_source_that_is_down_is_probed_after_five_minutes_and_back_when_it_answers() -> None:
    policy = down(A, B)
    assert asked(policy, failing(), NOW + 299 * SECOND) == "b"
    assert asked(policy, failing("a"), NOW + 300 * SECOND) == "ab"
    assert asked(policy, failing(), NOW + 599 * SECOND) == "b"
    assert asked(policy, failing(), NOW + 600 * SECOND) == "a"
    assert policy.news == ["a is back"]
    assert asked(policy, failing(), NOW + 601 * SECOND) == "a"


def test_when_the_last_that_was_up_fails_too_those_that_were_down_are_tried() -> None:
    policy = down(A, B)
    tried = [asked(policy, failing("b")) for _ in range(DOWN_AFTER + 2)]
    assert tried == ["b", "b", "b", "a", "a"]


def test_a_run_is_over_when_no_source_gave_ten_pages_in_a_row() -> None:
    policy = FailoverPolicy([A, B])
    for _ in range(UNREACHABLE_AFTER):
        assert not policy.is_over(now=NOW)
        asked(policy, failing("a", "b"))
    assert policy.is_over(now=NOW)


def test_where_some_pages_were_had_more_must_fail() -> None:
    policy = FailoverPolicy([A])
    asked(policy, failing())
    for _ in range(UNREACHABLE_LATER_AFTER):
        assert not policy.is_over(now=NOW)
        asked(policy, failing("a"))
    assert policy.is_over(now=NOW)


def test_a_source_that_demands_a_pause_is_skipped_until_then() -> None:
    policy = FailoverPolicy([A, B])
    policy.back_off(A, until=NOW + 60 * SECOND, problem="busy", now=NOW)
    policy.back_off(A, until=NOW + 30 * SECOND, problem="busy", now=NOW)
    assert policy.news == ["a asks for no requests for 60 s: busy; continuing with b"]
    assert asked(policy, failing("b"), NOW + 59 * SECOND) == "b"
    assert asked(policy, failing(), NOW + 60 * SECOND) == "a"


def test_a_source_that_is_down_is_used_while_another_backs_off() -> None:
    policy = down(A, B)
    policy.back_off(B, until=NOW + 60 * SECOND, problem="busy", now=NOW)
    assert policy.news == ["b asks for no requests for 60 s: busy; no other source is available"]
    assert asked(policy, failing()) == "a"


def test_when_all_rest_for_a_while_the_run_waits_and_when_for_long_it_is_over() -> None:
    policy = FailoverPolicy([A, B])
    policy.back_off(A, until=NOW + 600 * SECOND, problem="busy", now=NOW)
    assert policy.rest(now=NOW) == timedelta(0)
    policy.back_off(B, until=NOW + 20 * SECOND, problem="busy", now=NOW)
    assert policy.rest(now=NOW) == 20 * SECOND
    assert not policy.is_over(now=NOW)
    policy.back_off(B, until=NOW + 1200 * SECOND, problem="busy", now=NOW)
    assert policy.is_over(now=NOW)


def test_truncated_pages_are_only_requested_from_sources_that_do_not_truncate() -> None:
    policy = FailoverPolicy([CUTTER, A, B])
    cut = WantedPage(key(1), heals=True)
    assert [ask.source for ask in visit(policy, failing("a"), page=cut)] == [A, B]
    assert not list(visit(policy, failing(), page=WantedPage(key(1), failed=("a", "b"), heals=True)))


def test_a_source_that_fails_to_heal_is_down_and_tried_later() -> None:
    policy = FailoverPolicy([CUTTER, A])
    for _ in range(DOWN_AFTER):
        list(visit(policy, failing("a"), page=WantedPage(key(1), heals=True)))
    assert not policy.can_heal(now=NOW)
    assert policy.can_heal(now=NOW + 300 * SECOND)
    assert policy.news == ["a is down: no reason; continuing with cutter"]


OUTCOMES = st.sampled_from([OK, Outcome.ABSENT, FAILED, UNREADABLE, FORBIDDEN])


@given(st.lists(st.tuples(st.lists(OUTCOMES, min_size=3, max_size=3), st.integers(0, 400), st.booleans())))
def test_each_source_is_asked_once_for_a_page_until_one_delivers_it(
    pages: list[tuple[list[Outcome], int, bool]],
) -> None:
    policy, now = FailoverPolicy([A, CUTTER, B]), NOW
    for outcomes, seconds, rests in pages:
        now += seconds * SECOND
        answers = dict(zip(("a", "cutter", "b"), outcomes, strict=True))
        asks = list(visit(policy, lambda ask, answers=answers: answers[ask.source.name], now))  # type: ignore[misc]
        names = [ask.source.name for ask in asks]
        assert len(set(names)) == len(names)
        assert all(answers[name] in NO_PAGE for name in names[:-1])
        assert names or policy.rest(now=now), "a source is asked unless all demand a pause"
        if rests:
            policy.back_off(A, until=now + 100 * SECOND, problem="busy", now=now)


def test_failures_of_a_source_that_gave_pages_in_between_do_not_add_up() -> None:
    """Without a delay, the next source is asked only after many pages of the first one."""
    policy = FailoverPolicy([A, B])
    fetches = [Fetch(WantedPage(key(n)), A) for n in range(10)]
    for fetch in fetches:
        policy.answered(fetch, FAILED if fetch.key.number % 2 else OK, "no reason", now=NOW)
    for fetch in fetches[1::2]:
        assert list(visit(policy, failing("a"), page=fetch.without(FAILED)))
    assert policy.news == []
