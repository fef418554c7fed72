"""The reading room in Chromium: content, content security policy, accessibility and navigation."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, Page, expect, sync_playwright

from archive.text.hyphenation import SOFT_HYPHEN
from tests.support.running.time_limit import LONGEST
from tests.support.servers.reading_room import (
    BACK,
    CUT,
    DAY,
    EDITED,
    GONE,
    HEALED,
    HOSTILE,
    UNREAD,
    make_room_archive,
    serving,
)

pytestmark = pytest.mark.slow

LONGEST_MS = 1000 * LONGEST
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PAGES = {
    "paper": "/-/paper/",
    "day": f"/-/paper/{DAY}",
    "article": f"/-/article/{EDITED}",
    "old version": f"/-/article/{EDITED}/versions/1",
    "cut": f"/-/article/{CUT}",
    "healed": f"/-/article/{HEALED}",
    "gone": f"/-/article/{GONE}",
    "back": f"/-/article/{BACK}/as-of/{DAY}",
    "difference": f"/-/article/{EDITED}/versions/1..2",
    "side by side": f"/-/article/{EDITED}/versions/1..3?view=split",
    "search": "/-/articles?q=streit&edited=1",
    "found nothing": "/-/articles?q=nirgendwo",
    "topic": "/-/topic/51",
    "author": "/-/author/31",
    "charts": "/-/charts",
    "sections": "/-/sections",
    "section": "/-/section/0",
    "topics": "/-/topics",
    "authors of a letter": "/-/authors?letter=M",
    "names that are hostile": "/-/topics?letter=%23",
    "edits of a day": f"/-/paper/{DAY}/edited",
    "help": "/-/help",
    "trouble": f"/-/article/{UNREAD}",
    "hostile": f"/-/article/{HOSTILE}",
    "hostile difference": f"/-/article/{HOSTILE}/versions/1..2?view=split",
    "hostile found": "/-/articles?q=absatz",
    "hostile topic": "/-/topic/2024",
}
PHONE = {"width": 320, "height": 640}  # the narrowest that WCAG 2.2, 1.4.10, asks for

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("room") / "paper.db"
    make_room_archive(path, large=False)
    with serving(path) as home:
        yield home


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with sync_playwright() as playwright:
        expect.set_options(timeout=LONGEST_MS)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=LONGEST_MS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, home: str) -> Iterator[Open]:
    """Open a page in an empty profile; at the end assert a clean console and requests to us only."""
    contexts, said, asked = [], [], []

    def open_page(address: str, **options: Any) -> Page:
        context = browser.new_context(base_url=home, **options)
        context.set_default_timeout(LONGEST_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [line for line in said if "status of 40" not in line] == []
    assert [url for url in asked if not url.startswith(home)] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible(visit: Open, name: str) -> None:
    """axe-core finds no violation, in the light and in the dark."""
    page = visit(PAGES[name])
    assert page.locator("h1").count() == 1
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Rules of axe-core that the page breaks, and where."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], node["target"]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_a_phone_and_is_accessible_there(visit: Open, name: str) -> None:
    page = visit(PAGES[name], viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []


@pytest.mark.parametrize(
    "address",
    [
        f"/-/article/{HOSTILE}",
        f"/-/article/{HOSTILE}/versions/1",
        f"/-/article/{HOSTILE}/versions/1..2",
        f"/-/article/{HOSTILE}/versions/1..2?view=split",
        "/-/articles?q=absatz",
        "/-/articles?q=%3Cscript%3Edocument.title%3D%22PWNED%22%3C/script%3E",
        "/-/articles?tag=%22%3E%3Cscript%3E&author=%27%3E%3Csvg+onload%3Dx%3E",
        "/-/topic/%3Cscript%3Edocument.title=%22PWNED%22%3C%2Fscript%3E",
        "/-/article/%3Cscript%3E",
        f"/-/paper/{DAY}",
    ],
)
def test_hostile_text_is_escaped(visit: Open, address: str) -> None:
    page = visit(address)
    assert "PWNED" not in page.title().partition("<")[0]
    ours = page.locator("script").evaluate_all("all => all.map(one => one.src)")
    assert all(source.endswith(".js") or "/room.js?" in source for source in ours)
    assert (
        page.locator("main img, main base, main iframe, main object, main [onload], main [onerror]").count()
        == 0
    )
    assert page.locator("main [onmouseover], base").count() == 0
    links = page.locator("a:not(svg a)").evaluate_all("all => all.map(one => one.protocol)")
    assert set(links) <= {"http:", "https:", "gopher:", "gemini:"}
    hosts = page.locator("a:not(svg a)").evaluate_all("all => all.map(one => one.hostname)")
    assert "evil.example" not in hosts
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.mouse.move(300, 300)
    assert page.evaluate("document.title") == page.title()
    assert not page.title().startswith("PWNED")


@pytest.mark.parametrize(
    "table",
    ["articles", "versions", "captures", "links", "tags", "authors", "related_articles", "changes", "latest"],
)
def test_it_stays_text_on_the_pages_of_datasette_too(visit: Open, table: str) -> None:
    page = visit(f"/paper/{table}?_size=max")
    assert "PWNED" not in page.title()
    assert (
        page.locator("td img, td base, td script, td [onload], td [onerror], td [onmouseover]").count() == 0
    )
    links = page.locator("td a").evaluate_all("all => all.map(one => one.protocol)")
    assert set(links) <= {"http:", "https:", ":"}  # the last is of one that no browser can read


def test_the_policy_stops_a_script_even_where_one_got_in(browser: Browser, home: str) -> None:
    page = browser.new_page(base_url=home)
    page.set_default_timeout(LONGEST_MS)
    page.goto(f"/-/article/{EDITED}")
    page.evaluate(
        "const one = document.createElement('script'); one.textContent = 'document.title = \"PWNED\"';"
        " document.body.append(one)"
    )
    assert page.title() != "PWNED"
    page.close()


def test_links_to_pages_outside_lead_there_and_tell_nothing(visit: Open) -> None:
    page = visit(f"/-/article/{HOSTILE}")
    good = page.locator('.notes a[href="https://example.org/good"]')
    assert good.get_attribute("rel") == "noreferrer noopener nofollow"
    assert page.locator('.notes a[href="gopher://example.org/1/menu"]').count() == 1
    assert page.locator('.notes a[href^="gemini:"]').count() == 1


def test_a_reader_steps_through_the_history_by_links(visit: Open) -> None:
    page = visit(f"/-/article/{EDITED}")
    page.get_by_role("link", name="What version 2 changed").click()
    expect(page).to_have_url(f"/-/article/{EDITED}/versions/1..2")
    page.get_by_role("link", name="next edit").click()
    expect(page).to_have_url(f"/-/article/{EDITED}/versions/2..3")
    assert page.locator('.slider [aria-current="page"]').inner_text().endswith("3")
    page.get_by_role("link", name="side by side").click()
    page.get_by_role("link", name="previous edit").click()
    expect(page).to_have_url(f"/-/article/{EDITED}/versions/1..2?view=split")


def test_the_slider_and_the_arrow_keys_do_the_same(visit: Open) -> None:
    page = visit(f"/-/article/{EDITED}/versions/1..2")
    for key, versions in (("End", "2..3"), ("ArrowLeft", "1..2"), ("ArrowRight", "2..3")):
        if key == "End":
            page.get_by_label("Slide to version").focus()
        page.keyboard.press(key)
        expect(page).to_have_url(f"/-/article/{EDITED}/versions/{versions}")
        page.wait_for_load_state("load")  # the script listens from then on


def test_without_scripts_the_slider_is_a_form(visit: Open) -> None:
    page = visit(f"/-/article/{EDITED}/versions/2..3", java_script_enabled=False)
    page.get_by_label("Slide to version").press("Home")
    page.get_by_label("compared with").fill("3")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"/-/article/{EDITED}/versions/3..1")


def test_a_citation_is_copied_by_a_button_or_selected_without_scripts(visit: Open) -> None:
    page = visit(f"/-/article/{EDITED}")
    page.get_by_role("button", name="Copy BibTeX").click()
    expect(page.get_by_role("status").nth(1)).to_have_text("Copied")
    assert page.evaluate("getSelection().toString()").startswith("@article{taz")
    plain = visit(f"/-/article/{EDITED}", java_script_enabled=False)
    expect(plain.get_by_role("button", name="Copy BibTeX")).to_be_hidden()
    expect(plain.get_by_label("Chicago")).to_have_value(re.compile("Neue Straße"))


def test_a_reader_goes_from_the_paper_of_a_day_to_an_article_as_it_read_then(visit: Open) -> None:
    page = visit("/-/paper/")
    page.get_by_label("As of").fill("2025-03-31")
    page.get_by_role("button", name="Go").click()
    expect(page).to_have_url("/-/paper/2025-03-31")
    page.locator(".lead").get_by_role("link", name="Vorher").click()
    expect(page).to_have_url("/-/article/900001/as-of/2025-03-31")
    expect(page.locator(".notice")).to_contain_text("version 1 of 2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vorher")


def test_the_calendar_leads_to_days(visit: Open) -> None:
    page = visit("/-/paper/")
    page.locator(f'.calendar a[href="{DAY}"]').click()
    expect(page).to_have_url(f"/-/paper/{DAY}")


def test_a_reader_searches_from_any_page(visit: Open) -> None:
    page = visit("/-/charts")
    page.get_by_role("searchbox").fill("quarzstrasse")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".hits mark").first).to_have_text(re.compile("Quarz\u00ad?stra(ß|ss)e"))


def test_the_keyboard_reaches_the_content_first(visit: Open) -> None:
    page = visit("/-/paper/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/-/paper/#content")


def test_the_text_is_set_as_german_and_the_room_as_english(visit: Open) -> None:
    page = visit(f"/-/article/{EDITED}")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("article.text").get_attribute("lang") == "de"
    assert page.locator(".body p").first.evaluate("one => getComputedStyle(one).hyphens") == "auto"


def test_on_paper_there_is_the_article_and_no_navigation(visit: Open) -> None:
    page = visit(f"/-/article/{EDITED}")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".body")).to_be_visible()


def test_what_is_copied_has_no_soft_hyphens(visit: Open) -> None:
    page = visit("/-/paper/")
    shown, text, markup = page.evaluate(
        """() => {
          const main = document.querySelector("main"), data = new DataTransfer();
          getSelection().selectAllChildren(main);
          const copy = { clipboardData: data, bubbles: true, cancelable: true };
          main.dispatchEvent(new ClipboardEvent("copy", copy));
          return [getSelection().toString(), data.getData("text/plain"), data.getData("text/html")];
        }"""
    )
    assert SOFT_HYPHEN in shown
    assert text == shown.replace(SOFT_HYPHEN, "")
    assert "<article" in markup
    assert SOFT_HYPHEN not in markup
