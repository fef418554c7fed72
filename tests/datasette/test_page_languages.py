"""The language of pages: chosen in the URL or earlier, set by the operator, or preferred by the browser."""

import re
from pathlib import Path

import httpx
import pytest

from archive.languages import LANGUAGE_VARIABLE
from tests.support.running.time_limit import LONGEST
from tests.support.servers.reading_room import make_room_archive, serving

PAGE = "/-/charts"
GERMAN = {"accept-language": "de-DE,de;q=0.9,en;q=0.8"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("room") / "paper.db"
    make_room_archive(path, large=False)
    return path


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
    with httpx.Client(base_url=client.base_url, timeout=LONGEST) as reader:
        chosen = reader.get(PAGE, params={"lang": "de"})
        assert language_of(chosen) == "de"
        assert re.fullmatch(
            r"taz_archive_lang=de; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax",
            chosen.headers["set-cookie"],
        )
        assert language_of(reader.get("/-/articles")) == "de"
        assert language_of(reader.get("/-/article/1")) == "de"  # which is not there
        assert language_of(reader.get(PAGE, params={"lang": "en"})) == "en"
        assert language_of(reader.get(PAGE, headers=GERMAN)) == "en"


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
