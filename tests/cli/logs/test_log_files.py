"""The log file of a crawl, and how much is printed of it."""

import json
import logging
import re
from pathlib import Path

import pytest

from archive.cli.logs.log_files import KEPT_LOGS, LogFile, logging_to, note
from archive.store.db.lock import writing
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import crawl, paper_served, quiet, root_of, run_script
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import LOOPBACK, reset_midway

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=3, articles=10, daily=0)
KEYS = PAPER.keys(PAPER.start)
BAD = PAPER.articles_there(PAPER.start)[0]
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:INFO|WARNING|ERROR) .+")


def test_a_log_has_a_line_for_each_page_and_what_is_printed_stays_as_it_was(tmp_path: Path) -> None:
    archive, log = tmp_path / "taz.db", tmp_path / "ä ö.log"
    with paper_served(PAPER, {BAD: reset_midway}) as server:
        done = crawl(archive, "--seed", root_of(server), "--log", str(log), "--timeout", "2s")
        assert done.returncode == 3
        [said] = done.stderr.splitlines()
        quiet(crawl(archive, "--seed", root_of(server), "--quiet", "--log", str(log)))
    lines = log.read_text(encoding="utf-8").splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    assert lines[0].endswith("INFO crawl 1 begins")
    [warning] = [line for line in lines if " WARNING " in line]
    assert warning.endswith(said.removeprefix("taz-archive: "))
    assert sum(": new" in line for line in lines) == len(PAPER.articles_there(PAPER.start)) - 1
    assert re.findall(r"INFO ends with (\d)", log.read_text(encoding="utf-8")) == ["3", "0"]
    assert lines[-1].endswith("INFO ends with 0: done")


def test_a_json_log_has_an_object_per_line(tmp_path: Path) -> None:
    log = tmp_path / "taz.log"
    with paper_served(PAPER) as server:
        words = ("--seed", root_of(server), "--log", str(log), "--log-format", "json")
        quiet(crawl(tmp_path / "taz.db", *words))
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert {row["level"] for row in entries} == {"info"}
    assert (entries[0]["message"], entries[0]["crawl"], entries[0]["source"]) == (
        "crawl 1 begins",
        1,
        "gopher",
    )
    assert [row["outcome"] for row in entries if "url" in row] == ["ok"] * len(KEYS)
    assert (entries[-2]["pages"], entries[-1]["exit"]) == (len(KEYS), 0)


def test_verbose_prints_each_page_and_twice_what_scrapy_does(tmp_path: Path) -> None:
    with paper_served(PAPER) as server:
        words = ("--seed", root_of(server), "--ignore-schedule")
        once = crawl(tmp_path / "taz.db", *words, "-v")
        twice = crawl(tmp_path / "taz.db", *words, "-vv")
    assert len(once.stderr.splitlines()) == len(KEYS)
    assert sum(line.endswith(": new") for line in once.stderr.splitlines()) > 5
    assert "Crawled (None)" in twice.stderr or "[scrapy" in twice.stderr
    assert (once.stdout, twice.stdout) == ("", "")


def test_a_quiet_run_prints_nothing_about_pages(tmp_path: Path) -> None:
    done = crawl(tmp_path / "taz.db", "--seed", f"gopher://{LOOPBACK}:{free_port()}/", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (4, "", "")


def test_the_log_mentions_another_run(tmp_path: Path) -> None:
    archive, log = tmp_path / "taz.db", tmp_path / "taz.log"
    with writing(archive):
        done = crawl(archive, "--delay", "1s", "--log", str(log), "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (75, "", "")
    assert log.read_text().endswith(f"INFO {archive}: another run is writing to it; wait for it to finish\n")


def test_a_log_that_cannot_be_opened_ends_the_run_in_a_line(tmp_path: Path) -> None:
    done = crawl(tmp_path / "taz.db", "--delay", "1s", "--log", str(tmp_path / "none" / "taz.log"))
    assert done.returncode == 2
    assert f"Invalid value for --log: {tmp_path}/none: no such directory; create it first\n" in done.stderr
    assert not (tmp_path / "taz.db").exists()


@pytest.mark.parametrize(("words", "said"), [([], 1), (["--quiet"], 0)])
def test_a_log_that_cannot_be_written_does_not_end_the_crawl(
    tmp_path: Path, words: tuple[str, ...], said: int
) -> None:
    with paper_served(PAPER) as server:
        done = crawl(tmp_path / "taz.db", "--seed", root_of(server), "--log", "/dev/full", *words)
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["taz-archive: /dev/full: No space left on device"] * said


def test_only_the_holder_of_the_lock_rotates_the_log(tmp_path: Path) -> None:
    path = tmp_path / "taz.log"
    with logging_to(path, "text", verbose=0, quiet=False) as file:
        for n in range(100):
            note(logging.INFO, f"Zeile {n}")
        assert path.stat().st_size > 3000
        assert isinstance(file, LogFile)
        file.begin_rotating(max_bytes=1000)
        for n in range(1000):
            note(logging.INFO, f"Zeile {n}")
    found = sorted(tmp_path.iterdir())
    assert [each.name for each in found] == ["taz.log", *(f"taz.log.{n + 1}" for n in range(KEPT_LOGS))]
    assert all(each.stat().st_size <= 1000 for each in found)
    assert path.read_text().endswith("Zeile 999\n")


def test_line_breaks_in_a_url_do_not_add_lines_to_the_log(tmp_path: Path) -> None:
    for form in ("text", "json"):
        with logging_to(tmp_path / form, form, verbose=0, quiet=False):
            note(logging.INFO, "eins\n2025-01-01 ERROR zwei\x1b[31m", url="a\nb")
        assert len((tmp_path / form).read_text().splitlines()) == 1
        assert "\x1b" not in (tmp_path / form).read_text()


def test_scrapys_warnings_are_in_the_log_but_not_its_chatter(tmp_path: Path) -> None:
    code = (
        "import logging, sys\nfrom pathlib import Path\nfrom archive.cli.logs.log_files import logging_to\n"
        "with logging_to(Path(sys.argv[1]), 'text', verbose=0, quiet=False):\n"
        "    logging.getLogger('scrapy.core').setLevel(10)\n"
        "    logging.getLogger('scrapy.core').info('chatter')\n"
        "    logging.getLogger('scrapy.core').warning('trouble')\n"
    )
    quiet(run_script(code, str(tmp_path / "taz.log")))
    assert (tmp_path / "taz.log").read_text().splitlines()[0].endswith("WARNING trouble")
