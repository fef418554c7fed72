"""Faults end to end, each ending in retry, failover, ``gone`` or a recorded problem, as it should.

Others are in `test_crawl_faults.py` (stalled, endless, garbage, wrong type), `test_crawl_sources.py` (HTTP
errors, Retry-After), `test_crawl_gateways.py` (error pages) and `test_gopher_handler.py` (TLS, drip-fed).
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import Done, is_whole, paper_served, quiet
from tests.support.running.crawls_of_sources import ABSENT, crawl, is_the_same, outcomes, seeded, via
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import (
    LOOPBACK,
    FaultyServer,
    Page,
    Peer,
    make_certificate,
    serving,
)
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=3, articles=30, daily=0)
KEYS = PAPER.keys(PAPER.start)
ARTICLES = PAPER.articles_there(PAPER.start)
TRIES = 3


# -- The connection ends at each class of byte ----------------------------------------------------------


def in_character(page: bytes) -> int:
    return next(at for at, byte in enumerate(page) if byte > 127) + 1


def in_row(page: bytes, offset: int) -> int:
    """Behind the third row's beginning."""
    return page.index(b"\n", page.index(b"\n") + 1) + 1 + offset


ENDS: dict[str, Callable[[bytes], int]] = {
    "before the first byte": lambda _: 0,
    "after an item type": lambda page: in_row(page, 1),
    "within a text": lambda page: in_row(page, 4),
    "within a character": in_character,
    "before a TAB": lambda page: page.index(b"\t"),
    "within a selector": lambda page: page.index(b"\t") + 1,
    "within a port": lambda page: page.index(b"\r") - 1,
    "between CR and LF": lambda page: page.index(b"\n"),
    "between two rows": lambda page: in_row(page, 0),
    "before the dot": lambda page: len(page) - 3,
    "within the dot's row": lambda page: len(page) - 1,
    "after all": len,
}
WHOLE = ("before the dot", "within the dot's row", "after all")  # many servers leave out the dot
BROKEN = dict(zip(ARTICLES, [(end, how) for end in ENDS for how in ("closed", "reset")], strict=False))


def part(length: Callable[[bytes], int], page: bytes, peer: Peer, *, how: str) -> None:
    peer.send(page[: length(page)])
    if how == "reset":
        peer.reset()


class Met(NamedTuple):
    archive: Path
    asked: list[bytes]


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    archive = tmp_path_factory.mktemp("ends") / "taz.db"
    with paper_served(PAPER) as server:
        pages = dict(server.pages)
        for key, (end, how) in BROKEN.items():
            line = selector(key).encode()
            whole = pages[line]
            assert isinstance(whole, bytes)
            pages[line] = partial(part, ENDS[end], whole, how=how)
        server.pages = pages
        done = crawl(archive, *via(server), *seeded(server, *KEYS))
        assert done.returncode == 3, done.stderr
        yield Met(archive, server.selectors)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_connection_that_ends_early_is_retried_and_never_makes_an_edit(
    met: Met, end: str, how: str
) -> None:
    key = next(key for key, fault in BROKEN.items() if fault == (end, how))
    query = (
        "SELECT outcome, problem IS NULL, version_id FROM captures WHERE page_id ="
        " (SELECT id FROM pages WHERE number = ?)"
    )
    [(outcome, fine, version)] = rows(met.archive, query, key.number)
    if how == "reset" or end == "before the first byte":
        assert (outcome, met.asked.count(selector(key).encode())) == ("failed", TRIES)
    elif end in WHOLE:
        assert (outcome, fine) == ("ok", 1)
    else:  # it came, as far as a gopher server can say so, and its bytes are kept
        assert (outcome, met.asked.count(selector(key).encode())) == ("unreadable", 1)
    assert (version is not None) == (outcome == "ok")


def test_early_ends_leave_the_archive_sound(met: Met) -> None:
    is_whole(met.archive)
    due_later = "SELECT count(*) FROM pages WHERE failure_count = 1 AND due_at > checked_at"
    bad = len(BROKEN) - len(WHOLE)
    assert rows(met.archive, due_later) == [(bad,)]


# -- Unreachable servers, and another source that gives the page -------------------------------------------


@pytest.mark.parametrize("fault", ["refused", "untrusted certificate", "no TLS"])
def test_an_unreachable_source_is_replaced_by_the_next(tmp_path: Path, fault: str) -> None:
    gopher_only, archive = tmp_path / "gopher_only.db", tmp_path / "taz.db"
    small = Newspaper(seed=2, articles=4, daily=0)
    tls = make_certificate(tmp_path / "own.pem") if fault == "untrusted certificate" else None
    with paper_served(small) as server, serving(tls=tls) as other:
        quiet(crawl(gopher_only, *via(server)))
        port = free_port() if fault == "refused" else other.port
        scheme = "gopher" if fault == "refused" else "gophers"
        done = crawl(archive, "--via", f"mirror={scheme}://{LOOPBACK}:{port}/", *via(server))
    assert done.returncode == 0
    assert "mirror is down" in done.stderr
    is_the_same(archive, gopher_only)
    assert outcomes(archive)["mirror", "failed"] <= 11, "a page, and those leased at once after it"


def test_an_unknown_host_name_is_a_failure_and_the_next_source_is_used(tmp_path: Path) -> None:
    with paper_served(Newspaper(seed=2, articles=4, daily=0)) as server:
        words = (
            "--via",
            "mirror=gopher://nowhere.invalid/",
            *via(server),
            "--max-pages",
            "1",
            "--delay",
            "1",
        )
        crawl(tmp_path / "taz.db", *words)
    assert outcomes(tmp_path / "taz.db") == {("mirror", "failed"): 1, ("gopher", "ok"): 1}
    [(problem,)] = rows(tmp_path / "taz.db", "SELECT problem FROM captures WHERE outcome = 'failed'")
    assert "no connection to nowhere.invalid:70" in problem


# -- Not found ------------------------------------------------------------------------------------------

ARTICLE = ARTICLES[5]
LINE = selector(ARTICLE).encode()


def at_first(peer: Peer, *, then: bytes, asked: list[int]) -> None:
    """Not found when first asked for, and there a moment later."""
    asked.append(1)
    peer.send(ABSENT if len(asked) == 1 else then)


def answer(server: FaultyServer, page: Page) -> None:
    server.pages = {**server.pages, LINE: page}


def again(archive: Path, *words: str) -> Done:
    """Look at one page, which is the one that is named, now."""
    return crawl(archive, *words, "--max-pages", "1")


def state(archive: Path) -> Mapping[str, object]:
    query = "SELECT state, version_count FROM articles WHERE id = ?"
    [(state_, versions)] = rows(archive, query, ARTICLE.number)
    reported = "SELECT outcome FROM captures WHERE article_id = ? ORDER BY captured_at"
    return {
        "state": state_,
        "versions": versions,
        "outcomes": [o for (o,) in rows(archive, reported, ARTICLE.number)],
    }


def test_an_article_is_gone_after_two_absences_and_may_come_back(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        there = server.pages[LINE]
        assert isinstance(there, bytes)
        seed = seeded(server, ARTICLE)
        again(archive, *seed)
        answer(server, partial(at_first, then=there, asked=[]))
        quiet(again(archive, *seed))
        assert state(archive) == {"state": "present", "versions": 1, "outcomes": ["ok", "failed", "ok"]}
        answer(server, ABSENT)
        quiet(again(archive, *seed))
        assert state(archive)["outcomes"] == ["ok", "failed", "ok", "failed", "absent"]
        assert state(archive)["state"] == "gone"
        quiet(again(archive, *seed))  # it is known to be gone: once is enough
        answer(server, there)
        quiet(again(archive, *seed))
    reported = ["ok", "failed", "ok", "failed", "absent", "absent", "ok"]
    assert state(archive) == {"state": "present", "versions": 1, "outcomes": reported}
    is_whole(archive)


def test_an_article_that_another_source_has_is_not_gone(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server, paper_served(PAPER) as other:
        seed = seeded(server, ARTICLE)
        again(archive, *seed)
        answer(server, ABSENT)
        quiet(again(archive, *via(server), *via(other, "mirror"), *seed))
    assert state(archive) == {"state": "present", "versions": 1, "outcomes": ["ok", "failed", "ok"]}
    assert rows(archive, "SELECT source FROM captures WHERE outcome = 'ok' ORDER BY id DESC LIMIT 1") == [
        ("mirror",)
    ]


def test_many_absent_articles_do_not_make_a_source_down(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        quiet(crawl(archive, *via(server)))
        server.pages = {**server.pages, **{selector(key).encode(): ABSENT for key in ARTICLES}}
        quiet(crawl(archive, *via(server), "--ignore-schedule"))
    assert rows(archive, "SELECT state, count(*) FROM articles GROUP BY 1") == [("gone", len(ARTICLES))]
    assert rows(archive, "SELECT problem_count FROM crawls") == [(0,), (0,)]
