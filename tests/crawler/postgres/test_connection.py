"""The connection of a shared frontier: what it refuses, and that it survives its server."""

import select
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from psycopg import Connection

from archive.errors import FrontierError, FrontierUnreachable
from crawler.postgres.connection import SharedDatabase, check_url
from crawler.postgres.schema import SCHEMA_VERSION, create_schema, drop_schema, open_shared
from tests.support.running.time_limit import LONGEST
from tests.support.servers.free_ports import free_port
from tests.support.servers.other_servers import LOOPBACK
from tests.support.servers.postgres import USER, PostgresServer, running_postgres

READY = b"Z\x00\x00\x00\x05I"  # the server's message that it is ready for a query


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:geheim@db.example/taz",
        "postgresql://anna@db.example/taz?password=geheim",
        "postgresql://anna@db.example/taz?scram_client_key=geheim",
        "postgresql://anna:geheim@[db.example/taz",
        "postgresql://anna:geheim@db.example:port/taz?geheim",
        "mysql://anna:geheim@db.example/taz",
        "postgresql:/anna:geheim@db.example/taz",
        "dbname=taz password=geheim",
    ],
)
def test_a_url_with_a_password_or_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(FrontierError, match="frontier") as caught:
        check_url(url)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_url_without_a_password_is_accepted_without_connecting() -> None:
    check_url("postgresql://anna@db.example/taz?sslmode=verify-full&sslrootcert=system")
    check_url("postgres:///taz?host=/run/postgresql")


def test_the_name_of_a_database_has_neither_user_nor_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "geheim")
    assert SharedDatabase("postgresql://anna@db.example/taz").name == "db.example:5432/taz"


def test_the_name_of_a_database_has_one_line() -> None:
    assert SharedDatabase("postgresql://db%0A.example/taz%1B%5B31m").name == "db .example:5432/taz [31m"


def test_a_value_that_psycopg_refuses_is_an_error_of_the_frontier() -> None:
    with pytest.raises(FrontierError, match="connect_timeout"):
        open_shared("postgresql://anna@127.0.0.1/taz?connect_timeout=soon")


def test_a_server_that_is_not_there_is_unreachable_at_once() -> None:
    port = free_port()
    with pytest.raises(FrontierUnreachable, match=f"127.0.0.1:{port}/taz"):
        open_shared(f"postgresql://anna@127.0.0.1:{port}/taz")


def test_a_database_without_the_schema_is_refused_with_what_to_do(postgres: PostgresServer) -> None:
    with pytest.raises(FrontierError, match="taz-archive frontier init"):
        open_shared(postgres.new_database())


def test_the_schema_is_created_once(database: SharedDatabase) -> None:
    assert not database.run(create_schema)
    database.run(drop_schema)
    assert database.run(create_schema)


def test_a_schema_of_a_later_release_is_refused(database: SharedDatabase, frontier_url: str) -> None:
    database.run(lambda c: c.execute("UPDATE frontier SET schema_version = %s", [SCHEMA_VERSION + 1]))
    with pytest.raises(FrontierError, match="later release"):
        open_shared(frontier_url)


def test_text_that_postgresql_refuses_is_stored_without_its_bad_characters(database: SharedDatabase) -> None:
    bad = "caf\0é \udcff🚋"
    insert = b"INSERT INTO hosts (host, problem) SELECT %s, unnest(%s::text[])"
    database.run(lambda db: db.execute(insert, [bad, [bad]]))
    row = database.run(lambda db: db.execute("SELECT host, problem FROM hosts").fetchone())
    assert row == ("caf\ufffdé ?🚋", "caf\ufffdé ?🚋")


def test_a_frontier_that_was_dropped_meanwhile_is_reported_as_missing(database: SharedDatabase) -> None:
    database.run(drop_schema)
    with pytest.raises(FrontierError, match="frontier init"):
        database.run(lambda c: c.execute("SELECT count(*) FROM pages"))


def test_a_user_without_rights_is_refused(database: SharedDatabase, frontier_url: str) -> None:
    database.run(lambda c: c.execute("DROP ROLE IF EXISTS stranger"))
    database.run(lambda c: c.execute("CREATE ROLE stranger LOGIN"))
    with pytest.raises(FrontierError, match="permission denied"):
        open_shared(frontier_url.replace("postgres@", "stranger@"))


def test_contents_of_others_that_cannot_be_read_are_an_error_of_the_frontier(
    database: SharedDatabase,
) -> None:
    database.run(lambda c: c.execute("INSERT INTO hosts (host, free_at) VALUES ('a', 'infinity')"))
    with pytest.raises(FrontierError, match="timestamp"):
        database.run(lambda c: c.execute("SELECT free_at FROM hosts").fetchall())


def test_a_schema_that_others_changed_is_an_error_that_says_what_to_do(
    database: SharedDatabase, frontier_url: str
) -> None:
    database.run(lambda c: c.execute("DELETE FROM frontier"))
    with pytest.raises(FrontierError, match="no frontier"):
        open_shared(frontier_url)
    with pytest.raises(FrontierError, match=r"damaged.* drop the schema taz_archive"):
        database.run(create_schema)
    with pytest.raises(FrontierError, match=r"damaged.* drop the schema taz_archive"):
        database.run(lambda c: c.execute("SELECT lost_column FROM pages"))


@pytest.mark.parametrize("change", ["failure_count = -9", "change_score = 'NaN'", "check_count = -1"])
def test_a_page_cannot_have_a_history_that_does_not_exist(database: SharedDatabase, change: str) -> None:
    page = "('root', 0, 3, now(), now())"
    insert = f"INSERT INTO pages (kind, number, priority, due_at, discovered_at) VALUES {page}"
    database.run(lambda c: c.execute(insert.encode()))
    with pytest.raises(FrontierError, match="check constraint"):
        database.run(lambda c: c.execute(f"UPDATE pages SET {change}".encode()))


@pytest.mark.parametrize("page", ["('article', -5, 0)", "('root', 77, 0)", "('topic', 1, 7)"])
def test_pages_that_do_not_exist_cannot_be_stored(database: SharedDatabase, page: str) -> None:
    insert = (
        "INSERT INTO pages (kind, number, priority, due_at, discovered_at)"
        f" SELECT *, now(), now() FROM (VALUES {page}) AS page"
    )
    with pytest.raises(FrontierError, match="check constraint"):
        database.run(lambda c: c.execute(insert.encode()))


def test_work_is_repeated_if_the_server_gave_up_a_transaction_in_which_nothing_happened(
    database: SharedDatabase,
) -> None:
    tries = []

    def work(connection: Connection) -> object:
        tries.append("once")
        if len(tries) == 1:
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = 1")
            await_end(connection)
        return connection.execute("SELECT 1").fetchone()

    assert database.run(work) == (1,)
    assert len(tries) == 2


def await_end(connection: Connection) -> None:
    """Wait until the server has ended a connection."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        assert selector.select(LONGEST)


def test_work_goes_on_after_the_server_was_killed_and_started_again() -> None:
    with running_postgres() as server:
        database = SharedDatabase(server.url(), reconnect_seconds=120)
        database.run(create_schema)
        tries = []

        def work(connection: Connection) -> int:
            tries.append("once")
            if len(tries) == 1:
                server.kill()
                server.start()
            connection.execute("UPDATE frontier SET newest_article = newest_article + 1")
            row = connection.execute("SELECT newest_article FROM frontier").fetchone()
            assert row
            return int(row[0])

        assert database.run(work) == 1
        assert len(tries) == 2
        database.close()


def test_a_server_that_stays_away_is_unreachable_after_the_time_for_tries() -> None:
    with running_postgres() as server:
        database = SharedDatabase(server.url(), reconnect_seconds=1)
        database.run(create_schema)
        server.kill()
        with pytest.raises(FrontierUnreachable, match=str(server.port)):
            database.run(lambda c: c.execute("SELECT 1"))
        database.close()


def test_a_server_that_hangs_is_unreachable() -> None:
    with running_postgres() as server:
        database = SharedDatabase(server.url(), reconnect_seconds=1, answer_seconds=1)
        database.run(create_schema)
        with server.hanging(), pytest.raises(FrontierUnreachable):
            database.run(lambda c: c.execute("SELECT 1"))
        assert database.run(lambda c: c.execute("SELECT 1").fetchone()) == (1,)
        database.close()


def test_work_of_many_statements_goes_on_after_the_server_hung() -> None:
    with running_postgres() as server:
        database = SharedDatabase(server.url(), answer_seconds=1)
        database.run(create_schema)
        tries = []

        def work(connection: Connection) -> None:
            tries.append("once")
            with connection.cursor() as cursor, server.hanging() if len(tries) == 1 else nullcontext():
                cursor.executemany("INSERT INTO hosts (host) VALUES (%s)", [["a"], ["b"]])

        database.run(work)
        assert len(tries) == 2
        database.close()


def test_a_server_that_hangs_right_after_the_login_is_unreachable(postgres: PostgresServer) -> None:
    with silent_after_login(postgres.port) as port:
        database = SharedDatabase(f"postgresql://{USER}@{LOOPBACK}:{port}/{USER}", answer_seconds=1)
        with pytest.raises(FrontierUnreachable):
            database.run(lambda c: c.execute("SELECT 1"))


@contextmanager
def silent_after_login(target: int) -> Iterator[int]:
    """Forward one connection to a server until it is ready for queries, and then nothing."""

    def forward() -> None:
        near, _ = listening.accept()
        with near, socket.create_connection((LOOPBACK, target)) as far:
            received = b""
            while READY not in received:
                ready, _, _ = select.select([near, far], [], [])
                for each in ready:
                    data = each.recv(1 << 16)
                    (far if each is near else near).sendall(data)
                    received += data if each is far else b""
            while near.recv(1 << 16):
                pass

    with socket.create_server((LOOPBACK, 0)) as listening:
        thread = threading.Thread(target=forward)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_a_missing_library_is_one_error_with_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('none')\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import crawler.postgres"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FrontierError: a shared frontier needs psycopg" in done.stderr
    assert "pip install 'taz-archive[postgres]'" in done.stderr
