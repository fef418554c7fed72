"""The health of an archive, from facts in its store and on its disk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from archive.policy.health import (
    REASON_DIED,
    REASON_IDLE,
    REASON_UNREACHABLE,
    BackOff,
    HealthInputs,
    RunResult,
    SourceState,
    Tolerance,
    find_problems,
)

NOW = datetime(2025, 4, 10, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GIGABYTE = 10**9


def ended(ago: timedelta, reason: str = "finished", pages: int = 10, problems: int = 0) -> RunResult:
    at = NOW - ago
    finished = None if reason == REASON_DIED else at
    return RunResult(started=at - MINUTE, finished=finished, reason=reason, pages=pages, problems=problems)


def going_on(since: timedelta) -> RunResult:
    return RunResult(started=NOW - since, finished=None, reason=None, pages=3, problems=0)


WELL = HealthInputs(
    runs=[ended(HOUR), ended(2 * HOUR)],
    is_locked=False,
    last_request_at=NOW - HOUR,
    last_change_at=NOW - HOUR,
    new_articles=3,
    edited_articles=1,
    sources=[SourceState("gopher", None, 0, None)],
    back_offs=[],
    pages=100,
    due_pages=2,
    unfetched_pages=0,
    size_bytes=GIGABYTE,
    free_bytes=100 * GIGABYTE,
    bytes_per_day=10_000_000.0,
)


def found(**changes: Any) -> list[str]:
    vitals = replace(WELL, **changes)
    return [problem.kind for problem in find_problems(vitals, now=NOW, tolerance=Tolerance())]


def test_a_healthy_archive_has_no_problem() -> None:
    assert found() == []


ILL: dict[str, tuple[dict[str, Any], list[str]]] = {
    "never crawled": ({"runs": [], "pages": 0}, ["never"]),
    "no crawl for days": ({"runs": [ended(2 * DAY)]}, ["overdue"]),
    "no crawl for days after one that died": ({"runs": [ended(2 * DAY, REASON_DIED)]}, ["overdue"]),
    "a clock that was wrong": ({"runs": [ended(-DAY)]}, ["clock"]),
    "goes on without asking": (
        {"runs": [going_on(3 * HOUR)], "is_locked": True, "last_request_at": NOW - 2 * HOUR},
        ["hung"],
    ),
    "could not go on": ({"runs": [ended(HOUR, "failed: disk is full")]}, ["failed"]),
    "died twice": ({"runs": [ended(HOUR, REASON_DIED), ended(2 * HOUR, REASON_DIED)]}, ["failed"]),
    "died twice with nothing due between": (
        {"runs": [ended(HOUR, REASON_DIED), ended(2 * HOUR, REASON_IDLE), ended(3 * HOUR, REASON_DIED)]},
        ["failed"],
    ),
    "half of the pages, twice": (
        {"runs": [ended(HOUR, pages=10, problems=5), ended(2 * HOUR, pages=8, problems=8)]},
        ["pages"],
    ),
    "half of the pages, twice with nothing due between": (
        {
            "runs": [
                ended(HOUR, pages=4, problems=2),
                ended(2 * HOUR, REASON_IDLE),
                ended(3 * HOUR, pages=8, problems=8),
            ]
        },
        ["pages"],
    ),
    "a source that is down": ({"sources": [SourceState("gopher", NOW - HOUR, 2, None)]}, ["down gopher"]),
    "a server that bans us": (
        {"back_offs": [BackOff("gopher://taz.de:70", NOW + DAY, "HTTP 403")]},
        ["banned gopher://taz.de:70"],
    ),
    "a source whose layout changed": (
        {"sources": [SourceState("mills", None, 0, "no text")]},
        ["layout mills"],
    ),
    "no room": ({"free_bytes": 50_000_000}, ["disk"]),
    "no room in a week": ({"free_bytes": GIGABYTE, "bytes_per_day": GIGABYTE / 7}, ["disk"]),
    "several": ({"runs": [], "pages": 0, "free_bytes": 0}, ["never", "disk"]),
}


@pytest.mark.parametrize("name", ILL)
def test_a_problem_to_act_on_is_found(name: str) -> None:
    changes, kinds = ILL[name]
    assert found(**changes) == kinds


NO_MATTER: dict[str, dict[str, Any]] = {
    "one run that died": {"runs": [ended(HOUR, REASON_DIED), ended(2 * HOUR)]},
    "runs that died before one that did well": {
        "runs": [ended(HOUR), ended(2 * HOUR, REASON_DIED), ended(DAY, REASON_DIED)]
    },
    "one run that failed before one that did well": {"runs": [ended(HOUR), ended(2 * HOUR, "failed: x")]},
    "one that failed before one with nothing due": {
        "runs": [ended(HOUR, REASON_IDLE), ended(2 * HOUR, "failed: x")]
    },
    "one run that could not connect": {
        "runs": [ended(HOUR, REASON_UNREACHABLE, 10, 10)],
        "sources": [SourceState("gopher", NOW - HOUR, 1, None)],
    },
    "a server that is busy for a minute": {"back_offs": [BackOff("https://x", NOW + MINUTE, "HTTP 503")]},
    "a few pages that fail": {"runs": [ended(HOUR, pages=10, problems=4)]},
    "half of the pages of one run": {"runs": [ended(HOUR, pages=10, problems=5), ended(2 * HOUR)]},
    "half of the pages of the first run": {"runs": [ended(HOUR, pages=10, problems=5)]},
    "half of the pages before one that did well": {
        "runs": [ended(HOUR), ended(2 * HOUR, pages=10, problems=5), ended(DAY, pages=10, problems=5)]
    },
    "a server that ended within a run, and was not there in the next": {
        "runs": [ended(HOUR, REASON_UNREACHABLE, 30, 30), ended(2 * HOUR, "closespider_pagecount", 30, 20)],
        "sources": [SourceState("gopher", NOW - HOUR, 1, None)],
    },
    "runs of two pages": {"runs": [ended(HOUR, pages=2, problems=2), ended(2 * HOUR, pages=2, problems=2)]},
    "never crawled, and yet not empty: imported": {"runs": [], "last_request_at": None},
    "a run going on": {"runs": [going_on(MINUTE)], "is_locked": True},
    "a long run going on": {"runs": [going_on(9 * HOUR)], "is_locked": True, "last_request_at": NOW - MINUTE},
    "a clock a little ahead": {"runs": [ended(-2 * MINUTE)]},
    "another run is writing": {"is_locked": True},
    "growth not known": {"bytes_per_day": None},
    "no growth": {"bytes_per_day": 0.0},
}


@pytest.mark.parametrize("name", NO_MATTER)
def test_what_the_next_run_repairs_is_not_a_problem(name: str) -> None:
    assert found(**NO_MATTER[name]) == []


def test_tolerances_can_be_given() -> None:
    strict = Tolerance(MINUTE, 200 * GIGABYTE)
    assert [problem.kind for problem in find_problems(WELL, now=NOW, tolerance=strict)] == ["overdue", "disk"]


def test_an_old_check_is_a_problem_only_if_a_limit_is_given() -> None:
    old = replace(WELL, unchecked_since=NOW - 31 * 24 * HOUR)
    for limit, problems in ((None, []), (timedelta(days=32), []), (timedelta(days=30), ["unchecked"])):
        found = find_problems(old, now=NOW, tolerance=Tolerance(max_unchecked=limit))
        assert [problem.kind for problem in found] == problems
