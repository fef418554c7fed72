"""The server answers to its own names only, and all it answers, Datasette's pages too, has our headers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from archive.datasette.http.security import is_own_name
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, archive_of, capture_of
from tests.support.servers.reading_room import running, serving

PAGES = (
    "/",
    "/-/paper/",
    "/paper",
    "/paper?sql=select+1",
    "/paper?sql=no+sql",
    "/paper.json",
    "/paper/articles.csv",
    "/paper/articles/700001",
    "/-/static/app.css",
    "/-/paper",
    "/no/such/page",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("hosts") / "paper.db", [capture_of(BRIDGE)])


@pytest.fixture(scope="module")
def client(path: Path) -> Iterator[httpx.Client]:
    more = ("--allow-host", "paper.example", "--allow-host", "Other.example")
    with (
        running("-m", "archive", "serve", str(path), more=more) as home,
        httpx.Client(base_url=home, timeout=LONGEST) as client,
    ):
        yield client


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_headers_that_keep_it_out_of_frames_and_strangers_from_its_address(
    client: httpx.Client, page: str
) -> None:
    answer = client.get(page)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_answered_to_an_unknown_host(client: httpx.Client, page: str) -> None:
    answer = client.get(page, headers={"host": "evil.example:8001"})
    assert answer.status_code == 421
    assert answer.text.startswith('unknown host "evil.example:8001": ')
    assert "--allow-host" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["paper.example", "PAPER.example:8443", "other.example", "localhost"])
def test_the_names_that_were_allowed_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/-/paper/", headers={"host": host}).status_code == 200


def test_a_plain_datasette_refuses_unknown_hosts_only_where_it_serves_an_archive(
    path: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE things (name TEXT)")
    for database, status in ((path, 421), (tmp_path / "other.db", 200)):
        with serving(database) as home:
            asked = httpx.get(home, headers={"host": "evil.example"}, timeout=LONGEST)
            assert asked.status_code == status


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8001", "[::1]:8001", "192.0.2.7", "localhost.:80", "taz.localhost", "me"]
)
def test_addresses_localhost_and_given_names_are_our_own(host: str) -> None:
    assert is_own_name(host, ["me"])


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "me.evil.example", "[::1"],
)
def test_any_other_host_is_unknown(host: str) -> None:
    assert not is_own_name(host, ["me"])
