"""How long to pause after a request: longer for slow and failing hosts. Pure.

Scrapy's AutoThrottle lengthens the pause too, but forgets a ``Crawl-delay`` and may go below it.
"""

from datetime import timedelta

MAX_PAUSE = timedelta(seconds=60)
# The pause is at least so many times the latency, so that a server is busy with us half of the time at most.
LATENCY_FACTOR = 2
# Each failure doubles the pause, up to so many times the usual one: a run has to notice that all is down.
MAX_FAILURE_FACTOR = 8


def pause_after_answer(last: timedelta, latency: timedelta | None, *, usual: timedelta) -> timedelta:
    """Return the pause after an answer. It grows with the latency at once, and shrinks by half of the rest.

    ``last`` is the pause before the request, ``usual`` the least one.
    """
    if latency is None:
        return _limited(last, usual)
    wanted = LATENCY_FACTOR * latency
    return _limited(max(wanted, (max(last, usual) + wanted) / 2), usual)


def pause_after_failure(last: timedelta, *, usual: timedelta) -> timedelta:
    """Return the pause after a request that failed: twice the ``last`` one."""
    last = max(last, usual)
    return _limited(max(last, min(2 * last, MAX_FAILURE_FACTOR * usual)), usual)


def _limited(pause: timedelta, usual: timedelta) -> timedelta:
    return min(max(pause, usual), max(MAX_PAUSE, usual))
