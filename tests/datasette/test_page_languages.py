"""The language of pages: chosen in the URL or earlier, set by the operator, or preferred by the browser."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import httpx
import pytest
from lxml import html  # type: ignore[import-untyped]  # it ships no types

from archive.languages import LANGUAGE_VARIABLE, LANGUAGES
from tests.support.running.time_limit import LONGEST
from tests.support.servers.reading_room import (
    CUT,
    DAY,
    EDITED,
    GONE,
    HEALED,
    HOSTILE,
    make_room_archive,
    serving,
)

PAGE = "/-/charts"
PAGES = [
    "/-/paper/",
    f"/-/paper/{DAY}",
    f"/-/article/{EDITED}",
    f"/-/article/{EDITED}/as-of/{DAY}",
    f"/-/article/{EDITED}/versions/1..2",
    f"/-/article/{EDITED}/versions/1..3?view=split",
    f"/-/article/{GONE}",
    f"/-/article/{CUT}",
    f"/-/article/{HEALED}",
    f"/-/article/{HOSTILE}",
    f"/-/article/{HOSTILE}/versions/1..2",
    "/-/articles?q=br%C3%BCcke",
    "/-/articles?q=nichts",
    "/-/topic/51",
    "/-/author/31",
    "/-/charts",
]
GERMAN = {"accept-language": "de-DE,de;q=0.9,en;q=0.8"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("room") / "paper.db"
    make_room_archive(path, large=False)
    return path


@pytest.fixture(autouse=True)
def _forget_choices(client: httpx.Client) -> None:
    client.cookies.clear()


def language_of(response: httpx.Response) -> str:
    [language] = re.findall(r'<html lang="(\w+)">', response.text)
    return str(language)


def test_a_page_is_in_the_language_that_the_browser_prefers_and_english_by_default(
    client: httpx.Client,
) -> None:
    german, english = client.get(PAGE, headers=GERMAN), client.get(PAGE)
    assert (language_of(german), language_of(english)) == ("de", "en")
    assert "Suche</a>" in german.text
    assert "Search</a>" in english.text
    assert {"Accept-Language", "Cookie"} <= set(german.headers["vary"].split(", "))


def test_a_language_chosen_in_the_url_is_kept_in_a_cookie(client: httpx.Client) -> None:
    chosen = client.get(PAGE, params={"lang": "de"})
    assert language_of(chosen) == "de"
    cookie = "taz_archive_lang=de; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax"
    assert chosen.headers["set-cookie"] == cookie
    assert language_of(client.get("/-/articles")) == "de"
    assert language_of(client.get("/-/article/1")) == "de"  # which is not there
    assert language_of(client.get(PAGE, params={"lang": "en"})) == "en"
    assert language_of(client.get(PAGE, headers=GERMAN)) == "en"


def test_each_page_links_to_itself_in_the_other_language(client: httpx.Client) -> None:
    page = client.get("/-/articles?q=a%26b&since=&lang=de&author=%22%3E")
    [url] = re.findall(r'<a href="([^"]+)" lang="en" hreflang="en" rel="nofollow">English</a>', page.text)
    assert unescape(url) == "?q=a%26b&since=&author=%22%3E&lang=en"
    assert ">Deutsch<" in client.get(urljoin("/-/articles", unescape(url))).text


def test_the_link_to_the_other_language_leads_to_no_other_host(client: httpx.Client) -> None:
    page = client.get(f"{client.base_url}/evil.example/-/paper")
    assert page.status_code == 404
    assert '<a href="?lang=de"' in page.text
    assert "//evil.example" not in page.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_in_the_language_and_escapes_what_it_shows(
    client: httpx.Client, page: str, language: str
) -> None:
    """What is marked as text of the paper or as English is left out."""
    shown = client.get(page, headers={"accept-language": language})
    assert shown.status_code == 200
    assert language_of(shown) == language
    assert "<script>document" not in shown.text
    assert "<svg onload" not in shown.text
    words = set(re.findall(r"[a-zäöü]+", visible_text(shown.text).lower()))
    other = {"de": {"the", "of", "version", "search", "edited"}, "en": {"der", "und", "fassung", "suche"}}
    assert words & other[language] == set()


def visible_text(page: str) -> str:
    """Return the text and the labels of a page that are marked as neither German nor English."""
    body = html.fromstring(page.encode())
    for part in body.xpath("//article[@lang]|//*[@lang='en' or @lang='de'][not(self::html)]|//style|//code"):
        part.drop_tree()
    labels = body.xpath("//@aria-label|//@title|//@placeholder|//*[local-name()='title']/text()")
    return " ".join([body.text_content(), *labels])


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("brücke -nirgendwo", "brücke ohne nirgendwo"),
        ("brücke or nirgendwo", "brücke oder nirgendwo"),
        ("text: brücke", None),
        ("brücke oder nirgendwo", None),
        ("brücke", None),
    ],
)
def test_a_search_is_repeated_in_the_language_unless_as_typed(
    client: httpx.Client, query: str, shown: str | None
) -> None:
    page = client.get("/-/articles", params={"q": query}, headers=GERMAN)
    assert "Treffer" in page.text
    assert re.findall(r"Gesucht: <code>(.+?)</code>", page.text) == ([shown] if shown else [])


def test_an_error_is_explained_in_the_language(client: httpx.Client) -> None:
    assert "Etwas in der Adresse ist ungültig" in client.get("/-/paper/2025-99-99", headers=GERMAN).text
    assert "oder existiert nicht" in client.get("/-/article/1", headers=GERMAN).text


@pytest.mark.parametrize(
    ("junk", "cookie"),
    [
        ("fr", "fr"),
        ("", ""),
        ("../../de", '"de'),
        ("de\r\nset-cookie: a=b", "de,en"),
        ("<script>", "<script>"),
        ("x" * 5000, "x" * 3000),
    ],
)
def test_an_unknown_language_is_ignored(client: httpx.Client, junk: str, cookie: str) -> None:
    page = client.get(PAGE, params={"lang": junk}, headers={"cookie": f"taz_archive_lang={cookie}", **GERMAN})
    assert page.status_code == 200
    assert language_of(page) == "de"
    assert "set-cookie" not in page.headers


def test_a_malformed_cookie_is_ignored(client: httpx.Client) -> None:
    for cookie in ("taz_archive_lang", "=;;=", "a b=\\; taz_archive_lang=de", "ä=ö"):
        page = client.get(PAGE, headers=[(b"cookie", cookie.encode())])
        assert (page.status_code, language_of(page)) == (200, "en")


def test_the_operator_chooses_a_language_that_readers_can_change(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LANGUAGE_VARIABLE, "de")
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as reader:
        assert language_of(reader.get(PAGE, headers={"accept-language": "en"})) == "de"
        assert language_of(reader.get(PAGE, params={"lang": "en"})) == "en"


FEEDS = ["/-/feed/new.atom", "/-/feed/edited.atom", "/-/topic/51/feed.atom", "/-/articles.atom?q=br%C3%BCcke"]


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_names_its_own_language_and_that_of_its_entries(client: httpx.Client, feed: str) -> None:
    german, english = client.get(feed, headers=GERMAN), client.get(feed)
    assert feedparser.parse(german.text).feed.title.startswith("taz-Archiv: ")
    assert feedparser.parse(english.text).feed.title.startswith("taz archive: ")
    assert 'xml:lang="de"' in german.text.partition("<entry")[0]
    assert 'xml:lang="en"' in english.text.partition("<entry")[0]
    assert "<entry>" in german.text
    assert '<entry xml:lang="de">' in english.text
    assert [entry.id for entry in feedparser.parse(german.text).entries] == [
        entry.id for entry in feedparser.parse(english.text).entries
    ]


def test_no_language_of_a_feed_is_taken_for_another(client: httpx.Client) -> None:
    german = client.get(FEEDS[1], headers=GERMAN)
    tag = {"if-none-match": german.headers["etag"]}
    assert client.get(FEEDS[1], headers={**GERMAN, **tag}).status_code == 304
    assert client.get(FEEDS[1], headers=tag).status_code == 200
    assert "Accept-Language" in german.headers["vary"]


def test_the_feeds_of_a_german_page_are_german_for_feed_readers_which_prefer_no_language(
    client: httpx.Client,
) -> None:
    page = client.get("/-/paper/", headers=GERMAN)
    feeds = {unescape(url) for url in re.findall(r'"([^"]+\.atom[^"]*)"', page.text)}
    assert feeds == {"/-/feed/new.atom?lang=de", "/-/feed/edited.atom?lang=de"}
    for feed in feeds:
        answer = client.get(feed)
        assert 'xml:lang="de"' in answer.text.partition("<entry")[0]
        assert "set-cookie" not in answer.headers
    assert "lang=" not in "".join(re.findall(r"\.atom[^\"]*", client.get("/-/paper/").text))
