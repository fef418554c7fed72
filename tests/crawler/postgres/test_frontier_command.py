"""``frontier``: create, show and drop a shared frontier."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.model import Outcome
from archive.pagekey import ROOT
from archive.store import open_reader
from crawler.frontier.interface import Visit
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.schema import SCHEMA_VERSION
from tests.support.running.shared_frontiers import crawler_of, leased, let_lives_end
from tests.support.samples.captures import BASE, archive_of, capture, key
from tests.support.servers.free_ports import free_port
from tests.support.servers.postgres import PostgresServer


def frontier(*words: object, answer: str = "") -> Result:
    return CliRunner().invoke(cli, ["frontier", *map(str, words)], input=answer, catch_exceptions=False)


@pytest.fixture
def empty_url(postgres: PostgresServer) -> str:
    """Return the URL of a database without a frontier."""
    return postgres.new_database()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return archive_of(tmp_path / "taz.db", [capture(BASE, 0), capture(BASE, 50)])


def test_init_creates_a_frontier_once(empty_url: str) -> None:
    name = empty_url.partition("@")[2]
    assert frontier("init", empty_url).stdout == f"{name}: frontier created\n"
    assert frontier("init", empty_url).stdout == f"{name}: has a frontier already\n"


def test_init_takes_over_the_pages_of_an_archive_with_their_memory(empty_url: str, archive: Path) -> None:
    done = frontier("init", empty_url, "--from", archive)
    with open_reader(archive) as opened:
        known = list(opened.known_pages.rows())
    assert done.stdout.splitlines()[1] == f"{len(known)} pages of {archive} taken over"
    database = SharedDatabase(empty_url)
    query = (
        b"SELECT due_at, checked_at, check_count, first_seen, published, is_present FROM pages"
        b" WHERE kind = 'article' AND checked_at IS NOT NULL"
    )
    [row] = database.run(lambda db: db.execute(query).fetchall())
    [page] = [page for page in known if page.checked_at]
    assert page.key == key()
    assert row == (page.due_at, page.checked_at, 2, page.first_seen, page.published, True)
    database.close()


def test_an_archive_is_not_taken_over_by_a_frontier_with_pages(frontier_url: str, archive: Path) -> None:
    with crawler_of(frontier_url) as crawler:
        crawler.seed([ROOT])
    done = frontier("init", frontier_url, "--from", archive)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "has pages already" in done.stderr


def test_nothing_is_created_if_the_archive_is_missing(empty_url: str, tmp_path: Path) -> None:
    assert frontier("init", empty_url, "--from", tmp_path / "none.db").exit_code == 1
    assert frontier("status", empty_url).exit_code == 1


def test_status_shows_who_crawls_what(frontier_url: str) -> None:
    with crawler_of(frontier_url, "berlin:taz.db") as crawler:
        crawler.seed([ROOT, key(7), key(8)])
        first, *_ = leased(crawler, 2)
        crawler.settle([Visit(first, Outcome.OK)])
        shown = frontier("status", frontier_url).stdout
        [line] = [line for line in shown.splitlines() if line.startswith("berlin:taz.db")]
        assert line.endswith(" 1  /!7")
        found = json.loads(frontier("status", frontier_url, "--json").stdout)
        assert found["crawlers"][0]["leased"] == ["/!7"]
        assert {"priority": "seed", "known": 2, "due": 1, "leased": 1} in found["pages"]
    assert "berlin" not in frontier("status", frontier_url).stdout


def test_status_says_which_crawlers_are_lost(database: SharedDatabase, frontier_url: str) -> None:
    with crawler_of(frontier_url, "berlin"):
        assert ", lost" not in frontier("status", frontier_url).stdout
        let_lives_end(database)
        assert ", lost" in frontier("status", frontier_url).stdout
        assert frontier("drop", frontier_url, answer="n\n").exit_code == 1
    with crawler_of(frontier_url, "berlin"):
        assert ", lost" not in frontier("status", frontier_url).stdout


def test_status_shows_which_hosts_may_be_asked(database: SharedDatabase, frontier_url: str) -> None:
    database.run(
        lambda db: db.execute(
            "INSERT INTO hosts (host, free_at, busy_until, holder, backoff_until, problem) VALUES"
            " ('free.example', '-infinity', NULL, 'a', NULL, NULL),"
            " ('busy.example', now(), now() + interval '1 min', 'berlin', NULL, NULL),"
            " ('paused.example', now() + interval '1 hour', NULL, 'a', NULL, NULL),"
            " ('banned.example', now(), NULL, 'a', now() + interval '1 day', 'answered with a ban')"
        )
    )
    lines = {line.split()[0]: line for line in frontier("status", frontier_url).stdout.splitlines() if line}
    assert lines["free.example"].endswith("  free")
    assert lines["busy.example"].endswith("asked by berlin")
    assert "  free in 3," in lines["paused.example"]
    assert lines["banned.example"].endswith(": answered with a ban")


def test_status_prints_no_control_characters(database: SharedDatabase, frontier_url: str) -> None:
    evil = "\x1b]0;x\x07\x9b31m\u202eevil\n"
    database.run(
        lambda db: db.execute(
            "INSERT INTO hosts (host, backoff_until, problem) VALUES (%s, now() + interval '1 day', %s)",
            [evil, evil],
        )
    )
    with crawler_of(frontier_url, evil) as crawler:
        database.run(lambda db: db.execute("UPDATE crawlers SET sources = %s", [evil]))
        crawler.seed([ROOT])
        for words in ([], ["--json"]):
            shown = frontier("status", frontier_url, *words).stdout
            assert "evil" in shown
            assert all(char.isprintable() or char == "\n" for char in shown if char != "\u202e" or not words)


def test_drop_asks_first(frontier_url: str) -> None:
    assert frontier("drop", frontier_url, answer="n\n").exit_code == 1
    assert frontier("status", frontier_url).exit_code == 0
    assert frontier("drop", frontier_url, answer="y\n").exit_code == 0
    assert frontier("status", frontier_url).exit_code == 1


def test_drop_refuses_a_frontier_in_use_without_yes(frontier_url: str) -> None:
    with crawler_of(frontier_url) as crawler:
        crawler.renew(timedelta(minutes=1))
        done = frontier("drop", frontier_url, answer="y\n")
        assert done.exit_code == 1
        assert "used by 1 crawler" in done.stderr
    with crawler_of(frontier_url):
        pass
    assert frontier("drop", frontier_url, "--yes").exit_code == 0


@pytest.mark.parametrize("command", ["init", "status", "drop"])
def test_a_server_that_is_not_there_is_exit_code_4(command: str) -> None:
    done = frontier(command, f"postgresql://127.0.0.1:{free_port()}/taz")
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["init", "status", "drop"])
def test_a_url_with_a_password_is_refused_without_repeating_it(command: str) -> None:
    done = frontier(command, "postgresql://anna:geheim@127.0.0.1/taz")
    assert done.exit_code == 1
    assert "geheim" not in done.output


@pytest.mark.parametrize("command", ["init", "status", "drop"])
def test_a_frontier_of_a_later_release_is_refused(
    database: SharedDatabase, frontier_url: str, command: str
) -> None:
    database.run(lambda db: db.execute("UPDATE frontier SET schema_version = %s", [SCHEMA_VERSION + 1]))
    done = frontier(command, frontier_url)
    assert done.exit_code == 1
    assert "later release" in done.stderr
