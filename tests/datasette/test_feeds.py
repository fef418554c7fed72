"""The feeds of the reading room: nothing is lost between two visits of a reader, and nothing sent twice."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import feedparser
import httpx
import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.store import open_writer
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, HOUR, NOON, archive_of, capture_of
from tests.support.servers.reading_room import running, serving

ARTICLES = 220  # more than a page of a feed
FIRST = 700001
EDITED = replace(BRIDGE, title="Brücke in Großau: Neue Brücke, alter Streit")
FEEDS = [
    "/-/feed/new.atom",
    "/-/feed/edited.atom",
    "/-/topic/51/feed.atom",
    "/-/author/31/feed.atom",
    "/-/articles.atom?q=br%C3%BCcke",
    "/-/articles.atom?since=2025-04-01",
    "/-/articles.atom?q=streit&every=1",
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    captures = [
        capture_of(page, FIRST + at, NOON + at * HOUR / 60 + hours * HOUR)
        for hours, page in ((0, BRIDGE), (24, EDITED))
        for at in range(ARTICLES)
    ]
    return archive_of(tmp_path_factory.mktemp("feeds") / "paper.db", captures)


def pages(client: httpx.Client, feed: str) -> Iterator[feedparser.FeedParserDict]:
    """The pages of a feed, as feedparser reads them, along their links to the next."""
    following: str | None = feed
    while following:
        read = feedparser.parse(client.get(following).text)
        assert not read.bozo
        yield read
        following = next((link.href for link in read.feed.links if link.rel == "next"), None)


def ids(client: httpx.Client, feed: str) -> list[str]:
    return [entry.id for entry in feedparser.parse(client.get(feed).text).entries]


@pytest.mark.parametrize("feed", FEEDS)
def test_all_entries_of_a_feed_are_on_its_pages_each_once(client: httpx.Client, feed: str) -> None:
    read = list(pages(client, feed))
    entries = [entry for page in read for entry in page.entries]
    wanted = 2 * ARTICLES if "every" in feed else ARTICLES
    assert len(entries) == len({entry.id for entry in entries}) == wanted
    assert len({page.feed.id for page in read}) == 1
    for page in read:
        [first] = [link.href for link in page.feed.links if link.rel == "first"]
        assert first == f"{client.base_url}{feed}".replace("//-", "/-")


def test_the_first_page_holds_more_than_a_day_brings(client: httpx.Client) -> None:
    assert len(ids(client, "/-/feed/new.atom")) == 200


def test_ids_are_the_same_at_any_address(client: httpx.Client, path: Path) -> None:
    command = ["-m", "archive", "serve", str(path), "--prefix", "archiv"]
    more = ["--", "--setting", "force_https_urls", "on"]
    with running(*command, more=more, check="/archiv/-/versions.json") as home:
        for feed in FEEDS:
            elsewhere = feedparser.parse(httpx.get(f"{home}/archiv{feed}", timeout=LONGEST).text)
            here = feedparser.parse(client.get(feed).text)
            assert elsewhere.entries[0].link.startswith("https://")
            assert elsewhere.feed.id == here.feed.id
            assert [entry.id for entry in elsewhere.entries] == [entry.id for entry in here.entries]


def test_ids_are_those_of_exports_and_reports(client: httpx.Client, path: Path) -> None:
    here = {
        entry.id
        for feed in ("/-/feed/new.atom", "/-/feed/edited.atom")
        for page in pages(client, feed)
        for entry in page.entries
    }
    commands = (
        ["export", str(path), "-", "--format", "atom"],
        ["changes", str(path), "--since", "2025-01-01", "--format", "atom"],
    )
    for command in commands:
        made = feedparser.parse(CliRunner().invoke(cli, command).stdout_bytes)
        assert {entry.id for entry in made.entries} <= here
        assert len(made.entries) >= ARTICLES


def test_ids_stay_when_an_earlier_version_turns_up(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE), capture_of(EDITED, at=NOON + HOUR)])
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        before = ids(client, "/-/feed/edited.atom")
        with open_writer(path) as archive:
            archive.record([capture_of(replace(BRIDGE, title="Ganz früh"), at=NOON - HOUR)])
        after = ids(client, "/-/feed/edited.atom")
    assert (len(before), len(after)) == (1, 2)
    assert set(before) < set(after)


@pytest.mark.parametrize("page", [*FEEDS, "/-/timemap/link/https://taz.de/!700001/"])
def test_a_feed_that_did_not_change_is_not_sent_again(client: httpx.Client, page: str) -> None:
    first = client.get(page)
    tag, date = first.headers["etag"], first.headers["last-modified"]
    conditions = (
        {"if-none-match": tag},
        {"if-none-match": f'"other", W/{tag}'},
        {"if-none-match": "*"},
        {"if-modified-since": date},
        {"if-none-match": tag, "if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"},
    )
    for condition in conditions:
        for method in ("GET", "HEAD"):
            again = client.request(method, page, headers=condition)
            assert (again.status_code, again.content) == (304, b"")
            assert (again.headers["etag"], again.headers["last-modified"]) == (tag, date)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"if-none-match": '"other"'},
        {"if-none-match": "\"',,W/"},
        {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"if-modified-since": "gestern"},
        {"if-modified-since": "Thu, 10 Apr 99999999999 12:00:00 GMT"},
        {"if-none-match": '"other"', "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ],
)
def test_a_feed_is_sent_unless_the_client_has_it(client: httpx.Client, condition: dict[str, str]) -> None:
    assert client.get(FEEDS[0], headers=condition).status_code == 200


def test_a_feed_is_sent_again_after_the_archive_changed(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE, at=NOON + HOUR)])
    os.utime(path, (1_700_000_000, 1_700_000_000))
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        first = client.get("/-/feed/new.atom").headers
        conditions = ({"if-none-match": first["etag"]}, {"if-modified-since": first["last-modified"]})
        assert {client.get("/-/feed/new.atom", headers=each).status_code for each in conditions} == {304}
        with open_writer(path) as archive:
            archive.record([capture_of(EDITED, 700002, at=NOON)])  # older than what is there
            assert {client.get("/-/feed/new.atom", headers=each).status_code for each in conditions} == {200}
        assert {client.get("/-/feed/new.atom", headers=each).status_code for each in conditions} == {200}


def test_an_empty_feed_does_not_change_by_the_clock(tmp_path: Path) -> None:
    with serving(archive_of(tmp_path / "paper.db", [])) as home:
        first = httpx.get(f"{home}/-/feed/new.atom", timeout=LONGEST)
        again = httpx.get(
            f"{home}/-/feed/new.atom", headers={"if-none-match": first.headers["etag"]}, timeout=LONGEST
        )
    assert (first.status_code, again.status_code) == (200, 304)
