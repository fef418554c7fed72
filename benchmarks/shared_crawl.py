"""Four crawlers that share a frontier, judged by the log of the servers that they ask.

``python -m benchmarks.shared_crawl 420`` crawls a newspaper of 420 articles, which has about 500 pages. Needs
PostgreSQL, in which it makes a server of its own.
"""

import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import command, end, running
from tests.support.running.judge import Verdict, judge
from tests.support.running.shared_crawls import (
    GATEWAYS,
    LoggedPaper,
    all_ended,
    crawling_together,
    logged_paper,
    new_frontier,
    shared_command,
)
from tests.support.servers.postgres import PostgresServer, running_postgres

ARTICLES = 420
CRAWLERS = 4
PAUSE = 0.1  # seconds
KILLS = 5
SECONDS_BETWEEN_KILLS = 4.0
WORDS = ("--delay", f"{PAUSE}s", "--timeout", "3s", "--quiet")
HEADINGS = ("requests", "overlaps", "short pauses", "fetched twice", "lost", "least pause, ms")


@dataclass(frozen=True, slots=True)
class Scene:
    """What the crawlers of one newspaper share, and the ``folder`` of their archives."""

    paper: LoggedPaper
    postgres: PostgresServer
    frontier: str
    folder: Path

    def commands(self, ways: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return a command for each of ``ways``, which are options that name a source."""
        return [
            shared_command(self.folder / f"{number}.db", self.frontier, *WORDS, *way)
            for number, way in enumerate(ways)
        ]


def together(scene: Scene) -> None:
    """Four crawlers of the paper's own server."""
    _run(scene.commands([scene.paper.gopher] * CRAWLERS))


def apart(scene: Scene) -> None:
    """The same without a frontier: each crawler has its own pause."""
    archives = [scene.folder / f"{number}.db" for number in range(CRAWLERS)]
    _run([command(archive, *WORDS, *scene.paper.gopher) for archive in archives])


def through_gateways(scene: Scene) -> None:
    """Two crawlers of the server, and one of each gateway to it."""
    _run(scene.commands([scene.paper.gopher] * 2 + [scene.paper.through(name) for name in GATEWAYS]))


def killed(scene: Scene) -> None:
    """Crawlers that are killed at random instants and started again, and PostgreSQL once."""
    dice = random.Random(1)
    commands = scene.commands([scene.paper.gopher] * CRAWLERS)
    with ExitStack() as stack:
        crawls = [stack.enter_context(running(words)) for words in commands]
        for kill in range(KILLS):
            time.sleep(SECONDS_BETWEEN_KILLS * (0.5 + dice.random()))
            victim = kill % CRAWLERS
            end(crawls[victim], signal.SIGKILL)
            crawls[victim] = stack.enter_context(running(commands[victim]))
            if kill == KILLS // 2:
                scene.postgres.kill()
                scene.postgres.start()
        all_ended(crawls)
    end_leases(scene.frontier)
    _run(commands)


def end_leases(frontier: str) -> None:
    """Let the time pass that the leases of killed crawlers last."""
    with psycopg.connect(frontier) as connection:
        connection.execute("UPDATE taz_archive.pages SET leased_until = NULL")


def _run(commands: Sequence[Sequence[str]]) -> None:
    with crawling_together(commands) as crawls:
        for done in all_ended(crawls):
            if done.returncode:
                print(f"  exit code {done.returncode}: {done.stderr.strip()}")


SCENES: dict[str, Callable[[Scene], None]] = {
    "4 crawlers, each with its own pause": apart,
    "4 crawlers, one frontier": together,
    "2 crawlers and 2 gateways, one frontier": through_gateways,
    f"4 crawlers, {KILLS} killed, PostgreSQL too": killed,
}


def main(articles: int = ARTICLES) -> None:
    newspaper = Newspaper(seed=2, articles=articles, daily=0)
    pages = newspaper.keys(newspaper.start)
    print(f"{len(pages)} pages, a pause of {PAUSE * 1000:.0f} ms")
    print(f"{'at the server of the paper':<42}" + "".join(f"{heading:>18}" for heading in HEADINGS))
    with running_postgres() as postgres:
        for name, crawl in SCENES.items():
            with tempfile.TemporaryDirectory() as folder, logged_paper(newspaper, list(GATEWAYS)) as paper:
                crawl(Scene(paper, postgres, new_frontier(postgres), Path(folder)))
                verdicts = judge(paper.log.requests, pause=PAUSE, pages=pages)
            print(f"{name:<42}" + "".join(f"{figure:>18}" for figure in _figures(verdicts[0])))


def _figures(verdict: Verdict) -> list[str]:
    counts = (
        verdict.requests,
        *map(len, (verdict.overlaps, verdict.short_pauses, verdict.twice, verdict.never)),
    )
    return [*map(str, counts), f"{(verdict.least_pause or 0) * 1000:.0f}"]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
