"""The reading room over HTTP: what its pages say, their statuses and headers, whatever is asked."""

import asyncio
import re
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote, urljoin

import httpx
import pytest
from datasette.app import Datasette  # type: ignore[import-untyped]  # it ships no types
from datasette.utils.asgi import Request, Response  # type: ignore[import-untyped]  # it ships no types

from archive.datasette.dispatch import datasette_view
from archive.datasette.views.front_page import front_page
from archive.model import Paragraph
from archive.store import open_writer
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, BRIDGE, HOUR, NOON, archive_of, capture, capture_of
from tests.support.samples.menus import menu_capture
from tests.support.samples.sample_archive import SPELT
from tests.support.servers.reading_room import (
    BACK,
    CUT,
    DAY,
    EDITED,
    GONE,
    HEALED,
    HOSTILE,
    HUGE,
    LONG,
    UNREAD,
    VERSIONS,
    make_room_archive,
    running,
    serving,
)
from tests.support.tables import change

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
PAGES = [
    "/-/paper/",
    f"/-/paper/{DAY}",
    f"/-/article/{EDITED}",
    f"/-/article/{EDITED}/as-of/{DAY}",
    f"/-/article/{EDITED}/versions/1",
    f"/-/article/{EDITED}/versions/1..2",
    f"/-/article/{EDITED}/versions/1..3?view=split",
    f"/-/article/{GONE}",
    f"/-/article/{BACK}",
    f"/-/article/{HOSTILE}",
    "/-/articles?q=br%C3%BCcke",
    "/-/articles",
    "/-/topic/51",
    "/-/author/31",
    "/-/charts",
    "/-/sections",
    "/-/section/0",
    "/-/topics",
    "/-/topics?letter=V",
    "/-/authors",
    f"/-/paper/{DAY}/edited",
    "/-/help",
]
FEEDS = [
    "/-/feed/new.atom",
    "/-/feed/edited.atom",
    "/-/feed/new.atom?section=0",
    "/-/topic/51/feed.atom",
    "/-/author/31/feed.atom",
    "/-/articles.atom?q=br%C3%BCcke",
]


# A Datasette that loads no plugins, as it does under its own tests.
BARE = "import sys; sys._called_from_test = True; from datasette.cli import cli; cli()"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("room") / "paper.db"
    make_room_archive(path, large=True)
    return path


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_under_a_strict_policy_with_one_style_and_no_more_than_one_script(
    client: httpx.Client, page: str
) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.text.count("<script") <= 1
    assert answer.text.count('rel="stylesheet"') == 1
    assert " style=" not in answer.text
    assert " onclick" not in answer.text


def test_every_link_of_the_reading_room_works(client: httpx.Client) -> None:
    """But those that are marked as leading to articles that the archive does not have."""
    pages = [client.get(page).text for page in PAGES]
    links = {unescape(link) for page in pages for link in re.findall(r'<a href="([^"#?][^"]*)"', page)}
    local = {urljoin("/-/paper/", link) for link in links if "://" not in link}
    assert len(local) > 100
    assert [link for link in sorted(local) if client.get(link).status_code >= 400] == []


def test_the_first_page_with_all_it_asks_for_is_small(client: httpx.Client) -> None:
    page = client.get("/-/paper/")
    style = client.get(page.text.partition('rel="stylesheet" href="')[2].partition('"')[0])
    icon = client.get("/favicon.ico")
    assert style.headers["content-type"].startswith("text/css")
    assert sum(len(answer.content) for answer in (page, style, icon)) < 100_000


@pytest.mark.parametrize(
    ("page", "status", "message"),
    [
        ("/-/article/1", 404, "holds no article 1"),
        ("/-/article/-5", 404, "holds no article -5"),
        ("/-/article/abc", 400, "is not an article"),
        ("/-/article/%00", 400, "is not an article"),
        ("/-/article/%ff", 400, "is not an article"),
        ("/-/article/99999999999999999999", 400, "is not an article"),
        (f"/-/article/{UNREAD}", 404, "never read: no whole answer within 30 s"),
        (f"/-/article/{EDITED}/as-of/2020-01-01", 404, "first seen 2025-04-10"),
        (f"/-/article/{EDITED}/as-of/gestern", 400, "use 2025-04-10, 2025-04-10T18:00, now, today"),
        (f"/-/article/{EDITED}/as-of/0001-01-01T00:00+02:00", 400, "outside the years 1 to 9999"),
        (f"/-/article/{EDITED}/as-of?time=", 400, "use 2025-04-10, 2025-04-10T18:00, now, today"),
        (f"/-/article/{EDITED}/versions/4", 404, "versions 1 to 3, no version 4"),
        (f"/-/article/{EDITED}/versions/0", 404, "no version 0"),
        (f"/-/article/{EDITED}/versions/1..99", 404, "no version 99"),
        (f"/-/article/{EDITED}/versions/a..b", 400, "must be a number"),
        (f"/-/article/{EDITED}/versions?to=x", 400, "must be a number"),
        (f"/-/article/{EDITED}/versions/1..2?view=odd", 400, "inline or split"),
        ("/-/paper/morgen", 400, "use 2025-04-10, 2025-04-10T18:00, now, today"),
        ("/-/articles?since=2025-13-01", 400, "use 2025-04-10, 2025-04-10T18:00, now, today"),
        ("/-/articles?order=odd", 400, "best, newest, oldest or most-edited"),
        ("/-/articles?from=-1", 400, "must be a number"),
        (f"/-/articles?q={'x' * 501}", 400, "500 characters"),
        ("/-/section/77", 404, "capture of section 77"),
        ("/-/section/x", 400, "must be a number"),
        ("/-/section/0?before=x", 400, "use 2025-04-10"),
        ("/-/topics?letter=%C3%84B", 400, "A to Z"),
        (f"/-/topics?begin={'x' * 101}", 400, "100 characters"),
        ("/-/paper/morgen/edited", 400, "use 2025-04-10"),
        (f"/-/paper/{DAY}/new?section=77", 404, "capture of section 77"),
        (f"/-/paper/{DAY}/odd", 404, "does not exist"),
        ("/-/feed/new.atom?section=77", 404, "capture of section 77"),
        (f"/-/article/{EDITED}/versions/9/download.md", 404, "no version 9"),
        (f"/-/article/{EDITED}/download.exe", 404, "does not exist"),
        ("/-/topic/nix", 404, "archive has no topic"),
        ("/-/author/nix", 404, "archive has no author"),
        ("/-/timegate/javascript:alert(1)", 404, "is not the URL of an article"),
        ("/-/timemap/link/https://example.org/!700001", 404, "is not the URL of an article"),
        ("/-/timegate/https://taz.de/!1/", 404, "holds no article 1"),
        ("/-/nothing", 404, ""),
        ("/-/article/700001/nothing/at/all", 404, "does not exist"),
        ("/paper/nothing", 404, ""),
        ("/-/static-plugins/taz-archive/..%2Fserving.py", 404, ""),
    ],
)
def test_an_error_page_has_the_right_status_and_message(
    client: httpx.Client, page: str, status: int, message: str
) -> None:
    answer = client.get(page)
    assert answer.status_code == status
    assert message in answer.text
    assert "Traceback" not in answer.text


def test_each_crawl_on_the_front_page_links_to_its_captures(client: httpx.Client) -> None:
    links = re.findall(r'href="(/paper/captures[^"]+)"', client.get("/-/paper/").text)
    assert links
    for link in links:
        found = client.get(link.replace("captures?", "captures.json?")).json()
        assert found["filtered_table_rows_count"] > 0


def test_an_article_that_is_not_archived_links_to_the_paper(client: httpx.Client) -> None:
    assert 'href="https://taz.de/!700002777/"' in client.get("/-/article/700002777").text
    assert f'href="/-/article/{EDITED}"' in client.get(f"/-/article/{EDITED}/versions/9").text


@pytest.mark.parametrize(
    "query", ["...", '"', "*", "NEAR(", "a AND", "(", "title:", "\x00", "😀", "'; DROP TABLE"]
)
@pytest.mark.parametrize("more", ["", "&order=best", "&every=1&edited=1&author=a"])
def test_any_search_is_answered(client: httpx.Client, query: str, more: str) -> None:
    assert client.get(f"/-/articles?q={quote(query)}{more}").status_code == 200


def test_a_search_marks_what_it_found_and_keeps_to_its_filters(client: httpx.Client) -> None:
    found = client.get("/-/articles?q=quarzstrasse&author=%C3%84nnchen+Stra%C3%9Fer").text
    assert "<mark>Quarzstraße</mark>" in found
    assert "/-/article/900002" in found
    assert "/-/article/900002" not in client.get("/-/articles?q=quarzstrasse&edited=1").text
    assert "Nothing found" in client.get("/-/articles?q=quarzstrasse&until=2001-01-01").text


def test_results_are_counted_sorted_and_name_their_authors(client: httpx.Client) -> None:
    found = client.get("/-/articles?q=br%C3%BCcke&order=most-edited").text
    assert re.search(r"<strong>[\d,]+ results</strong>, .*most edited first", found)
    assert '<option value="most-edited" selected>' in found
    counts = [int(count) for count in re.findall(r"/versions/\d+\.\.(\d+)", found)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == VERSIONS
    assert '<p class="meta">Anna Äpfel, Bert Baum</p>' in found
    first = re.findall(r'<ol class="hits" start="(\d+)">', found)
    assert first == ["1"]
    gone = client.get("/-/articles?state=gone").text
    assert f"/-/article/{GONE}" in gone
    assert f"/-/article/{EDITED}" not in gone


def test_the_feed_of_a_search_is_newest_first_in_any_order_of_its_page(client: httpx.Client) -> None:
    feeds = [client.get(f"/-/articles.atom?q=br%C3%BCcke{order}").text for order in ("", "&order=oldest")]
    ids, others = (re.findall(r"<id>([^<]+)", feed) for feed in feeds)
    assert ids == others
    found = client.get("/-/articles?q=br%C3%BCcke&order=newest").text
    numbers = re.findall(r'<h2><a href="/-/article/(\d+)"', found)
    linked = re.findall(r"<link[^>]*/-/article/(\d+)[^>]*>", feeds[0])
    assert list(dict.fromkeys(linked))[: len(numbers)] == numbers


def test_pages_of_results_say_where_they_are(client: httpx.Client) -> None:
    first, second = (client.get(f"/-/articles?order=oldest&from={start}").text for start in (0, 30))
    assert ", 1 to 30, oldest first" in first
    assert ", 31 to " in second
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    assert "No more results." in client.get("/-/articles?from=9000").text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("q=farbe:+rot", "No field is called “farbe”"),
        ("q=br%C3%BCcke&author=Appel", 'Similar: <a lang="de" href="/-/articles?q=br%C3%BCcke'),
        ("q=br%C3%BCcke&author=Appel", "Without filters:"),
        ("q=br%C3%BCcke&tag=%3Cb%3E", "No topic has “&lt;b&gt;” in its name."),
        ("q=Kiesgrube", "In earlier versions:"),
    ],
)
def test_a_search_that_finds_nothing_says_why_and_what_does(
    client: httpx.Client, query: str, sentence: str
) -> None:
    page = client.get(f"/-/articles?{query}").text
    assert "Nothing found." in page
    assert sentence in page


def test_an_unknown_section_is_said_on_the_page_of_the_search(client: httpx.Client) -> None:
    answer = client.get("/-/articles?q=br%C3%BCcke&section=Sport")
    assert answer.status_code == 404
    assert "No section has “Sport” in its name." in answer.text


def test_a_search_offers_the_sections_and_keeps_to_one(tmp_path: Path) -> None:
    captures = [capture(BASE, 0, 6080001), capture(BASE, 1, 6080002), menu_capture([6080001], 2)]
    archive = archive_of(tmp_path / "taz.db", captures)
    with serving(archive) as url, httpx.Client(base_url=url, timeout=LONGEST) as client:
        assert '<option value="4611">Verkehr</option>' in client.get("/-/articles?q=regen").text
        found = client.get("/-/articles?q=regen&section=4611").text
        assert '<option value="4611" selected>Verkehr</option>' in found
        assert "/-/article/6080001" in found
        assert "/-/article/6080002" not in found
        assert "/-/article/6080002" not in client.get("/-/articles.atom?q=regen&section=4611").text


def test_a_number_or_address_in_the_search_field_leads_to_the_article(client: httpx.Client) -> None:
    for asked in (f"!{EDITED}", f"https://taz.de/Slug/!{EDITED}/"):
        answer = client.get("/-/articles", params={"q": asked})
        assert answer.status_code == 302
        assert answer.headers["location"] == f"/-/article/{EDITED}"


def test_the_paper_as_of_a_day_has_titles_as_they_read_then(client: httpx.Client) -> None:
    before = client.get("/-/paper/2025-03-31").text
    assert "Vorher" in before
    assert "Meldung 900001" not in before
    assert "Meldung 900001" in client.get("/-/paper/2025-04-01").text


def test_the_days_before_the_archive_are_shown_as_unknown(client: httpx.Client) -> None:
    assert "Nothing earlier was captured" in client.get("/-/paper/2000-01-01").text


def test_an_article_shows_its_links_its_story_and_what_became_of_it(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{EDITED}").text
    assert f'<a href="/-/article/{GONE}">will klagen</a>' in page
    assert 'class="unheld" href="/-/article/700009"' in page
    assert f"/-/article/{EDITED}/versions/2..3" in page
    assert "Gone" in client.get(f"/-/article/{GONE}").text
    assert ">back <time" in client.get(f"/-/article/{BACK}").text


def test_missing_text_of_an_article_is_marked_and_listed(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{CUT}").text
    assert page.count('<mark class="cut"') >= 1
    assert "Missing text" in page
    assert "Complete, as far as known" not in page
    assert "Complete, as far as known" in client.get(f"/-/article/{EDITED}").text


def test_text_healed_from_another_source_is_marked_and_listed(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{HEALED}").text
    assert '<span class="healed" title="These words are from meulie">' in page
    assert "healed</summary>" in page


def test_an_article_of_many_versions_lists_the_last_and_all_on_request(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{LONG}").text
    assert f">Version {VERSIONS}</a>" in page
    assert ">Version 2</a>" not in page
    assert ">Version 2</a>" in client.get(f"/-/article/{LONG}?history=all").text


def test_two_megabytes_are_shown_and_compared(client: httpx.Client) -> None:
    assert len(client.get(f"/-/article/{HUGE}").text) > 2_000_000
    difference = client.get(f"/-/article/{HUGE}/versions/1..2")
    assert "<ins>anders.</ins>" in difference.text
    assert len(difference.text) < 20_000


def test_a_difference_marks_words_and_folds_what_stayed(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{EDITED}/versions/1..2").text
    assert "<del>alter</del> <ins>neuer</ins>" in page
    sides = client.get(f"/-/article/{EDITED}/versions/1..2?view=split").text
    assert "<del>alter</del> Streit</p><p>" in sides


def test_a_difference_counts_sentences(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{HUGE}/versions/1..2").text
    assert re.search(r"Sentences: \d+ (added|changed)", page)


def test_versions_may_be_compared_backwards_and_with_themselves(client: httpx.Client) -> None:
    assert "<ins>alter</ins>" in client.get(f"/-/article/{EDITED}/versions/2..1").text
    assert "No word differs" in client.get(f"/-/article/{EDITED}/versions/2..2").text


def test_the_slider_leads_to_what_a_version_changed(client: httpx.Client) -> None:
    answer = client.get(f"/-/article/{EDITED}/versions?to=3&from=")
    assert answer.headers["location"] == f"/-/article/{EDITED}/versions/2..3"
    answer = client.get(f"/-/article/{EDITED}/versions?to=3&from=1&view=split")
    assert answer.headers["location"] == f"/-/article/{EDITED}/versions/1..3?view=split"


@pytest.mark.parametrize("page", FEEDS)
def test_feeds_are_atom_with_what_every_entry_must_have(client: httpx.Client, page: str) -> None:
    answer = client.get(page)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}id", "").startswith("tag:taz.de,2025:taz-archive/feed/")
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    for entry in entries:
        assert entry.findtext(f"{ATOM}id", "").startswith("tag:taz.de,2025:taz-archive/")
        assert entry.findtext(f"{ATOM}title")
        assert entry.findtext(f"{ATOM}updated", "").endswith("Z")


def test_a_feed_of_edits_tells_words_that_changed_and_no_markup_of_the_page_is_markup_there(
    client: httpx.Client,
) -> None:
    feed = ET.fromstring(client.get("/-/feed/edited.atom").content)
    tags = {element.tag.removeprefix(XHTML) for element in feed.iter() if element.tag.startswith(XHTML)}
    assert tags == {"div", "p", "b", "del", "ins"}


def test_a_topic_without_a_number_is_found_by_its_name(client: httpx.Client) -> None:
    assert f"/-/article/{HOSTILE}" in client.get("/-/topic/2024").text
    assert "taz.de/!t2024" not in client.get("/-/topic/2024").text
    assert f"/-/article/{next(iter(SPELT))}" in client.get("/-/topic/51").text
    assert "taz.de/!t51/" in client.get("/-/topic/51").text


def test_pages_that_write_are_refused(client: httpx.Client) -> None:
    assert client.post("/-/paper/").status_code in (400, 403)
    assert client.get("/paper?sql=delete+from+articles").status_code == 400
    assert client.get(f"/-/article/{EDITED}").status_code == 200


def test_behind_a_prefix_and_a_proxy_every_link_has_both(path: Path) -> None:
    command = ["-m", "archive", "serve", str(path), "--prefix", "archiv"]
    more = ["--", "--setting", "force_https_urls", "on"]
    with running(*command, more=more, check="/archiv/-/versions.json") as home:
        for page in PAGES:
            links = re.findall(
                r' (?:href|src|action)="(/[^"]*)', httpx.get(f"{home}/archiv{page}", timeout=LONGEST).text
            )
            assert links
            assert [link for link in links if not link.startswith("/archiv/")] == []
        moved = httpx.get(f"{home}/archiv/-/articles?q=!{EDITED}", timeout=LONGEST)
        memento = httpx.get(f"{home}/archiv/-/timegate/https://taz.de/!{EDITED}/", timeout=LONGEST)
    assert moved.headers["location"] == f"/archiv/-/article/{EDITED}"
    assert re.match(r"https://127\.0\.0\.1:\d+/archiv/-/article/", memento.headers["location"])


def test_an_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    with open_writer(tmp_path / "empty.db"):
        pass
    with serving(tmp_path / "empty.db") as home:
        for page in ("/-/paper/", "/-/articles", "/-/charts", "/-/feed/new.atom", "/-/feed/edited.atom"):
            assert httpx.get(home + page, timeout=LONGEST).status_code == 200
        assert "This archive is empty" in httpx.get(f"{home}/-/paper/", timeout=LONGEST).text


def test_an_archive_of_an_earlier_release_is_reported_as_such(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    with open_writer(path) as archive:
        change(archive, "DELETE FROM _sqlite_migrations")
    with serving(path) as home:
        answer = httpx.get(f"{home}/-/paper/", timeout=LONGEST)
    assert answer.status_code == 503
    assert "earlier release" in answer.text
    assert str(tmp_path) not in answer.text


def test_an_archive_locked_by_another_program_is_reported_as_locked(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    with open_writer(path):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        assert db.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        db.execute("BEGIN EXCLUSIVE")
        with serving(path) as home:
            answer = httpx.get(f"{home}/-/paper/", timeout=LONGEST)
    assert answer.status_code == 503
    assert "locked" in answer.text
    assert answer.headers["retry-after"]


def test_a_slow_page_is_given_up_with_an_error_page(path: Path) -> None:
    async def answer() -> Response:
        datasette = Datasette([str(path)])
        await datasette.invoke_startup()
        request = Request.fake("/-/paper/")
        request.scope["csrftoken"] = str  # as Datasette's own middleware does
        return await datasette_view(front_page, is_slow=True, seconds=0)(request, datasette)

    found = asyncio.run(answer())
    assert found.status == 503
    assert "took too long" in found.body


def test_a_plain_datasette_shows_the_reading_room_and_table_descriptions(path: Path) -> None:
    with serving(path) as home:
        assert httpx.get(f"{home}/-/article/{EDITED}", timeout=LONGEST).status_code == 200
        assert "Read the archive" in httpx.get(f"{home}/?datasette", timeout=LONGEST).text
        table = httpx.get(f"{home}/paper/changes", timeout=LONGEST).text
        assert "One row per edit" in table
        assert httpx.get(f"{home}/-/settings.json", timeout=LONGEST).json()["suggest_facets"] is False
        edits = httpx.get(f"{home}/paper/edited_headlines", timeout=LONGEST).text
        assert f'<a href="/-/article/{EDITED}">{EDITED}</a>' in edits


def test_without_the_plugin_datasette_opens_everything(path: Path) -> None:
    with running("-c", BARE, "serve", str(path)) as home:
        assert httpx.get(f"{home}/-/charts", timeout=LONGEST).status_code == 404
        tables = [
            table["name"] for table in httpx.get(f"{home}/paper.json", timeout=LONGEST).json()["tables"]
        ]
        assert {"articles", "versions"} <= set(tables)
        for table in [*tables, "latest", "changes"]:
            assert httpx.get(f"{home}/paper/{table}", timeout=LONGEST).status_code == 200


def test_an_archive_whose_name_has_a_dot_is_linked_as_datasette_has_it(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.2025.db", [capture_of(BRIDGE, EDITED)])
    with serving(path) as home:
        page = httpx.get(f"{home}/-/article/{EDITED}", timeout=LONGEST).text
        tables = [part.partition('"')[0] for part in page.split('href="/taz')[1:]]
        assert tables
        for table in tables:
            assert httpx.get(f"{home}/taz{table.replace('&amp;', '&')}", timeout=LONGEST).status_code == 200


def test_a_published_copy_is_served_as_it_is(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM INTO ?", [str(copy)])
    with serving(immutables=[copy]) as home:
        assert httpx.get(f"{home}/-/article/{EDITED}", timeout=LONGEST).status_code == 200


def test_another_database_is_not_served_as_an_archive(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, article INTEGER)")
        db.execute("INSERT INTO things VALUES (1, 7)")
        db.commit()
    with serving(tmp_path / "other.db") as home:
        assert "Read the archive" not in httpx.get(home, timeout=LONGEST).text
        assert (
            "/-/article/"
            not in httpx.get(f"{home}/other?sql=select+article+from+things", timeout=LONGEST).text
        )
        assert httpx.get(f"{home}/-/settings.json", timeout=LONGEST).json()["suggest_facets"] is True
        assert "No archive is served here" in httpx.get(f"{home}/-/paper/", timeout=LONGEST).text


def test_a_user_without_permission_for_the_tables_cannot_read_the_room(path: Path) -> None:
    metadata = {"databases": {"paper": {"tables": {"versions": {"allow": False}}}}}
    with serving(path, metadata=metadata) as home:
        assert httpx.get(f"{home}/-/article/{EDITED}", timeout=LONGEST).status_code == 403
        assert httpx.get(f"{home}/paper/articles", timeout=LONGEST).status_code == 200


def test_only_the_corrected_letter_is_marked_in_pages_and_feeds(tmp_path: Path) -> None:
    texts = ("Das Donaudampfschiffahrtsgesetz gilt.", "Das Donaudampfschifffahrtsgesetz gilt.")
    captures = [
        capture_of(replace(BRIDGE, blocks=(Paragraph(text),), links=()), EDITED, NOON + at * HOUR)
        for at, text in enumerate(texts)
    ]
    with serving(archive_of(tmp_path / "paper.db", captures)) as home:
        page = httpx.get(f"{home}/-/article/{EDITED}/versions/1..2", timeout=LONGEST).text
        sides = httpx.get(f"{home}/-/article/{EDITED}/versions/1..2?view=split", timeout=LONGEST).text
        feed = httpx.get(f"{home}/-/feed/edited.atom", timeout=LONGEST).text
    marked = "Das Donaudampfschiff<ins>f</ins>ahrtsgesetz gilt."
    assert f"<p>{marked}</p>" in page
    assert f"<p>{texts[0]}</p><p>{marked}</p>" in sides
    assert marked in feed
