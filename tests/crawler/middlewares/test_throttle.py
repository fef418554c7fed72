"""How long to pause after a request."""

from datetime import timedelta
from itertools import accumulate, repeat

from hypothesis import given
from hypothesis import strategies as st

from crawler.middlewares.throttle import (
    MAX_FAILURE_FACTOR,
    MAX_PAUSE,
    pause_after_answer,
    pause_after_failure,
)

SECOND, NONE = timedelta(seconds=1), timedelta(0)
times = st.timedeltas(NONE, timedelta(days=1))


@given(times, st.none() | times, times)
def test_a_pause_is_never_shorter_than_asked_nor_longer_than_a_minute(
    last: timedelta, latency: timedelta | None, usual: timedelta
) -> None:
    for pause in (pause_after_answer(last, latency, usual=usual), pause_after_failure(last, usual=usual)):
        assert usual <= pause <= max(MAX_PAUSE, usual)


def test_a_slow_answer_lengthens_the_pause_at_once() -> None:
    assert pause_after_answer(SECOND, 5 * SECOND, usual=SECOND) == 10 * SECOND


def test_quick_answers_shorten_a_pause_step_by_step() -> None:
    pauses = list(
        accumulate(
            repeat(None, 5), lambda last, _: pause_after_answer(last, NONE, usual=SECOND), initial=8 * SECOND
        )
    )
    assert [pause / SECOND for pause in pauses] == [8, 4, 2, 1, 1, 1]


def test_failures_double_the_pause_up_to_a_limit() -> None:
    pauses = list(
        accumulate(repeat(None, 5), lambda last, _: pause_after_failure(last, usual=SECOND), initial=NONE)
    )
    assert [pause / SECOND for pause in pauses] == [0, 2, 4, 8, 8, 8]
    assert pauses[-1] == MAX_FAILURE_FACTOR * SECOND


def test_a_failure_does_not_shorten_a_pause() -> None:
    assert pause_after_failure(30 * SECOND, usual=SECOND) == 30 * SECOND
