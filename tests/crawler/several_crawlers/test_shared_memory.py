"""What one crawler has seen, the others that share its frontier take into account."""

import json
import socket
from pathlib import Path

from archive.servers.gopher import error_row
from archive.servers.site import NO_SUCH_PAGE
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import COMMAND, run
from tests.support.running.judge import page_asked, visits
from tests.support.running.shared_crawls import crawl_together, logged_paper, new_frontier, shared_command
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.request_log import LoggedRequest

PAPER = Newspaper(seed=3, articles=5, daily=0)
ARTICLE = PAPER.articles_there(PAPER.start)[2]


class OnceMissing:
    """Answers that there is no such page the second time that the article is asked for, and no other time."""

    def __init__(self) -> None:
        self._visits = 0

    def __call__(self, request: LoggedRequest, _: socket.socket) -> bytes | None:
        self._visits += page_asked(request) == ARTICLE
        if page_asked(request) == ARTICLE and self._visits == 2:
            return error_row(NO_SUCH_PAGE.format(request.asked))
        return None


def test_not_found_is_doubted_by_a_crawler_that_never_saw_the_article(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    frontier, first, second = new_frontier(postgres), tmp_path / "first.db", tmp_path / "second.db"
    with logged_paper(PAPER, before_answer=OnceMissing()) as paper:
        crawl_together([shared_command(first, frontier, *paper.gopher)])
        before = len(paper.log.requests)
        again = shared_command(second, frontier, *paper.gopher, "--ignore-schedule")
        with_problem = run(again)
        requests = paper.log.requests[before:]
    assert with_problem.returncode in (0, 3), with_problem
    assert visits(requests)[ARTICLE] == 2
    assert run([*COMMAND, "merge", str(first), str(second)]).returncode == 0
    shown = run([*COMMAND, "show", str(first), str(ARTICLE.number), "--format", "json"])
    assert json.loads(shown.stdout)["gone_since"] is None
