"""SQL reads payloads: in Datasette and sqlite-utils by a plugin, elsewhere by one call."""

import asyncio
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
import sqlite_utils
from datasette.app import Datasette  # type: ignore[import-untyped]  # it ships no types
from datasette.plugins import pm as datasette_plugins  # type: ignore[import-untyped]  # the same
from sqlite_utils.plugins import pm as sqlite_utils_plugins

from archive.datasette import sql_functions as plugin
from archive.model import Capture
from archive.store import open_writer
from archive.store.sql_functions import register_sql_functions
from tests.support import ROOT
from tests.support.samples.captures import BASE, capture

PROJECT = ROOT / "pyproject.toml"
PAGE = capture(BASE, 0)
BROKEN = capture(BASE, 1, body=b"\0\xff binary")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "paper.db") as archive:
        archive.record([PAGE, BROKEN])
    return tmp_path / "paper.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection:
        register_sql_functions(connection)
        yield connection


def body(found: Capture) -> bytes:
    assert found.body
    return found.body


def test_a_payload_is_read_as_bytes_and_as_text(connection: sqlite3.Connection) -> None:
    query = "SELECT payload_bytes(payload_id), payload_text(payload_id) FROM captures ORDER BY captured_at"
    assert connection.execute(query).fetchall() == [
        (body(PAGE), body(PAGE).decode()),
        (body(BROKEN), "\0\ufffd binary"),
    ]


@pytest.mark.parametrize("what", ["NULL", "99", "-1", "'none'", "1.5"])
def test_without_a_payload_the_result_is_null(connection: sqlite3.Connection, what: str) -> None:
    assert connection.execute(f"SELECT payload_bytes({what}), payload_text({what})").fetchone() == (
        None,
        None,
    )


# Datasette, once loaded, has sqlite3 print what a function raised where it cannot be caught.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_damaged_one_is_an_error(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE payloads SET body = zeroblob(9) WHERE id = 1")
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT payload_text(1)").fetchone()


def test_whatever_else_is_opened_is_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        register_sql_functions(connection)
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def test_datasette_and_sqlite_utils_find_the_plugin() -> None:
    points = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["entry-points"]
    for project in ("datasette", "sqlite_utils"):
        assert import_module(points[project]["taz_archive"]) is plugin


def test_sqlite_utils_loads_no_datasette_for_it() -> None:
    program = "import sys, archive.datasette.sql_functions; sys.exit('datasette' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_datasette_reads_a_payload(path: Path) -> None:
    if not datasette_plugins.is_registered(plugin):  # it is, once this project is installed again
        datasette_plugins.register(plugin, name="taz_archive")
    datasette = Datasette([str(path)])

    async def ask() -> str:
        await datasette.invoke_startup()
        answer = await datasette.client.get("/paper.json?sql=SELECT+payload_text(1)+AS+page&_shape=array")
        return str(answer.json()[0]["page"])

    try:
        assert asyncio.run(ask()) == body(PAGE).decode()
    finally:
        for database in datasette.databases.values():
            database.close()


def test_sqlite_utils_reads_a_payload(path: Path) -> None:
    if not sqlite_utils_plugins.is_registered(plugin):
        sqlite_utils_plugins.register(plugin, name="taz_archive")  # as its entry point does
    with closing(sqlite_utils.Database(path)) as db:
        assert db.execute("SELECT payload_text(1)").fetchone() == (body(PAGE).decode(),)
