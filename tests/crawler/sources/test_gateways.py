"""Gateways' URLs: a page's key and its URL at each gateway, both ways; where links on their pages lead."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import SourceError
from archive.gateways import (
    GATEWAYS,
    UrlReader,
    destination,
    in_gemini_gateway,
    in_host_and_pfad,
    in_path,
    in_q,
    in_url,
)
from archive.model import Kind, PageKey
from archive.pagekey import ROOT, page_key
from archive.paper import HOSTS
from archive.renditions.decode import RENDITIONS
from crawler.sources.registry import source_kinds, source_of

ARTICLE = PageKey(Kind.ARTICLE, 6081430)
NAMES = [gateway.name for gateway in GATEWAYS]
URLS = {
    "meulie": "https://gopherproxy.meulie.net/taz.de/1/%216081430",
    "mills": "https://gopher.mills.io/taz.de/1/%216081430",
    "cortex": "https://bbs.cortex-media.info/taz.de/1/%216081430",
    "fuckup": "https://gopher.fuckup.solutions/?q=taz.de%2F1%2F%216081430",
    "kroovy": "https://phroot.kroovy.de/gopherproxy/?q=taz.de%2F1%2F%216081430",
    "miga": "https://gopher.miga.me.uk/?url=gopher%3A%2F%2Ftaz.de%3A70%2F1%2F%216081430",
    "phoxy": "https://gopherspace.de/proxy/phoxy.php?host=taz.de&pfad=/!6081430",
    "nicfab": "https://gemini.nicfab.eu/lxy/external/taz.de%2F%216081430",
}
KEYS = st.builds(
    PageKey, st.sampled_from([kind for kind in Kind if kind is not Kind.ROOT]), st.integers(1, 10**9)
)
BASES = ["http://127.0.0.1:8080/", "https://127.0.0.1:8443", "http://[::1]:8080/", "http://localhost/"]


@pytest.mark.parametrize("name", NAMES)
def test_an_article_has_the_url_that_the_gateway_gives_it(name: str) -> None:
    source, keys = source_of([], via=name)
    assert keys == [ROOT]
    assert source.url(ARTICLE) == URLS[name]


@pytest.mark.parametrize("name", NAMES)
@given(KEYS | st.just(ROOT))
def test_a_pages_url_leads_back_to_its_key(name: str, key: PageKey) -> None:
    source, _ = source_of([], via=name)
    assert source_kinds()[name].read_seed(source.url(key)) == (source, key)
    assert page_key(source.url(key)) == key


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("base", BASES)
def test_a_server_of_ones_own_keeps_scheme_host_and_port(name: str, base: str) -> None:
    source, key = source_kinds()[name].read_seed(base)
    assert key == ROOT
    for page in (ROOT, ARTICLE):
        assert urlsplit(source.url(page))[:2] == urlsplit(base)[:2]
        assert source_kinds()[name].read_seed(source.url(page)) == (source, page)


def test_equal_addresses_are_one_source() -> None:
    source, keys = source_of(
        ["https://gopher.mills.io:443/taz.de/1/!5", "https://gopher.mills.io/"], via="mills"
    )
    assert (source, keys) == (
        source_kinds()["mills"].read_seed(source_kinds()["mills"].home)[0],
        [PageKey(Kind.ARTICLE, 5), ROOT],
    )


@pytest.mark.parametrize("name", source_kinds())
def test_a_dot_after_a_host_names_the_same_source(name: str) -> None:
    source, _ = source_of([], via=name)
    home = source_kinds()[name].home.replace(source.host, f"{source.host.upper()}.")
    assert source_kinds()[name].read_seed(home)[0] == source


def test_each_gateway_has_hosts_of_its_own() -> None:
    hosts = [host for gateway in GATEWAYS for host in gateway.hosts]
    assert len(set(hosts)) == len(hosts)


@pytest.mark.parametrize("name", NAMES)
def test_a_source_sends_a_rendition_there_is(name: str) -> None:
    source, _ = source_of([], via=name)
    assert source.name == name
    assert source.rendition in RENDITIONS
    assert source.truncates == (name == "meulie")
    assert page_key(source.url(ARTICLE)) == ARTICLE


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("meulie", "https://h/taz.de/1/Some-Slug/%216081430"),
        ("meulie", "https://h/taz.de/1/!6081430"),
        ("meulie", "https://h/taz.de:70/1/Warum?/!6081430"),
        ("mills", "https://h/taz.de/1/Warum%3F/%216081430"),
        ("mills", "https://h/TAZ.DE/1/%216081430#kommentare"),
        ("mills", "https://h/taz.de/%216081430"),
        ("fuckup", "https://h/?q=taz.de/1/!6081430"),
        ("fuckup", "https://h/?q=gopher://taz.de/1/!6081430"),
        ("fuckup", "https://h/?q=taz.de/1/Größe-&-Maß/!6081430"),
        ("fuckup", "https://h/?q=taz.de%2F1%2F%216081430&p="),
        ("kroovy", "https://h/gopherproxy/?q=taz.de:70/1/!6081430"),
        ("fuckup", "https://h./?q=taz.de./1/!6081430"),
        ("miga", "https://h/?url=gopher://taz.de/1/!6081430"),
        ("miga", "https://h/?url=taz.de%2F1%2FSlug%2F%216081430"),
        ("phoxy", "https://h/proxy/phoxy.php?host=taz.de&port=70&pfad=/Slug/!6081430"),
        ("phoxy", "https://h/proxy/phoxy.php?host=taz.de&pfad=%2F%216081430"),
        ("nicfab", "https://h/lxy/external/taz.de/Slug/!6081430"),
        ("nicfab", "https://h/lxy/external/gemini%3A%2F%2FTAZ.de.%3A1965%2F%216081430"),
    ],
)
def test_every_spelling_of_a_gateways_url_is_read(name: str, url: str) -> None:
    assert source_kinds()[name].read_seed(url)[1] == ARTICLE


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "url",
    [
        "gopher://taz.de/1/!5",
        "https:///!5",
        "https://user@h/taz.de/1/!5",
        "https://h:0/",
        "https://h:99999/",
        "https://[broken",
        "https://h/example.org/1/!5",
        "https://h/?q=example.org/1/!5",
        "https://h/?url=gopher://example.org/1/!5",
        "https://h/p?host=example.org&pfad=/!5",
        "https://h/taz.de:7070/1/!5?q=taz.de:7070/1/!5",
        "https://h/lxy/external/example.org%2F%215",
        "https://h/lxy/external/taz.de%3A70%2F%215",
        "https://h/impressum",
        "https://h/taz.de/1/impressum?q=taz.de/1/impressum",
        "",
    ],
)
def test_a_url_that_is_not_a_page_of_the_paper_is_refused(name: str, url: str) -> None:
    with pytest.raises(SourceError) as caught:
        source_kinds()[name].read_seed(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://gopher.mills.io/",
        "https://gopher.mills.io/example.org/1/!5",
        "https://gopher.mills.io/taz.de:7070/1/!5",
        "https://example.org/taz.de/1/!5",
        "https://evil.example/?q=taz.de/1/!5",
        "ftp://gopher.mills.io/taz.de/1/!5",
        "https://gopherspace.de/proxy/phoxy.php?host=taz.de.evil.example&pfad=/!5",
        "https://gopher.mills.io@evil.example/taz.de/1/!5",
        "https://gemini.nicfab.eu/lxy/external/example.org%2F%215",
        "https://gemini.nicfab.eu/archive/cached?url=gemini%3A%2F%2Ftaz.de%2F%215",
        "https://gem.celery.eu.org/kennedy.gemi.dev/archive/cached?url=gemini%3A%2F%2Fexample.org%2F%215",
        "https://gem.celery.eu.org/a/b/archive/cached?url=gemini%3A%2F%2Ftaz.de%2F%215",
    ],
)
def test_only_a_known_gateways_url_of_the_papers_page_has_a_key(url: str) -> None:
    assert page_key(url) is None


# -- Links on a page --------------------------------------------------------------------------------

ALL: dict[str, UrlReader] = {
    "path": in_path,
    "q": in_q,
    "url": in_url,
    "pfad": in_host_and_pfad,
    "gemini": in_gemini_gateway,
}


@pytest.mark.parametrize(
    ("form", "href", "target"),
    [
        ("path", "/taz.de/1/Some-Slug/%215", "/Some-Slug/!5"),
        ("path", "/taz.de:70/1/%21t5", "/!t5"),
        ("path", "https://gopher.mills.io/taz.de/1/%215", "/!5"),
        ("path", "https://evil.example/taz.de/1/%215", "https://evil.example/taz.de/1/%215"),
        ("path", "/taz.de:7070/1/%215", "gopher://taz.de:7070/1/!5"),
        ("path", "/example.org/0/a%20b", "gopher://example.org/0/a%20b"),
        ("path", "/taz.de/1//evil.example/!5", "/evil.example/!5"),
        ("path", "/taz.de/1/URL%3Ahttps://example.org/a?b=c", "https://example.org/a?b=c"),
        ("path", "/taz.de/hURL:https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("path", "/taz.de/I", None),
        ("path", "/taz.de/I/bild.jpg", "/bild.jpg"),
        ("path", "/style.css", "gopher://style.css/1"),
        ("path", "/impressum", None),
        ("path", "/taz.de./1/%215", "/!5"),
        ("q", "?q=taz.de/1/C#-Kurs/!5", "/C#-Kurs/!5"),
        ("path", "", None),
        ("q", "?q=taz.de/1/!5", "/!5"),
        ("q", "/gopherproxy/?q=taz.de%2F1%2FSlug%2F%215", "/Slug/!5"),
        ("q", "?q=taz.de/1URL:https://example.org/?a=1&b=2", "https://example.org/?a=1&b=2"),
        ("q", "?q=taz.de/1URL:javascript:alert(1)", None),
        ("q", "?q=example.org:7070/1/x", "gopher://example.org:7070/1/x"),
        ("q", "?p=taz.de/1/!5", None),
        ("url", "?url=gopher%3A%2F%2Ftaz.de%3A70%2F1%2F%215", "/!5"),
        ("url", "?url=file%3A%2F%2F%2Fetc%2Fpasswd", None),
        ("pfad", "phoxy.php?host=taz.de&pfad=/Slug/!5", "/Slug/!5"),
        ("pfad", "phoxy.php?host=taz.de", "/"),
        ("pfad", "phoxy.php?host=&pfad=/!5", None),
        ("gemini", "/lxy/external/taz.de%2FSlug%2F%215", "/Slug/!5"),
        ("gemini", "/lxy/external/taz.de", "/"),
        ("gemini", "/lxy/external/example.org%2Fa%3Fb", "gemini://example.org/a?b"),
        ("gemini", "/lxy/external/example.org%3A1966%2Fa%20b", "gemini://example.org:1966/a%20b"),
        ("gemini", "/lxy/external/javascript:alert(1)", None),
        ("gemini", "/kennedy.gemi.dev/archive/cached?t=1&url=gemini%3A%2F%2Ftaz.de%2F%215", "/!5"),
        ("gemini", "/archive/cached?url=gemini://taz.de/Slug/!5", "/Slug/!5"),
        ("gemini", "/archive/cached?url=https%3A%2F%2Ftaz.de%2F%215", None),
    ],
)
def test_a_link_has_the_target_of_its_gopher_row(form: str, href: str, target: str | None) -> None:
    assert destination(href, ALL[form], HOSTS).target == target


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("mailto:a!5@taz.de", "mailto:a!5@taz.de"),
        (" https://example.org/\n", "https://example.org/"),
        ("javascript:alert(1)//!5", None),
        ("JavaScript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,<script>alert(1)</script>", None),
        ("vbscript:x", None),
        ("file:///etc/passwd", None),
        ("//evil.example/!5", "https://evil.example/!5"),
        ("https://taz.de@evil.example/!5", "https://taz.de@evil.example/!5"),
        ("https://[broken", None),
        ("#top", None),
    ],
)
def test_a_hostile_link_stays_a_string_or_none(form: str, href: str, target: str | None) -> None:
    assert destination(href, ALL[form], HOSTS).target == target
    assert target is None or page_key(target) is None


@given(st.text(), st.sampled_from(sorted(ALL)))
def test_any_link_leads_somewhere_or_nowhere(href: str, form: str) -> None:
    target = destination(href, ALL[form], HOSTS).target
    assert target is None or target.startswith("/") or ":" in target
