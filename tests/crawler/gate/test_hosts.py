"""The hosts of a request."""

import pytest
from scrapy import Request

from archive.model import Kind, PageKey
from archive.paper import HOST
from crawler.fetch import Fetch, WantedPage
from crawler.gate.hosts import ROBOTS_FOR, hosts_of, server_name
from crawler.sources.registry import choose_sources, server_of

KEY = PageKey(Kind.ARTICLE, 1)


def request_of(via: str) -> Request:
    [source], _ = choose_sources([via])
    return Request(source.url(KEY), meta={"fetch": Fetch(WantedPage(KEY), source)})


@pytest.mark.parametrize(
    ("via", "hosts"),
    [
        ("gopher", ("gopher://taz.de:70", "taz.de")),
        ("gopher=gopher://www.taz.de/", ("gopher://www.taz.de:70", "taz.de")),
        ("gopher=gophers://[::1]:7070/", ("gophers://[::1]:7070", "::1", "taz.de")),
        ("gemini", ("gemini://taz.de:1965", "taz.de")),
        ("mills", ("https://gopher.mills.io:443", "gopher.mills.io", "taz.de")),
    ],
)
def test_a_page_of_the_paper_asks_server_machine_and_the_paper(via: str, hosts: tuple[str, ...]) -> None:
    assert hosts_of(request_of(via)) == hosts


def test_a_gateway_that_caches_does_not_ask_the_paper() -> None:
    assert HOST not in hosts_of(request_of("mills"), caching=["mills"])
    assert HOST in hosts_of(request_of("meulie"), caching=["mills"])


def test_the_robots_txt_of_a_gateway_asks_what_its_pages_ask() -> None:
    request = Request("https://gopher.mills.io/robots.txt", meta={ROBOTS_FOR: "mills"})
    assert hosts_of(request) == hosts_of(request_of("mills"))


def test_other_requests_ask_their_server_and_machine() -> None:
    assert hosts_of(Request("http://Other.Example.:8080/x?y")) == (
        "http://other.example.:8080",
        "other.example",
    )


@pytest.mark.parametrize("via", ["gopher", "gemini", "mills", "gopher=gopher://[::1]:7070/"])
def test_a_server_has_the_name_that_the_archive_stores(via: str) -> None:
    [source], _ = choose_sources([via])
    assert server_name(source.url(KEY)) == server_of(source)
