"""A version as a file, and its citation, whatever it contains."""

import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from archive.datasette.html.citation import chicago
from archive.export.bibtex import CitedVersion, write_bibtex
from tests.support.servers.reading_room import EDITED, HOSTILE, make_room_archive

CITED = CitedVersion(
    article=-26,
    number=2,
    title="100 % „Klima & Co“? {\\input{/etc/passwd}} #1_a $x^2$ ~ }\x1b[0m\nund mehr",
    authors=("Erika Muster", "Brot and Spiele", "Muster, Max"),
    published=None,
    first_seen="2025-04-10T12:00:00.000Z",
    url="https://archive.example/-/article/-26/as-of/2025-04-10T12:00:00.000Z}%20{",
    digest="0" * 64,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("downloads") / "paper.db"
    make_room_archive(path, large=False)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "media_type", "words"),
    [
        ("txt", "text/plain", "# taz.de -- Brücke in Großau: Neue Straße"),
        ("md", "text/markdown", "# Brücke in Großau: Neue Straße"),
        ("json", "application/json", '"id":700001,"version":2'),
        ("bib", "application/x-bibtex", "@article{taz700001v2,"),
    ],
)
def test_a_version_is_downloaded_as_a_file(
    client: httpx.Client, form: str, media_type: str, words: str
) -> None:
    file = client.get(f"/-/article/{EDITED}/versions/2/download.{form}")
    assert file.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert file.headers["content-disposition"] == f'attachment; filename="taz-{EDITED}-2.{form}"'
    assert file.text.startswith(words) or words in file.text
    latest = client.get(f"/-/article/{EDITED}/download.{form}")
    assert f"{EDITED}-3.{form}" in latest.headers["content-disposition"]
    hostile = client.get(f"/-/article/{HOSTILE}/download.{form}")
    assert hostile.headers["content-type"].startswith(media_type)
    assert hostile.headers["x-content-type-options"] == "nosniff"
    assert f"download.{form}" in client.get(f"/-/article/{EDITED}").text


@pytest.mark.slow
def test_json_has_the_columns_of_exports(client: httpx.Client) -> None:
    version = json.loads(client.get(f"/-/article/{HOSTILE}/versions/1/download.json").text)
    assert (version["id"], version["version"], version["version_count"]) == (HOSTILE, 1, 2)
    assert [author["name"] for author in version["authors"]][-1] == "Ännchen"
    assert version["links"][0]["target"].startswith("javascript:")


@pytest.mark.slow
def test_the_citation_on_the_page_leads_to_the_version(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{EDITED}/versions/2").text
    citation = unescape(re.findall(r'<textarea id="cite-chicago"[^>]*>([^<]+)<', page)[0])
    assert "“Brücke in Großau: Neue Straße, neuer Streit,” taz, die tageszeitung" in citation
    assert "version 2" in citation
    original, url = re.findall(r"http\S+?(?=[,.](?: |$))", citation)
    assert original == f"https://taz.de/!{EDITED}/"
    assert "version 2 of 3" in client.get(url).text
    assert (
        "„Brücke in Großau: Neue Straße, neuer Streit“, taz"
        in client.get(f"/-/article/{EDITED}/versions/2?lang=de").text
    )
    hostile = client.get(f"/-/article/{HOSTILE}").text
    assert hostile.count("<textarea") == hostile.count("</textarea") == 2


def test_no_text_ends_a_field_of_bibtex_or_makes_another_author() -> None:
    entry = write_bibtex(CITED)
    assert entry.startswith("@article{taz-26v2,\n")
    depth = 0
    for sign in entry:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    [authors] = re.findall(r"author = \{(.*)\},\n", entry)
    assert authors == "Erika Muster and {Brot and Spiele} and {Muster, Max}"
    [title] = re.findall(r"title = \{\{(.*)\}\},\n", entry)
    assert title.startswith(r"100 \% „Klima \& Co“? {\textbraceleft}{\textbackslash}input{\textbraceleft}")
    assert "\x1b" not in entry
    assert len(entry.splitlines()) == 9
    assert "2025-04-10T12:00:00.000Z%20}" in entry


def test_a_citation_names_three_authors_and_no_comma_follows_a_question_mark() -> None:
    english, german = chicago(CITED, "en"), chicago(CITED, "de")
    assert english.startswith("Erika Muster, Brot and Spiele and Muster, Max, “100 % ‚Klima")
    assert "und mehr,” taz, die tageszeitung, undated, version 2" in english
    assert german.startswith("Erika Muster, Brot and Spiele und Muster, Max: „100 % ‚Klima")
