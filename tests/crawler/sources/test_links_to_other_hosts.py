"""A link on a page never decides which host and port a crawl asks, and adds no line to the request."""

from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.model import Kind, PageKey
from archive.pagekey import key_in, page_key
from crawler.sources.registry import choose_sources, source_kinds

TO_OTHER_HOSTS = [
    "gopher://evil.example/1/!6040001",
    "gopher://taz.de:25/1/!6040001",
    "gopher://taz.de@evil.example/1/!6040001",
    "gopher://user:pass@taz.de/1/!6040001",
    "gopher://[::1]/1/!6040001",
    "gopher://[::ffff:127.0.0.1]:6379/1/!6040001",
    "gopher://127.1/1/!6040001",
    "gopher://2130706433/1/!6040001",
    "gopher://localhost:6379/1CONFIG%0d%0aSET%0d%0a!6040001",
    "//evil.example/!6040001",
    "\\\\evil.example\\!6040001",
    "/redirect?url=http://evil.example/!6040001",
    "/proxy/phoxy.php?host=evil.example&pfad=/!6040001",
    "?q=evil.example%2F1%2F%216040001",
    "/?url=gopher%3A%2F%2Fevil.example%3A25%2F1%2F%216040001",
    "/!6040001\r\nHost: evil.example",
    "/!6040001\tevil.example\t25",
    "/!6040001#@evil.example",
    "/!6040001@evil.example:25/",
]
NAME_NO_PAGE = [
    "URL:http://169.254.169.254/latest/!6040001",
    "URL:gopher://127.0.0.1:25/1/!6040001",
    "/URL:gopher://127.0.0.1:25/1/!6040001",
    "http://mills.example/evil.example/1/%216040001",
    "/!\u0666\u0660\u0664",
    "/!-1",
]
SOURCES_THERE, _ = choose_sources(list(source_kinds()))
WORDS = ["!", "%21", "6040001", "/", "//", "@", ":", "[::1]", "evil.example", "?", "&url=", "%0d%0a"]
PIECES = st.sampled_from([*WORDS, "\r\n", "\t"])
ANY = PageKey(Kind.ARTICLE, 6040002)
LINKS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=10).map("".join))


def keys_of(link: str) -> list[PageKey]:
    return [key for key in (page_key(link), key_in(link)) if key]


def stays(link: str) -> None:
    for key in keys_of(link):
        for source in SOURCES_THERE:
            made, home = urlsplit(source.url(key)), urlsplit(source.url(ANY))
            assert (made.scheme, made.netloc) == (home.scheme, home.netloc)
            assert "evil" not in source.url(key), "in a gateway's parameter"
            assert not set(unquote_to_bytes(made.path + made.query)) & set(b"\r\n\t\0")


@pytest.mark.parametrize("link", TO_OTHER_HOSTS)
def test_a_link_to_another_host_is_fetched_from_the_sources(link: str) -> None:
    assert keys_of(link), "it names a page, so that there are URLs to look at"
    stays(link)


@pytest.mark.parametrize("link", NAME_NO_PAGE)
def test_a_link_that_names_no_page_is_ignored(link: str) -> None:
    assert keys_of(link) == []


@given(LINKS)
@example("/!6040001")
def test_no_link_sends_a_request_to_another_host(link: str) -> None:
    stays(link)
