"""What every gate does: in memory, with an archive, and in a database that several crawlers share."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.store import open_writer
from crawler.gate.embedded import EmbeddedGate
from crawler.gate.interface import MIN_BUSY_WAIT, Closed, Gate, KnownRobots, Turn
from crawler.postgres.gate import PostgresGate
from tests.support.running.time_limit import LONGEST

HOUR, INSTANT = timedelta(hours=1), timedelta(milliseconds=2)
SERVER, MACHINE = "gopher://taz.de:70", "taz.de"
HOSTS = (SERVER, MACHINE)


@pytest.fixture(params=["in memory", "with an archive", pytest.param("shared", marks=pytest.mark.slow)])
def gate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gate]:
    if request.param == "in memory":
        yield EmbeddedGate()
    elif request.param == "with an archive":
        with open_writer(tmp_path / "taz.db") as archive:
            yield EmbeddedGate(archive)
    else:
        yield PostgresGate(request.getfixturevalue("database"), "one crawler")


def enter(gate: Gate, *hosts: str, longest: timedelta = HOUR) -> Turn:
    turn = gate.enter(hosts or HOSTS, longest=longest)
    assert isinstance(turn, Turn)
    return turn


def refused(gate: Gate, *hosts: str) -> Closed:
    closed = gate.enter(hosts or HOSTS, longest=HOUR)
    assert isinstance(closed, Closed)
    return closed


def enter_when_free(gate: Gate, *hosts: str) -> Turn:
    deadline = time.monotonic() + LONGEST
    while isinstance(closed := gate.enter(hosts or HOSTS, longest=HOUR), Closed):
        assert time.monotonic() < deadline, "the gate stays closed"
        time.sleep(closed.wait.total_seconds())
    return closed


def holds_until(has_ended: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not has_ended():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- Turns ----------------------------------------------------------------------------------------


def test_a_host_is_held_by_one_request_at_a_time(gate: Gate) -> None:
    turn = enter(gate)
    assert refused(gate) == Closed(MIN_BUSY_WAIT)
    gate.leave(turn, {})
    assert enter(gate).tokens[SERVER] > turn.tokens[SERVER]


def test_all_hosts_are_entered_or_none(gate: Gate) -> None:
    enter(gate, "a")
    assert refused(gate, "b", "a").problem is None
    enter(gate, "b")


def test_a_server_is_held_with_its_machine(gate: Gate) -> None:
    enter(gate)
    assert refused(gate, "gemini://taz.de:1965", MACHINE)


def test_a_host_pauses_from_the_end_of_a_turn(gate: Gate) -> None:
    gate.leave(enter(gate), {SERVER: HOUR / 2, MACHINE: HOUR})
    assert HOUR - timedelta(minutes=1) < refused(gate).wait <= HOUR
    assert refused(gate, SERVER).wait <= HOUR / 2


def test_a_pause_ends_and_the_next_turn_says_how_long_it_was(gate: Gate) -> None:
    first = enter(gate)
    assert first.pause == timedelta(0)
    gate.leave(first, {SERVER: INSTANT, MACHINE: HOUR})
    assert enter_when_free(gate, SERVER).pause == INSTANT


def test_a_request_that_was_not_sent_changes_no_pause(gate: Gate) -> None:
    gate.leave(enter(gate), dict.fromkeys(HOSTS, INSTANT))
    gate.leave(enter_when_free(gate), {})
    assert enter(gate).pause == INSTANT


def test_a_turn_ends_by_itself_and_its_token_is_worth_nothing_to_the_next(gate: Gate) -> None:
    dead = enter(gate, longest=INSTANT)
    alive = enter_when_free(gate)
    gate.leave(dead, dict.fromkeys(HOSTS, HOUR))
    assert refused(gate) == Closed(MIN_BUSY_WAIT), "it is still held"
    gate.leave(alive, {})
    enter(gate)


def test_a_turn_that_took_too_long_still_begins_a_pause(gate: Gate) -> None:
    late = enter(gate, longest=timedelta(0))
    gate.leave(late, {MACHINE: HOUR})
    assert refused(gate).wait > HOUR / 2


# -- Back-off -------------------------------------------------------------------------------------


def test_a_host_that_is_backed_off_is_not_entered(gate: Gate) -> None:
    gate.back_off(SERVER, wait=HOUR, problem="HTTP 503")
    for closed in (refused(gate), refused(gate, "other", SERVER)):
        assert (closed.problem, HOUR / 2 < closed.wait <= HOUR) == ("HTTP 503", True)
    enter(gate, MACHINE)


def test_a_back_off_in_a_turn_holds_when_the_turn_ends(gate: Gate) -> None:
    turn = enter(gate)
    gate.back_off(SERVER, wait=HOUR, problem="HTTP 503")
    gate.leave(turn, {})
    assert refused(gate).problem == "HTTP 503"


def test_a_shorter_back_off_does_not_end_a_longer_one(gate: Gate) -> None:
    gate.back_off(SERVER, wait=HOUR, problem="ban")
    gate.back_off(SERVER, wait=INSTANT, problem="busy")
    assert refused(gate).problem == "ban"


def test_a_back_off_ends(gate: Gate) -> None:
    gate.back_off(SERVER, wait=INSTANT, problem="busy")
    enter_when_free(gate)


def test_bans_in_a_row_are_counted_for_the_next_turn(gate: Gate) -> None:
    assert [gate.count_ban(SERVER, is_ban=is_ban) for is_ban in (True, True, False, True)] == [1, 2, 0, 1]
    assert gate.count_ban("other", is_ban=False) == 0
    assert enter(gate).ban_count == 1


# -- robots.txt -----------------------------------------------------------------------------------


def test_a_robots_txt_is_known_until_it_expires(gate: Gate) -> None:
    assert gate.robots(SERVER) is None
    gate.store_robots(SERVER, KnownRobots("User-agent: *", HOUR))
    found = gate.robots(SERVER)
    assert found
    assert (found.text, found.problem, found.retry_in) == ("User-agent: *", None, None)
    assert HOUR / 2 < found.valid_for <= HOUR
    gate.store_robots(SERVER, KnownRobots("User-agent: *", INSTANT))
    holds_until(lambda: gate.robots(SERVER) is None)


def test_a_problem_with_a_robots_txt_is_known_for_a_time(gate: Gate) -> None:
    gate.store_robots(SERVER, KnownRobots("", HOUR, "HTTP 503", INSTANT))
    found = gate.robots(SERVER)
    assert found
    assert (found.text, found.problem) == ("", "HTTP 503")
    assert found.retry_in is not None
    assert timedelta(0) <= found.retry_in <= INSTANT


def test_a_robots_txt_is_fetched_by_one_crawler(gate: Gate) -> None:
    assert gate.claim_robots(SERVER, longest=HOUR)
    assert not gate.claim_robots(SERVER, longest=HOUR)
    assert gate.claim_robots("gemini://taz.de:1965", longest=HOUR)
    gate.store_robots(SERVER, KnownRobots("User-agent: *", HOUR))
    assert not gate.claim_robots(SERVER, longest=HOUR), "it is known"


def test_a_claim_ends_by_itself_and_with_a_problem(gate: Gate) -> None:
    gate.claim_robots(SERVER, longest=INSTANT)
    holds_until(lambda: gate.claim_robots(SERVER, longest=HOUR))
    gate.store_robots(SERVER, KnownRobots("", HOUR, "HTTP 503"))
    assert gate.claim_robots(SERVER, longest=HOUR), "a probe asks again"


def test_texts_with_nul_are_stored(gate: Gate) -> None:
    gate.back_off(SERVER, wait=HOUR, problem="it said \0")
    gate.store_robots(SERVER, KnownRobots("User-agent: \0\nDisallow: /x", HOUR))
    gate.store_robots("other", KnownRobots("", HOUR, "\0"))
    found = gate.robots(SERVER)
    assert found
    assert found.text.endswith("Disallow: /x")
    assert refused(gate).problem
