"""That nothing is due is found out before anything is loaded, and only where that is all there is to tell."""

from datetime import timedelta
from pathlib import Path

import pytest

from archive.__main__ import PLAIN_CRAWL
from archive.pagekey import ROOT
from archive.policy.health import REASON_IDLE
from archive.store import open_writer, record_if_idle
from crawler.clock import utc_now
from tests.support.running.crawls import PYTHON, count_in, run, run_fresh_script
from tests.support.samples.captures import BASE, START, capture
from tests.support.tables import change, rows

LATER = "2999-01-01T00:00:00.000Z"
LOADED = """
import sys
sys.argv[0] = "taz-archive"
from archive.__main__ import main
try:
    main()
finally:
    print(sorted({"click", "sqlite_utils", "rich", "scrapy", "lxml"} & set(sys.modules)))
"""


@pytest.fixture
def idle(tmp_path: Path) -> Path:
    """An archive of one article, and nothing due for long."""
    with open_writer(tmp_path / "taz.db") as archive:
        archive.frontier.discover([ROOT], at=START)
        archive.record([capture(BASE, 0)])
        archive.runs.finish(
            archive.runs.begin(source="gopher", at=START), at=START, reason="finished", stats={}
        )
        change(archive, "UPDATE pages SET due_at = ?", LATER)
    return tmp_path / "taz.db"


def test_an_idle_crawl_loads_nothing(idle: Path) -> None:
    done = run_fresh_script(LOADED, "crawl", str(idle), "--max-time", "10m")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_an_idle_crawl_is_recorded_as_by_the_full_program(idle: Path) -> None:
    assert record_if_idle(idle, "gopher")
    assert record_if_idle(idle, "gopher")
    with open_writer(idle) as archive:
        archive.runs.record_idle(source="gopher", at=utc_now())
        archive.runs.record_idle(source="mills", at=utc_now())
    assert record_if_idle(idle, "gopher")
    assert rows(idle, "SELECT reason, sources, idle_runs FROM crawls") == [
        ("finished", "gopher", 0),
        (REASON_IDLE, "gopher", 3),
        (REASON_IDLE, "mills", 1),
        (REASON_IDLE, "gopher", 1),
    ]


def test_an_idle_crawl_leaves_a_busy_archive_to_the_full_program(idle: Path) -> None:
    with open_writer(idle):
        assert not record_if_idle(idle, "gopher")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pages SET due_at = '2020-01-01T00:00:00.000Z' WHERE kind = 'root'",
        "UPDATE pages SET due_at = '2020-01-01T00:00:00.000Z', priority = 9 WHERE kind = 'article'",
        "UPDATE versions SET truncation_count = 1",
        "UPDATE versions SET umlauts_transliterated = 1",
        "DELETE FROM pages WHERE kind = 'root'",
        "UPDATE crawls SET finished_at = NULL",
        "UPDATE crawls SET finished_at = '2998-01-01T00:00:00.000Z'",
        "DELETE FROM crawls",
        "PRAGMA application_id = 1",
        "INSERT INTO pending VALUES ('article', 6080001, 0)",
    ],
)
def test_an_unusual_archive_is_not_idle(idle: Path, statement: str) -> None:
    assert record_if_idle(idle, "gopher")
    change(idle, statement)
    assert not record_if_idle(idle, "gopher")


def test_a_source_that_no_run_used_is_left_to_the_full_program(idle: Path) -> None:
    assert not record_if_idle(idle, "gofer")


def test_tables_that_no_crawl_reads_may_be_unusual(idle: Path) -> None:
    change(idle, "DROP TABLE versions_fts")
    assert record_if_idle(idle, "gopher")


def test_another_file_is_not_idle(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("Das ist kein Archiv.", encoding="utf-8")
    for name in ("text.db", "missing.db", "."):
        assert not record_if_idle(tmp_path / name, "gopher")
        assert not (tmp_path / f"{name}.lock").exists()
    assert not (tmp_path / "missing.db").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["crawl", "taz.db"],
        ["crawl", "taz.db", "--max-time", "10m", "--delay", "2"],
        ["crawl", "/home/ada/taz.db", "--via", "mills", "--max-pages", "100", "--budget", "5000"],
        ["crawl", "taz.db", "-q", "--notify", "@/home/ada/url", "--log", "ä ö.log", "--notify", "mail me"],
    ],
)
def test_a_plain_crawl_takes_the_fast_path(words: list[str]) -> None:
    assert PLAIN_CRAWL.fullmatch("\0".join(words))


@pytest.mark.parametrize(
    "words",
    [
        *([], ["crawl"], ["status", "taz.db"], ["crawl", "--help"], ["crawl", "taz.db", "--help"]),
        *(["crawl", "taz.db", "--seed", "gopher://taz.de/"], ["crawl", "taz.db", "--ignore-schedule"]),
        *(["crawl", "taz.db", "--via", "Gopher"], ["crawl", "taz.db", "--via", "gopher=gopher://localhost/"]),
        *(["crawl", "taz.db", "--delay", "0"], ["crawl", "taz.db", "--timeout", "0"], ["crawl", "a", "b"]),
        *(["crawl", "taz.db", "--backfill"], ["crawl", "taz.db", "--shard", "1/2"]),
        *(["crawl", "taz.db", "--log", "--quiet"], ["crawl", "taz.db", "--notify", "--quiet"]),
        *(["crawl", "taz.db", "-v"], ["crawl", "taz.db", "--quiet", "--log", "taz.log", "--verbose"]),
        *(["crawl", "taz.db", "--log-format", "json"], ["crawl", "taz.db", "--prometheus", "taz.prom"]),
        *(
            ["crawl", "taz.db", "--log="],
            ["crawl", "taz.db", "--log", ""],
            ["crawl", "taz.db", "--notify", ""],
        ),
        *(["crawl", "taz.db", "--max-pages", "0"], ["crawl", "taz.db", "--via", "gopher", "--via", "gopher"]),
    ],
)
def test_other_command_lines_are_parsed_by_click(words: list[str]) -> None:
    assert not PLAIN_CRAWL.fullmatch("\0".join(words))


@pytest.mark.slow
def test_a_page_that_is_due_is_fetched(idle: Path) -> None:
    soon = utc_now() - timedelta(seconds=1)
    change(idle, f"UPDATE pages SET due_at = '{soon.isoformat()}' WHERE kind = 'root'")
    captures = count_in(idle, "captures")
    done = run([*PYTHON, "-m", "archive", "crawl", str(idle), "--via", "gopher=gopher://127.0.0.1:1/"])
    assert done.returncode == 4, "the server was asked, and was not there"
    assert count_in(idle, "captures") == captures + 1
