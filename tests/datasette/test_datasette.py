"""The real Datasette opens an archive as it is, and our metadata makes it readable."""

import asyncio
import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import httpx
import pytest
import yaml
from datasette.app import Datasette  # type: ignore[import-untyped]  # it ships no types

from archive.cli.commands.share.metadata import metadata_yml
from archive.datasette.metadata import QUERIES
from archive.store import TABLES, VIEWS, Origin, open_reader
from tests.support.running.time_limit import LONGEST
from tests.support.samples.sample_archive import EDITED, OLD_WORD, PAPER, SPELT, make_sample_archive
from tests.support.tables import rows

PUBLIC = [name for name, table in TABLES.items() if table.origin is not Origin.INTERNAL]

Get = Callable[[str], httpx.Response]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "paper.db"
    make_sample_archive(path)
    return path


@pytest.fixture(scope="module")
def get(path: Path) -> Iterator[Get]:
    """Ask a Datasette in this process for a page of it."""
    datasette = Datasette([str(path)], metadata=yaml.safe_load(metadata_yml(path)))

    async def ask(page: str) -> httpx.Response:
        await datasette.invoke_startup()
        answer: httpx.Response = await datasette.client.get(page)
        return answer

    with asyncio.Runner() as runner:
        yield lambda page: runner.run(ask(page))
    for database in datasette.databases.values():
        database.close()


def json_rows(get: Get, page: str) -> list[dict[str, Any]]:
    response = get(page)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


def found_ids(get: Get, table: str, column: str, words: str) -> set[int]:
    page = f"/paper/{table}.json?_search={quote(words)}&_shape=array&_size=max"
    return {row[column] for row in json_rows(get, page)}


def facet(get: Get, table: str, column: str) -> dict[str, int]:
    answer = get(f"/paper/{table}.json?_size=1").json()
    assert not answer.get("facets_timed_out")
    return {result["value"]: result["count"] for result in answer["facet_results"][column]["results"]}


def test_the_sample_archive_has_edits_and_gone_articles(path: Path) -> None:
    query = "SELECT sum(version_count > 1), sum(state = 'gone'), count(*) FROM articles"
    [(edited, gone, articles)] = rows(path, query)
    assert articles > PAPER.articles + len(SPELT)
    assert edited > 3
    assert gone > 1


@pytest.mark.parametrize("table", [*PUBLIC, *VIEWS])
def test_every_table_has_a_page_that_says_what_it_holds(get: Get, table: str) -> None:
    page = get(f"/paper/{table}")
    assert page.status_code == 200
    assert re.search(r'class="column-descriptions"', page.text)
    assert "SQL query took too long" not in page.text


def test_only_tables_for_readers_are_shown(get: Get) -> None:
    tables = get("/paper.json").json()["tables"]
    assert {table["name"] for table in tables if not table["hidden"]} == {
        *(
            "articles",
            "versions",
            "captures",
            "crawls",
            "roots",
            "checks",
            "links",
            "related_articles",
            "sections",
            "placements",
        ),
        *(
            "authors",
            "version_authors",
            "tags",
            "article_tags",
            "version_truncations",
            "version_repairs",
            "version_edits",
        ),
    }


def test_no_two_canned_queries_answer_the_same_question(path: Path) -> None:
    asked = [query["sql"] for query in QUERIES.values() if ":" not in query["sql"]]
    with open_reader(path) as archive:
        found = [archive.rows(f"SELECT * FROM ({sql}) ORDER BY 1, 2") for sql in asked]
    answers = [tuple(each) for each in found if each]
    assert len(answers) > len(asked) / 2
    assert len(set(answers)) == len(answers)


@pytest.mark.parametrize("words", ["Quarzstraße", "Quarzstrasse", "quarzSTRASSE", "QUARZSTRAẞE"])
@pytest.mark.parametrize(("table", "column"), [("versions", "article_id"), ("articles", "id")])
def test_sharp_s_and_double_s_find_each_other(get: Get, table: str, column: str, words: str) -> None:
    assert found_ids(get, table, column, words) == {900001, 900002}


@pytest.mark.parametrize("words", ["Zwölfmühlenweg", "Zwoelfmuehlenweg", "zwölfmühlenweg gesperrt"])
@pytest.mark.parametrize(("table", "column"), [("versions", "article_id"), ("articles", "id")])
def test_umlauts_and_their_digraphs_find_each_other(get: Get, table: str, column: str, words: str) -> None:
    assert found_ids(get, table, column, words) == {900003, 900004}


def test_umlauts_are_found_by_their_bare_letters(get: Get) -> None:
    assert 900003 in found_ids(get, "articles", "id", "zwolfmuhlenweg")


def test_all_wordings_are_searched_in_versions_but_only_the_latest_in_articles(get: Get) -> None:
    assert found_ids(get, "versions", "number", OLD_WORD) == {1}
    assert found_ids(get, "articles", "id", OLD_WORD) == set()


def test_the_pages_offer_a_search_field(get: Get) -> None:
    for table in ("articles", "versions"):
        assert 'name="_search"' in get(f"/paper/{table}").text


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("captures?article_id=900003", r'<a href="/paper/articles/900003">Verkehr: Meldung 900003</a>'),
        ("captures?article_id=900003", r'<a href="/paper/versions/9000030001">Verkehr: Meldung 900003</a>'),
        ("captures?article_id=900003", r'<a href="/paper/crawls/1">2025-04-01T06:00:00.000Z</a>'),
        ("captures?article_id=900003", r'<a href="/paper/pages/\d+">900003</a>'),
        ("captures?article_id=900003", r'<a href="/paper/payloads/(\d+)">\1</a>'),
        ("versions?article_id=900003", r'<a href="/paper/articles/900003">Verkehr: Meldung 900003</a>'),
        ("articles?id=900003", r'<a href="/paper/versions/9000030001">Verkehr: Meldung 900003</a>'),
        ("version_authors?version_id=9000030001", r'<a href="/paper/authors/\d+">Ännchen Straßer</a>'),
        ("article_tags?article_id=900003", r'<a href="/paper/tags/\d+">Verkehr</a>'),
        (
            "related_articles?article_id=900003",
            r'<a href="/paper/articles/900004">Verkehr: Meldung 900004</a>',
        ),
    ],
)
def test_what_a_row_refers_to_is_linked_by_its_name(get: Get, page: str, link: str) -> None:
    assert re.search(link, get(f"/paper/{page}").text)


@pytest.mark.parametrize(
    "page", ["paper/payloads", "paper/payloads/1", "paper?sql=select+digest+from+payloads"]
)
def test_digests_are_shown_as_text(get: Get, page: str) -> None:
    assert re.search(r">\s*sha256:[0-9a-f]{64}\s*<", get(f"/{page}").text)


def test_an_article_leads_to_all_that_refers_to_it(get: Get) -> None:
    page = get("/paper/articles/900001").text
    for referrer in (
        *("versions?article_id=", "captures?article_id="),
        *("article_tags?article_id=", "related_articles?related_id="),
    ):
        assert f"/paper/{referrer}900001" in page


def test_facets_count_what_the_tables_hold(get: Get, path: Path) -> None:
    for table, column in (("articles", "state"), ("pages", "kind")):
        counted: dict[str, int] = dict(rows(path, f"SELECT {column}, count(*) FROM {table} GROUP BY 1"))
        assert facet(get, table, column) == counted
    assert facet(get, "crawls", "reason") == {"finished": 1}


@pytest.mark.parametrize("query", QUERIES)
def test_canned_queries_run_and_find_something(get: Get, query: str) -> None:
    """Sections of edited articles are in the archive of the tests of charts only."""
    page = f"/paper/{query}.json?_shape=array&article={EDITED}&tag=Verkehr"
    assert bool(json_rows(get, page)) is (query != "edits_by_section")
    assert get(f"/paper/{query}?article={EDITED}&tag=Verkehr").status_code == 200


def test_edited_headlines_shows_before_and_after(get: Get) -> None:
    headlines = json_rows(get, "/paper/edited_headlines.json?_shape=array")
    [ours] = [row for row in headlines if row["article_id"] == EDITED]
    assert (ours["before"], ours["after"]) == ("Verkehr: Vorher", f"Verkehr: Meldung {EDITED}")


def test_gone_articles_shows_when_each_was_found_gone(get: Get) -> None:
    gone = {row["article_id"]: row for row in json_rows(get, "/paper/gone_articles.json?_shape=array")}
    assert gone[900004]["gone_seen"] == "2025-04-04T06:00:00.000Z"


def test_what_failed_shows_the_problem(get: Get) -> None:
    [failed] = json_rows(get, "/paper/what_failed.json?_shape=array")
    assert failed["problem"] == "no whole answer within 30 s"


def test_lists_that_grow_are_read_through_an_index(path: Path) -> None:
    """Nothing that a page shows first may sort a whole table, whatever its size."""
    shown_first = [
        "SELECT * FROM articles ORDER BY first_seen DESC LIMIT 51",
        "SELECT * FROM versions ORDER BY first_seen DESC LIMIT 21",
        "SELECT * FROM captures ORDER BY id DESC LIMIT 101",
        *(QUERIES[name]["sql"] for name in ("latest_edits", "edited_headlines", "what_failed", "history")),
    ]
    for sql in shown_first:
        arguments = {"article": EDITED} if ":article" in sql else {}
        plan = rows(path, f"EXPLAIN QUERY PLAN {sql}", **arguments)
        assert not [step for *_, step in plan if "TEMP B-TREE" in step], sql


def test_the_search_index_is_whole_after_edits(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO versions_fts (versions_fts, rank) VALUES ('integrity-check', 1)")
        db.rollback()


def test_no_foreign_key_dangles(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_datasette_serves_the_file_without_a_warning(path: Path, tmp_path: Path) -> None:
    described = tmp_path / "metadata.yml"
    described.write_text(metadata_yml(path), encoding="utf-8")
    port = _free_port()
    unclosed = "ignore:unclosed database:ResourceWarning"  # Datasette's own: see datasette_connections.py
    command = [sys.executable, "-W", "default", "-W", unclosed, "-m", "datasette", "serve", str(path)]
    command += ["--metadata", str(described), "--port", str(port), "--setting", "suggest_facets", "off"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            found = _fetched(f"http://127.0.0.1:{port}/paper/articles.json?_search=quarzstrasse&_shape=array")
            page = _fetched(f"http://127.0.0.1:{port}/paper/versions")
        finally:
            server.terminate()
            _, said = server.communicate(timeout=LONGEST)
    assert {row["id"] for row in json.loads(found)} == {900001, 900002}
    assert "One row per version: a period" in page
    assert not re.search(r"warning|traceback|error", said, re.IGNORECASE), said


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _fetched(url: str) -> str:
    """The page at ``url``, as soon as its server has started."""
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            with urlopen(url, timeout=LONGEST) as response:
                return str(response.read().decode())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("select length(randomblob(900000000))", "too big"),
        ("select hex(zeroblob(16000000))", "too big"),
        ("select zeroblob(16000000) from captures", "larger than 32 MiB; ask for fewer rows"),
        ("select zeroblob(16000000), zeroblob(16000000), zeroblob(16000000)", "larger than 32 MiB"),
    ],
)
def test_no_query_returns_more_than_two_pages_of_the_largest_size(get: Get, sql: str, error: str) -> None:
    answer = get(f"/paper.json?sql={quote(sql)}")
    assert answer.status_code == 400
    assert error in answer.json()["error"]
