"""The judge finds each fault of visitors in the log of the servers."""

import pytest

from archive.model import Kind, PageKey
from archive.pagekey import ROOT
from archive.servers.server import Address
from tests.support.running.judge import Gap, Verdict, judge, page_asked
from tests.support.servers.request_log import LoggedRequest

CLIENT = Address("127.0.0.1", 40_000)
ONE, TWO = PageKey(Kind.ARTICLE, 1), PageKey(Kind.ARTICLE, 2)


def asked(
    selector: str | None, began: float, ended: float, *, host: str = "127.0.0.2", scheme: str = "gopher"
) -> LoggedRequest:
    return LoggedRequest(host, scheme, CLIENT, began, selector, ended, ended)


def verdict(*requests: LoggedRequest) -> Verdict:
    [found] = judge(requests, pause=0.2, pages=[ONE, TWO])
    return found


POLITE = (asked("robots.txt", 0, 1), asked("/!1", 1.25, 2), asked("/Some-Slug/!2", 2.25, 3))


def test_polite_visitors_have_no_faults() -> None:
    found = verdict(*POLITE)
    assert (found.host, found.requests, found.least_pause) == ("127.0.0.2", 3, 0.25)
    assert [found.overlaps, found.short_pauses, found.twice, found.never] == [[], [], {}, []]
    assert found.robots == {"gopher": 1}


def test_a_request_that_begins_before_another_has_ended_is_found_though_others_ended_in_between() -> None:
    long, short, late = asked("/!1", 0, 5), asked("/!2", 1, 2), asked("", 3, 4)
    found = verdict(late, short, long)
    assert found.overlaps == [Gap(long, short), Gap(long, late)]
    assert found.short_pauses == []


def test_requests_of_two_protocols_to_one_host_overlap() -> None:
    found = verdict(asked("/!1", 0, 2), asked("gemini://127.0.0.2:1/!2", 1, 3, scheme="gemini"))
    assert len(found.overlaps) == 1


def test_a_request_overlaps_one_that_has_not_ended() -> None:
    assert len(verdict(asked("/!1", 0, float("inf")), asked("/!2", 99, 100)).overlaps) == 1


def test_requests_to_two_hosts_may_overlap() -> None:
    found = judge([asked("/!1", 0, 2), asked("/!1", 1, 3, host="127.0.0.3")], pause=0.2)
    assert [each.overlaps for each in found] == [[], []]


def test_a_pause_that_is_too_short_is_found() -> None:
    first, second = asked("/!1", 0, 1), asked("/!2", 1.19, 2)
    found = verdict(first, second)
    assert (found.short_pauses, found.overlaps) == ([Gap(first, second)], [])


def test_a_pause_counts_from_the_end_of_the_answer_not_from_its_begin() -> None:
    assert len(verdict(asked("/!1", 0, 10), asked("/!2", 10.1, 11)).short_pauses) == 1


def test_pages_fetched_twice_or_never_are_found_in_any_spelling() -> None:
    found = verdict(asked("/!1", 0, 1), asked("/Some-Slug/!1", 2, 3))
    assert (found.twice, found.never) == ({ONE: 2}, [TWO])


def test_each_request_for_robots_txt_is_counted() -> None:
    found = verdict(asked("robots.txt", 0, 1), asked("/robots.txt", 2, 3))
    assert (found.robots, found.twice) == ({"gopher": 2}, {})


@pytest.mark.parametrize(
    ("scheme", "line", "key"),
    [
        ("gopher", "", ROOT),
        ("gopher", "/!1", ONE),
        ("gopher", "robots.txt", None),
        ("gemini", "gemini://127.0.0.2:1965/", ROOT),
        ("gemini", "gemini://127.0.0.2:1965/Slug/!2", TWO),
        ("gemini", "gemini://127.0.0.2:1965/robots.txt", None),
        ("http", "GET /taz.de/1/ HTTP/1.1", ROOT),
        ("http", "GET /taz.de/1/%211 HTTP/1.1", ONE),
        ("http", "GET /robots.txt HTTP/1.1", None),
        ("gopher", None, None),
        ("http", None, None),
    ],
)
def test_a_page_is_known_in_the_requests_of_each_protocol(
    scheme: str, line: str | None, key: PageKey | None
) -> None:
    assert page_asked(asked(line, 0, 1, scheme=scheme)) == key
