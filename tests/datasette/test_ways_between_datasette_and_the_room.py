"""From Datasette to the reading room and back: the site's root, rows, and what search engines may do."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.running.time_limit import LONGEST
from tests.support.servers.reading_room import EDITED, make_room_archive, running, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ways") / "paper.db"
    make_room_archive(path, large=False)
    return path


def test_the_root_leads_to_the_reading_room_and_with_a_query_to_the_index(client: httpx.Client) -> None:
    for method in ("GET", "HEAD"):
        answer = client.request(method, "/")
        assert (answer.status_code, answer.headers["location"]) == (302, "/-/paper/")
    assert "Read the archive" in client.get("/?datasette").text
    assert "paper" in client.get("/.json").json()
    assert client.post("/").status_code != 302
    assert '"/?datasette"' in client.get("/-/paper/").text


def test_the_root_is_datasettes_without_an_archive_and_the_operators_with_their_own_index(
    path: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT)")
        db.execute("INSERT INTO articles VALUES (7, 'Ours')")
        db.commit()
    with serving(tmp_path / "other.db") as home:
        assert httpx.get(home, timeout=LONGEST).status_code == 200
        assert httpx.get(f"{home}/robots.txt", timeout=LONGEST).status_code == 404
        assert "x-robots-tag" not in httpx.get(home, timeout=LONGEST).headers
        assert "/-/article/" not in httpx.get(f"{home}/other/articles", timeout=LONGEST).text
    with serving(tmp_path / "other.db", path) as home:
        assert httpx.get(home, timeout=LONGEST).status_code == 302
        assert "/other" in httpx.get(f"{home}/?datasette", timeout=LONGEST).text
        assert "/-/article/" not in httpx.get(f"{home}/other/articles", timeout=LONGEST).text
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/index.html").write_text("My newspapers", encoding="utf-8")
    command = ["-m", "archive", "serve", str(path), "--allow-robots"]
    with running(*command, more=["--", "--template-dir", str(tmp_path / "templates")]) as home:
        assert httpx.get(home, timeout=LONGEST).text == "My newspapers"
        assert httpx.get(f"{home}/robots.txt", timeout=LONGEST).text == "User-agent: *\nDisallow:\n"
        page = httpx.get(f"{home}/-/paper/", timeout=LONGEST)
    assert "x-robots-tag" not in page.headers
    assert 'name="robots"' not in page.text


def test_search_engines_may_show_no_page(client: httpx.Client) -> None:
    robots = client.get("/robots.txt")
    assert robots.text == "User-agent: *\nDisallow: /\n"
    assert robots.headers["content-type"].startswith("text/plain")
    for page in ("/-/paper/", f"/-/article/{EDITED}", "/-/feed/new.atom", "/paper/articles", "/paper.json"):
        assert "noindex" in client.get(page).headers["x-robots-tag"]
    assert '<meta name="robots" content="noindex">' in client.get("/-/paper/").text


@pytest.mark.parametrize(
    ("page", "links"),
    [
        ("articles?id=700001", [r'<a href="/-/article/700001">Brücke in Großau: [^<]+</a>']),
        ("articles/700001", [r'700001 · <a href="/-/article/700001"']),
        (
            "versions?article_id=700001",
            [
                r'<a href="/paper/articles/700001">[^<]+</a>&nbsp;<em>700001</em> · <a href="/-/art',
                r'<a href="/-/article/700001/versions/2">2</a>',
            ],
        ),
        ("captures?article_id=700001", [r"<em>7000010003</em> · <a href=\"/-/article/700001/versions/3\""]),
        ("latest?article_id=700001", [r'<a href="/-/article/700001">700001</a>']),
        ("changes?article_id=700001", [r'<a href="/-/article/700001/versions/1..2">2</a>']),
        ("latest?_col=title&article_id=700001", [r"Neue Straße, neuer Streit"]),
    ],
)
def test_rows_lead_to_the_pages_of_their_articles_and_versions(
    client: httpx.Client, page: str, links: list[str]
) -> None:
    answer = client.get(f"/paper/{page}")
    assert answer.status_code == 200
    for link in links:
        assert re.search(link, answer.text), link
    for target in set(re.findall(r'href="(/-/article/[^"]+)"', answer.text)):
        assert client.get(target).status_code == 200


def test_an_article_leads_to_its_rows(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{EDITED}/versions/2").text
    for row in (f"/paper/articles/{EDITED}", f"/paper/versions/{EDITED}0002"):
        assert f'href="{row}"' in page
        assert client.get(row).status_code == 200
