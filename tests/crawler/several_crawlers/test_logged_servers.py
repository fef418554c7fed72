"""The servers' log says when each request began and ended, by which protocol, and who asked for what."""

import http.client
import socket
import ssl
from collections.abc import Iterator

import pytest

from archive.pagekey import ROOT, selector
from archive.servers.gemini import gemini_endpoint
from archive.servers.gopher import gopher_endpoint
from archive.servers.server import Address
from crawler.demo.newspaper.gateways.mills import MILLS
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.web import gateway_endpoint
from tests.support.running.judge import judge, overlaps, page_asked, visits
from tests.support.servers.logged_servers import (
    AskedOfOrigin,
    Hold,
    LoggedEndpoint,
    LoggedServer,
    serving_logged,
)
from tests.support.servers.request_log import LoggedRequest, RequestLog

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=4, daily=0)
ORIGIN, GATEWAY = "127.0.0.2", "127.0.0.3"
ARTICLE = PAPER.articles_there(PAPER.start)[0]


def edition() -> Edition:
    return Edition(PAPER, PaperClock(PAPER.start))


@pytest.fixture
def log() -> RequestLog:
    return RequestLog()


@pytest.fixture
def origin(log: RequestLog) -> Iterator[LoggedServer]:
    with serving_logged([LoggedEndpoint(endpoint=gopher_endpoint(edition()), host=ORIGIN)], log) as [server]:
        yield server


def send(address: Address, request: bytes) -> socket.socket:
    connection = socket.create_connection(address)
    connection.sendall(request)
    return connection


def whole(connection: socket.socket) -> bytes:
    with connection, connection.makefile("rb") as reply:
        return reply.read()


def closed(requests: list[LoggedRequest]) -> bool:
    return all(request.closed < float("inf") for request in requests)


def test_a_request_is_logged_with_its_times_its_client_and_what_was_asked(
    log: RequestLog, origin: LoggedServer
) -> None:
    connection = send(origin.address, f"{selector(ARTICLE)}\r\n".encode())
    client = Address(*connection.getsockname())
    assert whole(connection).endswith(b".\r\n")
    [request] = log.wait_for(closed, "the end of the request")
    assert request[:3] == (ORIGIN, "gopher", client)
    assert request.asked == selector(ARTICLE)
    assert request.began < request.ended <= request.closed


def test_a_request_lasts_until_its_answer_is_let_go(log: RequestLog) -> None:
    hold = Hold()
    held = LoggedEndpoint(
        endpoint=gopher_endpoint(edition()),
        host=ORIGIN,
        before_answer=lambda request, peer: hold(peer) if request.asked == "/first" else None,
    )
    with serving_logged([held], log) as [server]:
        first = send(server.address, b"/first\r\n")
        log.wait_for(bool, "the first request")
        whole(send(server.address, b"/second\r\n"))
        assert len(overlaps(log.requests)) == 1
        hold.let_go()
        whole(first)
        begun, second = log.wait_for(closed, "the end of both")
        assert begun.began < second.began < second.ended < begun.ended


def test_a_request_ends_when_its_client_hangs_up(log: RequestLog) -> None:
    hold = Hold()
    held = LoggedEndpoint(
        endpoint=gopher_endpoint(edition()), host=ORIGIN, before_answer=lambda _, peer: hold(peer)
    )
    with serving_logged([held], log) as [server]:
        send(server.address, b"/first\r\n").close()
        [request] = log.wait_for(lambda requests: bool(requests) and closed(requests), "the end")
    assert request.ended < float("inf")


def test_a_client_that_asks_for_nothing_is_logged(log: RequestLog, origin: LoggedServer) -> None:
    send(origin.address, b"").close()
    [request] = log.wait_for(lambda requests: bool(requests) and closed(requests), "the end")
    assert (request.asked, page_asked(request)) == (None, None)


def test_a_gemini_request_is_logged_from_its_handshake_on(log: RequestLog) -> None:
    endpoint = LoggedEndpoint(endpoint=gemini_endpoint(edition()), host=ORIGIN)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with serving_logged([endpoint], log) as [server]:
        with context.wrap_socket(send(server.address, b"")) as connection:
            connection.sendall(f"{server.url}!{ARTICLE.number}\r\n".encode())
            assert connection.recv(10) == b"20 text/ge"
            while connection.recv(4096):
                pass
        [request] = log.wait_for(closed, "the end")
    assert (request.scheme, page_asked(request)) == ("gemini", ARTICLE)


def test_what_a_gateway_asks_of_the_origin_is_in_the_log_of_the_origin(
    log: RequestLog, origin: LoggedServer
) -> None:
    pages = AskedOfOrigin(edition(), origin.address, GATEWAY)
    endpoint = LoggedEndpoint(endpoint=gateway_endpoint(MILLS, pages), host=GATEWAY)
    with serving_logged([endpoint], log) as [server]:
        for path in ("/taz.de/1/", f"/taz.de/1/%21{ARTICLE.number}", "/taz.de/1/%2199", "/robots.txt"):
            client = http.client.HTTPConnection(*server.address)
            client.request("GET", path)
            assert client.getresponse().read()
            client.close()
        requests = log.wait_for(closed, "the end of all")
    asked, forwarded = ([each for each in requests if each.host == host] for host in (GATEWAY, ORIGIN))
    assert visits(asked) == visits(forwarded)
    assert set(visits(forwarded)) >= {ROOT, ARTICLE}
    assert {each.client.host for each in forwarded} == {GATEWAY}
    assert [verdict.robots for verdict in judge(requests, pause=0)] == [{}, {"http": 1}]
    inner, outer = forwarded[0], asked[0]
    assert outer.began < inner.began < inner.ended < outer.ended
