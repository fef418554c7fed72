"""The gate of a database, used by many at once: what they did is judged by a count of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from random import Random

import psycopg
import pytest

from crawler.gate.interface import Closed, KnownRobots, Turn
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.gate import PostgresGate
from tests.support.running.time_limit import LONGEST
from tests.support.servers.postgres import PostgresServer

pytestmark = pytest.mark.slow

HOUR, PAUSE = timedelta(hours=1), timedelta(milliseconds=20)
CRAWLERS, TURNS = 6, 12
ORIGIN = "taz.de"


@contextmanager
def gate_at(url: str, holder: str = "one") -> Iterator[PostgresGate]:
    database = SharedDatabase(url)
    yield PostgresGate(database, holder)
    database.close()


def enter(gate: PostgresGate, *hosts: str, longest: timedelta = HOUR) -> Turn:
    """Enter as soon as the gate opens."""
    deadline = time.monotonic() + LONGEST
    while isinstance(answer := gate.enter(hosts, longest=longest), Closed):
        assert time.monotonic() < deadline, "the gate stays closed"
        time.sleep(answer.wait.total_seconds())
    return answer


class Visits:
    """When each host was asked, as the hosts saw it: pairs of begin and end."""

    def __init__(self) -> None:
        self.seen: dict[str, list[tuple[float, float]]] = {}

    def ask(self, hosts: tuple[str, ...], seconds: float) -> None:
        begin = time.monotonic()
        time.sleep(seconds)
        end = time.monotonic()
        for host in hosts:
            self.seen.setdefault(host, []).append((begin, end))

    def pauses(self, host: str) -> list[float]:
        """Return the seconds from the end of each visit to the next; negative if they overlap."""
        return [after[0] - before[1] for before, after in pairwise(sorted(self.seen[host]))]


def visit(url: str, number: int, visits: Visits) -> None:
    """Ask one of three gateways, and with it the origin, again and again."""
    chance = Random(number)
    with gate_at(url, f"crawler {number}") as gate:
        for _ in range(TURNS):
            hosts = (f"https://gateway{chance.randrange(3)}:443", ORIGIN)
            turn = enter(gate, *hosts)
            visits.ask(hosts, chance.uniform(0, 0.005))
            gate.leave(turn, dict.fromkeys(hosts, PAUSE))


def test_many_crawlers_never_ask_a_host_at_once_nor_too_soon(frontier_url: str) -> None:
    visits = Visits()
    with ThreadPoolExecutor(CRAWLERS) as pool:
        list(pool.map(lambda number: visit(frontier_url, number, visits), range(CRAWLERS)))
    assert len(visits.seen[ORIGIN]) == CRAWLERS * TURNS
    for host in visits.seen:
        assert min(visits.pauses(host)) >= PAUSE.total_seconds()


def test_a_robots_txt_is_claimed_by_one_of_many(frontier_url: str) -> None:
    def claim(_: int) -> bool:
        with gate_at(frontier_url) as gate:
            return gate.claim_robots("gopher://taz.de:70", longest=HOUR)

    with ThreadPoolExecutor(CRAWLERS) as pool:
        assert sum(pool.map(claim, range(CRAWLERS))) == 1


def test_bans_are_counted_over_all_crawlers(frontier_url: str) -> None:
    def count(_: int) -> int:
        with gate_at(frontier_url) as gate:
            return gate.count_ban("gopher://taz.de:70", is_ban=True)

    with ThreadPoolExecutor(CRAWLERS) as pool:
        assert sorted(pool.map(count, range(CRAWLERS))) == list(range(1, CRAWLERS + 1))


def test_what_one_crawler_learns_holds_for_the_others(frontier_url: str) -> None:
    with gate_at(frontier_url) as one, gate_at(frontier_url) as other:
        one.back_off("a", wait=HOUR, problem="HTTP 429")
        one.store_robots("b", KnownRobots("User-agent: *", HOUR))
        one.leave(enter(one, "c"), {"c": PAUSE})
        closed = other.enter(["a"], longest=HOUR)
        assert isinstance(closed, Closed)
        assert closed.problem == "HTTP 429"
        found = other.robots("b")
        assert found
        assert found.text == "User-agent: *"
        assert enter(other, "c").pause == PAUSE


HOLDER = """
import sys, time
from datetime import timedelta
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.gate import PostgresGate
gate = PostgresGate(SharedDatabase(sys.argv[1]), "dead")
gate.robots("taz.de")  # connects
before = time.monotonic()
turn = gate.enter(["taz.de"], longest=timedelta(seconds=1))
print(before, turn.tokens["taz.de"], flush=True)
time.sleep(3600)
"""


def test_the_turn_of_a_killed_crawler_ends_and_not_before(frontier_url: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, frontier_url], stdout=subprocess.PIPE, text=True)
    with holder, gate_at(frontier_url) as gate:
        assert holder.stdout
        before, token = holder.stdout.readline().split()
        holder.kill()
        turn = enter(gate, ORIGIN)
        assert time.monotonic() - float(before) >= 1
        assert turn.tokens[ORIGIN] == int(token) + 1


def test_what_is_stored_survives_a_killed_server(postgres: PostgresServer, frontier_url: str) -> None:
    with gate_at(frontier_url) as gate:
        turn = enter(gate, ORIGIN)
        gate.back_off("gopher://taz.de:70", wait=HOUR, problem="HTTP 429")
        postgres.kill()
        postgres.start()
        assert isinstance(gate.enter([ORIGIN], longest=HOUR), Closed)
        gate.leave(turn, {})
        assert isinstance(gate.enter([ORIGIN], longest=HOUR), Turn)
        closed = gate.enter(["gopher://taz.de:70"], longest=HOUR)
        assert isinstance(closed, Closed)
        assert closed.problem == "HTTP 429"


@pytest.mark.parametrize("host", ["taz.de", "gopher://[::1]:70", "münchen.example"])
def test_a_host_that_was_never_seen_is_entered(frontier_url: str, host: str) -> None:
    with gate_at(frontier_url) as gate:
        assert isinstance(gate.enter([host], longest=HOUR), Turn)


def test_a_host_that_another_crawler_is_leaving_is_busy_and_not_waited_for(frontier_url: str) -> None:
    with gate_at(frontier_url) as gate, psycopg.connect(frontier_url) as leaving:
        gate.leave(enter(gate, "a", "b"), {})
        leaving.execute("UPDATE taz_archive.hosts SET busy_until = NULL WHERE host = 'a'")
        leaving.execute("SET lock_timeout = '1ms'")
        assert isinstance(gate.enter(["b", "a"], longest=HOUR), Closed)
        leaving.execute(
            "UPDATE taz_archive.hosts SET busy_until = NULL WHERE host = 'b'"
        )  # waits for no lock
