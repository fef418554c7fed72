"""Several crawlers with one frontier are one polite visitor, by the servers' log, and archive what one would.

Each test judges whole crawls, which take a while, and so more than one thing.
"""

from hashlib import sha256
from pathlib import Path

from archive.export.formats import FORMATS
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import COMMAND, command, run
from tests.support.running.judge import judge, visits
from tests.support.running.shared_crawls import (
    GATEWAYS,
    ORIGIN,
    crawl_together,
    in_time,
    is_polite,
    logged_paper,
    new_frontier,
    shared_command,
)
from tests.support.servers.postgres import PostgresServer
from tests.support.tables import derived_rows

PAUSE = 0.2  # seconds
POLITE = ("--delay", f"{PAUSE}s")
PAPER = Newspaper(seed=2, articles=10, daily=0)
SMALL = Newspaper(seed=3, articles=5, daily=0)
NOON = "2026-03-01 12:00:00"
# The order in which captures were recorded is a part of WARC, WACZ and SQLite files.
COMPARABLE = [name for name in FORMATS if name not in ("warc", "wacz", "sqlite")]


def test_four_crawlers_ask_one_at_a_time_and_archive_what_one_would(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """The clock of the crawlers stands still, so that it does not matter who fetches a page, and when."""
    frontier = new_frontier(postgres)
    single, shares = tmp_path / "single.db", [tmp_path / f"{number}.db" for number in range(4)]
    with logged_paper(PAPER) as paper:
        crawl_together([in_time(NOON, command(single, *paper.gopher))])
        by_one = paper.log.requests
        words = (*POLITE, *paper.gopher)
        crawl_together([in_time(NOON, shared_command(each, frontier, *words)) for each in shares])
        [verdict] = judge(paper.log.requests[len(by_one) :], pause=PAUSE, pages=visits(by_one))
    is_polite(verdict)
    assert (verdict.twice, verdict.never, verdict.robots) == ({}, [], {"gopher": 1})
    assert sum(bool(derived_rows(share)["articles"]) for share in shares) > 1, "one crawler fetched all"
    are_equal(merged(tmp_path / "merged.db", shares), single)


def merged(archive: Path, shares: list[Path]) -> Path:
    """Merge archives into a new one."""
    done = run([*COMMAND, "merge", str(archive), *map(str, shares)])
    assert done.returncode == 0, done
    return archive


def are_equal(archive: Path, single: Path) -> None:
    """Assert that an archive is sound, and holds and exports what another does."""
    verified = run([*COMMAND, "verify", "--all", str(archive)])
    assert verified.returncode == 0, verified
    assert derived_rows(archive) == derived_rows(single)
    for form in COMPARABLE:
        assert exported(archive, form) == exported(single, form), form


def exported(archive: Path, form: str) -> dict[str, str]:
    """Export an archive; return the digest of each file."""
    out = archive.with_suffix("") / form / "out"
    out.parent.mkdir(parents=True)
    done = run([*COMMAND, "export", str(archive), str(out), "--format", form])
    assert done.returncode == 0, done
    files = [file for file in (out, *out.rglob("*")) if file.is_file()]
    return {str(file.relative_to(out)): sha256(file.read_bytes()).hexdigest() for file in files}


def test_gateways_and_the_server_behind_them_are_asked_as_one(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Two crawlers ask the server and two ask gateways to it; the clock of the first is 20 minutes ahead."""
    frontier = new_frontier(postgres)
    with logged_paper(SMALL, list(GATEWAYS)) as paper:
        ways = [paper.gopher, paper.gopher, *map(paper.through, GATEWAYS)]
        commands = [
            shared_command(tmp_path / f"{number}.db", frontier, *POLITE, *way)
            for number, way in enumerate(ways)
        ]
        crawl_together([in_time("+20m", commands[0]), *commands[1:]])
        verdicts = {verdict.host: verdict for verdict in judge(paper.log.requests, pause=PAUSE)}
    assert set(verdicts) == {ORIGIN, *(host for host, _ in GATEWAYS.values())}
    for verdict in verdicts.values():
        is_polite(verdict)
        assert sum(verdict.robots.values()) == 1
    assert verdicts[ORIGIN].twice == {}
