"""Any spelling of a page's address is the one key; a link that leads elsewhere has no key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Kind, PageKey
from archive.pagekey import NUMBER_LIMIT, ROOT, key_in, page_key, selector
from archive.store.db.schema import VERSIONS_PER_ARTICLE

ARTICLE = PageKey(Kind.ARTICLE, 6081430)


@pytest.mark.parametrize(
    "target",
    [
        "/!6081430",
        "/Some-Slug/!6081430",
        "/Größe-&-Maß/!6081430",
        "/Frage?/!6081430",
        "/Wut!/!6081430",
        "/!6081430/",
        "/!6081430.html",
        "/!6081430abc",
        "/!6081430#kommentare",
        "/!6081430?ref=!5",
        "/!6081430#!5",
        "/C#-Kurs/!6081430",
        "/C#-Kurs?/!6081430",
        "/100%25/!6081430",
        "/Ein Slug/!6081430",
        "gopher://taz.de/1/C#-Kurs/!6081430",
        "gopher://taz.de/1/C%23-Kurs/!6081430",
        "gopher://taz.de./1/!6081430",
        "gemini://TAZ.de./!6081430",
        "https://gopher.mills.io./taz.de./1/%216081430",
        "https://gopher.fuckup.solutions/?q=taz.de./1/C#-Kurs/!6081430",
        "https://gopherspace.de/proxy/phoxy.php?host=taz.de.&pfad=/!6081430",
        "https://gemini.nicfab.eu/lxy/external/taz.de%2F%216081430",
        "https://gem.celery.eu.org/kennedy.gemi.dev/archive/cached?t=1&url=gemini%3A%2F%2Ftaz.de%2F%216081430",
        "gemini://kennedy.gemi.dev/archive/cached?url=gemini%3A%2F%2Ftaz.de%2FSlug%2F%216081430",
        "%216081430",
        "/%216081430",
        "/1/%216081430",
        "/1/Some-Slug/%216081430",
        "/taz.de/1/%216081430",
        "/taz.de/1/Some-Slug/%216081430",
        "?q=taz.de%2F1%2F%216081430",
        "/?url=gopher%3A%2F%2Ftaz.de%3A70%2F1%2F%216081430",
        "/proxy/phoxy.php?host=taz.de&pfad=/!6081430",
        "gopher://taz.de/1/!6081430",
        "gopher://taz.de/1!6081430",
        "gopher://taz.de:70/1/Some-Slug/%216081430",
        "gopher://taz.de/1/Frage?/!6081430",
        "gophers://taz.de/1/!6081430",
        "gemini://taz.de/!6081430",
        "https://taz.de/Some-Slug/!6081430/",
        "http://www.taz.de/!6081430",
        "HTTPS://TAZ.DE/!6081430",
        "//taz.de/!6081430",
    ],
)
def test_every_spelling_of_an_article_is_one_key(target: str) -> None:
    assert page_key(target) == ARTICLE


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/!t5008005", PageKey(Kind.TOPIC, 5008005)),
        ("/Nato/!t5008005", PageKey(Kind.TOPIC, 5008005)),
        ("/Politik/!p4611/", PageKey(Kind.SECTION, 4611)),
        ("https://taz.de/Anna-Aepfel/!a22350/", PageKey(Kind.AUTHOR, 22350)),
        ("", ROOT),
        ("/", ROOT),
        ("gopher://taz.de", ROOT),
        ("gopher://taz.de/", ROOT),
        ("gopher://taz.de/1", ROOT),
        ("https://taz.de/", ROOT),
    ],
)
def test_topics_sections_authors_and_the_root_have_keys(target: str, key: PageKey) -> None:
    assert page_key(target) == key


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/!5",
        "https://example.org/",
        "//evil.example/!1",
        "https://taz.de@evil.example/!1",
        "https://taz.de:x@evil.example/!1",
        "gopher://taz.de.evil/1/!1",
        "gopher://eviltaz.de/1/!1",
        "https://shop.taz.de/!1",
        "javascript:alert(1)!5",
        "javascript:!5",
        "mailto:a!5@taz.de",
        "data:text/plain,!5",
        "gopher://taz.de/h/URL:https://example.org/!6001",
        "gopher://taz.de/hURL:https://example.org/!6001",
        "gopher://taz.de/h/URL:https://example.org/?to=/!6001",
        "gopher://taz.de/1/URL%3Ahttps://example.org/%216001",
        "URL:https://example.org/!6001",
        "/URL:https://example.org/!6001",
        "https://gopher.mills.io/taz.de/h/URL:https://example.org/!6001",
        "https://gopher.fuckup.solutions/?q=taz.de/hURL:https://example.org/!6001#!6001",
        "https://taz.de/impressum#!6001",
        "gopher://taz.de../1/!5",
        "gopher://./1/!5",
        "https://[broken",
        "https://[::1]/!5",
        "/impressum",
        "/!",
        "/!x5",
        "/!tt5",
        "/!T5",
        "/! 5",
        "/!-5",
        "/!٣٤",
        "/!６",
        "/!99999999999999999999",
        "/!100000000000",
        "/!0",
        "/!000",
        "/!p0",
        "gopher://taz.de/1/!0",
    ],
)
def test_a_url_of_another_site_has_no_key(target: str) -> None:
    assert page_key(target) is None


def test_of_several_keys_the_last_counts() -> None:
    assert page_key("/!5/!6081430") == ARTICLE


def test_ids_of_versions_are_integers_that_javascript_holds_exactly() -> None:
    assert NUMBER_LIMIT * VERSIONS_PER_ARTICLE < 2**53
    assert key_in("/!99999999999") == PageKey(Kind.ARTICLE, 99_999_999_999)


@given(st.sampled_from([kind for kind in Kind if kind is not Kind.ROOT]), st.integers(1, NUMBER_LIMIT - 1))
def test_a_selector_leads_to_its_key(kind: Kind, number: int) -> None:
    key = PageKey(kind, number)
    assert page_key(selector(key)) == key == page_key(f"gopher://taz.de/1{selector(key)}")


def test_the_roots_selector_is_empty() -> None:
    assert page_key(selector(ROOT)) == ROOT


@given(st.text())
def test_any_text_gives_a_key_or_none(target: str) -> None:
    assert page_key(target) is None or isinstance(page_key(target), PageKey)
