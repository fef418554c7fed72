"""The password of a frontier is neither in the list of processes nor in a log."""

import os
from pathlib import Path

from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import COMMAND, run, running
from tests.support.running.shared_crawls import logged_paper, new_frontier, shared_command
from tests.support.servers.postgres import PostgresServer

PAPER = Newspaper(seed=3, articles=1, daily=0)
PASSWORD = "geheim"
ENVIRONMENT = {**os.environ, "PGPASSWORD": PASSWORD}


def test_a_password_in_the_environment_is_shown_nowhere(postgres: PostgresServer, tmp_path: Path) -> None:
    frontier, log = new_frontier(postgres), tmp_path / "log"
    with logged_paper(PAPER) as paper:
        words = (*paper.gopher, "-vv", "--delay", "0.1s", "--log", str(log))
        with running(shared_command(tmp_path / "taz.db", frontier, *words), env=ENVIRONMENT) as crawl:
            paper.log.wait_for(lambda requests: len(requests) > 2, "some requests")
            line = Path(f"/proc/{crawl.pid}/cmdline").read_text(encoding="utf-8")
            out, err = crawl.communicate()
    status = run([*COMMAND, "frontier", "status", frontier], env=ENVIRONMENT)
    assert (crawl.returncode, status.returncode) == (0, 0), err
    said = [line, out, err, log.read_text(encoding="utf-8"), status.stdout, status.stderr]
    assert frontier in line.split("\0")
    assert [text for text in said if PASSWORD in text] == []


def test_a_url_with_a_password_is_refused_without_repeating_it(tmp_path: Path) -> None:
    url = f"postgresql://anna:{PASSWORD}@127.0.0.1/taz"
    for words in (
        ["crawl", str(tmp_path / "taz.db"), "--frontier", url],
        *(["frontier", verb, url] for verb in ("init", "status", "drop")),
    ):
        done = run([*COMMAND, *words])
        assert done.returncode in (1, 2), done
        assert PASSWORD not in done.stdout + done.stderr
        assert "~/.pgpass" in done.stderr
