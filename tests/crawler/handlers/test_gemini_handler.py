"""What Scrapy makes of gemini servers, good and bad: real TLS on loopback."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.settings import Settings

from archive.model import Certificate
from archive.servers.certificates import self_signed
from crawler.handlers.certificates import check_certificate
from crawler.handlers.exchange import DeniedError
from crawler.handlers.gemini import GeminiDownloadHandler
from crawler.handlers.gemini_protocol import (
    GeminiUrl,
    mime_problem,
    parse_gemini_url,
    redirected,
    take_header,
)
from crawler.handlers.tofu import TemporaryTrust
from tests.support.running.time_limit import LONGEST
from tests.support.servers.first_byte import PAUSE, FirstByte, latency_before_the_rest
from tests.support.servers.free_ports import free_port
from tests.support.servers.gemini_faults import (
    BIG,
    FAULTS,
    HEADER,
    PAGE,
    TEXT,
    GeminiServer,
    capsule,
    root_of,
)
from tests.support.servers.gopher_faults import LOOPBACK, Peer, crawl, serving
from tests.support.servers.hangup import Hangup, ask_and_cancel
from tests.support.servers.held_back_pages import Crowd

Came = dict[str, Any]

# -- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port", "sent"),
    [
        ("gemini://taz.example", "taz.example", 1965, "gemini://taz.example/"),
        ("gemini://taz.example/", "taz.example", 1965, "gemini://taz.example/"),
        ("gemini://TAZ.example:7070/!5", "taz.example", 7070, "gemini://TAZ.example:7070/!5"),
        ("gemini://taz.example/%215?b=2&a=1#teil", "taz.example", 1965, "gemini://taz.example/%215?b=2&a=1"),
        ("gemini://[::1]:7070/x", "::1", 7070, "gemini://[::1]:7070/x"),
        ("gemini://taz.example/Straße", "taz.example", 1965, "gemini://taz.example/Stra%C3%9Fe"),
        ("gemini://taz.example?a", "taz.example", 1965, "gemini://taz.example/?a"),
    ],
)
def test_a_url_is_sent_whole_but_for_its_fragment(url: str, host: str, port: int, sent: str) -> None:
    assert parse_gemini_url(url) == GeminiUrl(host, port, sent)


@pytest.mark.parametrize(
    "url",
    [
        "gopher://taz.example/1/x",
        "gemini:///x",
        "gemini:x",
        "gemini://taz.example:0/x",
        "gemini://taz.example:seventy/x",
        "gemini://[::1/x",
        "gemini://me@taz.example/x",
        "gemini://me:secret@taz.example/x",
        "gemini://@taz.example/x",
        "gemini://taz.example/a\r\nb",
        "gemini://taz.example/a\nb",
        "gemini://taz.example/a b",
        "gemini://taz.example/a\tb",
        "gemini://taz.example/a%0D%0Ab",
        "gemini://taz.example/?a%0ab",
        "gemini://taz.example/a%00",
        "gemini://täz.example/x",
        "gemini://taz.example/" + "x" * 1004,
    ],
)
def test_a_url_that_must_not_be_fetched_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(IgnoreRequest) as refused:
        parse_gemini_url(url)
    assert len(str(refused.value).splitlines()) == 1


def test_a_url_may_be_1024_bytes_long() -> None:
    assert len(parse_gemini_url("gemini://taz.example/" + "x" * 1003).text) == 1024


PIECES = st.sampled_from(
    ["gemini:", "//", "/", "[", "]", "@", ":", "?", "#", "..", "%0A", "h", "!5", "http:"]
)


@given(
    st.binary(max_size=40) | st.lists(PIECES | st.text(max_size=3)).map(lambda said: "".join(said).encode())
)
def test_whatever_a_server_says_is_a_header_or_our_own_error(said: bytes) -> None:
    heard = bytearray(b"31 " + said + b"\r\nRest")
    with suppress(DeniedError):
        header = take_header(heard)
        assert header
        there = redirected(parse_gemini_url("gemini://h/a"), header)
        assert (there.host, there.port) == ("h", 1965)
        assert parse_gemini_url(there.text) == there
        assert mime_problem(header.meta) is None or header.meta


# -- Answers and faults: one crawl of them all, side by side --------------------------------------

SLOW, SHORT, LAX = (
    {"download_timeout": 3},  # the first bytes have come by then
    {"download_maxsize": 100_000},
    {"download_fail_on_dataloss": False},
)
META: dict[str, dict[str, Any]] = {
    "/never": SLOW,
    "/never-after-header": SLOW,
    "/drip": SLOW,
    "/drip-header": SLOW,
    "/endless": SHORT,
    "/44-for-long": SLOW,
}


@pytest.fixture(scope="module")
def faults() -> Iterator[GeminiServer]:
    with capsule(FAULTS) as server:
        yield server


@pytest.fixture(scope="module")
def came(faults: GeminiServer) -> dict[str, Came]:
    paths = [path.decode() for path in FAULTS]
    asks = [{"url": root_of(faults) + path, "meta": META.get(path, {})} for path in paths]
    with socket.create_server((LOOPBACK, 0)) as deaf, serving() as plain:
        elsewhere: dict[str, str | dict[str, Any]] = {
            "forgiven": {"url": root_of(faults) + "/no-goodbye", "meta": LAX},
            "forgiven half header": {"url": root_of(faults) + "/half-header", "meta": LAX},
            "smuggled": f"{root_of(faults)}/smuggled%0D%0AQUIT",
            "userinfo": f"gemini://me:secret@{LOOPBACK}:{faults.port}/smuggled",
            "refused": f"gemini://{LOOPBACK}:{free_port()}/",
            "no such host": "gemini://nowhere.invalid/",
            "no tls": f"gemini://{LOOPBACK}:{plain.port}/whole",
            "no handshake": {"url": f"gemini://{LOOPBACK}:{deaf.getsockname()[1]}/", "meta": SLOW},
            "other name": f"gemini://localhost:{faults.port}/whole",
        }
        results, _ = crawl([*asks, *elsewhere.values()])
    return dict(zip([*paths, *elsewhere], results, strict=True))


WHOLE = {
    "/whole": TEXT * 40,
    "/big": BIG,
    "/no-line-end": b"Ende",
    "/no-type": TEXT,
    "/no-space": TEXT,
    "/plain": TEXT,
    "/ascii": b"Ascii\n",
    "/25": TEXT,
    "/slow-start": TEXT * 40,
    "/moved": TEXT * 40,
    "/moved-relative": TEXT * 40,
    "/moved-thrice": TEXT * 40,
    "/!5": TEXT * 40,
    "forgiven": TEXT * 40,
    "other name": TEXT * 40,
}


@pytest.mark.parametrize("path", WHOLE)
def test_a_page_arrives_whole_without_its_header(came: dict[str, Came], path: str) -> None:
    page = WHOLE[path]
    assert (came[path]["error"], came[path]["length"]) == (None, len(page))
    assert came[path]["sha256"] == sha256(page).hexdigest()
    assert (came[path]["kind"], came[path]["address"]) == ("TextResponse", LOOPBACK)


def test_latency_is_the_time_to_the_first_byte() -> None:
    page = FirstByte(PAGE)
    with capsule({b"/x": page}) as server:
        handler = GeminiDownloadHandler(Crawler(Spider, Settings({"DOWNLOAD_TIMEOUT": 30})))
        assert asyncio.run(latency_before_the_rest(handler, f"{root_of(server)}/x", page)) >= PAUSE


REASONS = {
    "/never": ("DownloadTimeoutError", "no complete response within 3 s"),
    "/never-after-header": ("DownloadTimeoutError", "no complete response"),
    "/drip": ("DownloadTimeoutError", "no complete response"),
    "/drip-header": ("DownloadTimeoutError", "no complete response"),
    "no handshake": ("DownloadTimeoutError", "no complete response"),
    "/endless": ("DownloadCancelledError", "longer than 100000 bytes"),
    "/endless-header": ("DeniedError", "expected a gemini header"),
    "/long-header": ("DeniedError", "expected a gemini header"),
    "/longest-header": ("AbsentPageError", '51 "xxx'),
    "/reset-midway": ("ResponseDataLossError", "the connection broke"),
    "/reset-at-once": ("ResponseDataLossError", "the connection broke"),
    "/nothing": ("ResponseDataLossError", "closed without a response"),
    "/no-goodbye": ("ResponseDataLossError", "closed without a TLS close_notify"),
    "/half": ("ResponseDataLossError", "closed without a TLS close_notify"),
    "/half-header": ("ResponseDataLossError", "closed within the header"),
    "forgiven half header": ("ResponseDataLossError", "closed within the header"),
    "/closed-in-header": ("ResponseDataLossError", "closed within the header"),
    "/empty": ("EmptyPageError", "the page is empty"),
    "/gopher": ("DeniedError", 'found "iText h 70"'),
    "/web": ("DeniedError", 'found "HTTP/1.1 400 Bad Request"'),
    "/lf": ("DeniedError", "expected a gemini header"),
    "/glued": ("DeniedError", 'found "20text/gemini"'),
    "/99": ("DeniedError", 'found "99 Neunundneunzig"'),
    "/control": ("DeniedError", 'found "20 text/gemini [31m"'),
    "/binary": ("DeniedError", "expected a gemini header"),
    "/image": ("DeniedError", 'expected text/gemini, found "image/png"'),
    "/latin": ("DeniedError", 'expected UTF-8, found a page in "iso-8859-1"'),
    "/gone-and-stays": ("AbsentPageError", '51 "Nicht da"'),
    "/10": ("DeniedError", 'asks for input: 10 "Warum auch immer"'),
    "/11": ("DeniedError", "asks for input"),
    "/40": ("DownloadFailedError", 'cannot answer at the moment: 40 "Warum auch immer"'),
    "/41": ("DownloadFailedError", "cannot answer at the moment"),
    "/42": ("DeniedError", "a program on the server failed"),
    "/43": ("DownloadFailedError", "cannot answer at the moment"),
    "/49": ("DownloadFailedError", "cannot answer at the moment"),
    "/44": ("DownloadFailedError", 'slower requests: 44 "1"'),
    "/44-for-long": ("DownloadFailedError", "slower requests"),
    "/44-in-words": ("DownloadFailedError", "slower requests"),
    "/50": ("DeniedError", "will not answer"),
    "/51": ("AbsentPageError", "there is no such page"),
    "/52": ("AbsentPageError", "the page is gone"),
    "/53": ("DeniedError", "does not answer for this host"),
    "/58": ("DeniedError", "will not answer"),
    "/59": ("DeniedError", "does not understand the request"),
    "/60": ("DeniedError", "asks for a client's certificate"),
    "/61": ("DeniedError", "asks for a client's certificate"),
    "/62": ("DeniedError", "asks for a client's certificate"),
    "/loop": ("DeniedError", "redirects more than 5 times"),
    "/moved-away": ("DeniedError", 'redirects to another one: 30 "gemini://example.org/whole"'),
    "/moved-port": ("DeniedError", "redirects to another one"),
    "/moved-web": ("DeniedError", "redirects to nowhere"),
    "/moved-user": ("DeniedError", "redirects to nowhere"),
    "/moved-nowhere": ("DeniedError", "redirects more than 5 times"),
    "/moved-broken": ("DeniedError", "redirects to nowhere"),
    "/!6": ("DeniedError", 'redirects to another page: 30 "/Slug/!5"'),
    "/!7": ("DeniedError", "redirects to another page"),
    "smuggled": ("IgnoreRequest", "line end"),
    "userinfo": ("IgnoreRequest", "names a user"),
    "refused": ("DownloadConnectionRefusedError", "no connection to"),
    "no such host": ("CannotResolveHostError", "no connection to"),
    "no tls": ("DownloadFailedError", "no connection to"),
}


@pytest.mark.parametrize("path", REASONS)
def test_a_failure_has_a_class_and_a_message_of_one_line(came: dict[str, Came], path: str) -> None:
    error, words = REASONS[path]
    assert came[path]["error"] == error
    assert words in came[path]["reason"]
    assert len(came[path]["reason"].splitlines()) == 1
    assert len(came[path]["reason"]) < 250


def test_every_page_is_looked_at(came: dict[str, Came]) -> None:
    assert {*WHOLE, *REASONS} >= set(came) - {"/moved-twice", "/Slug/!5"}


KEPT = {
    "/drip": b"iiii",
    "/drip-header": HEADER[:3],
    "/endless": TEXT * 50,
    "/endless-header": b"20 xxx",
    "/reset-midway": PAGE[len(HEADER) : 100],
    "/half": PAGE[len(HEADER) : 100],
    "/no-goodbye": TEXT * 40,
    "/half-header": HEADER[:10],
    "/image": b"\x89PNG",
    "/latin": "Grüße\n".encode("latin-1"),
    "/web": b"HTTP/1.1 400 Bad Request\r\n",
    "/51": b"51 Warum auch immer\r\n",
}


@pytest.mark.parametrize("path", KEPT)
def test_bytes_received_before_a_failure_are_stored(came: dict[str, Came], path: str) -> None:
    assert came[path]["body"].encode("latin-1").startswith(KEPT[path][:2000])
    assert came[path]["length"] <= 101_000


def test_an_answer_without_goodbye_is_marked_where_it_is_forgiven(came: dict[str, Came]) -> None:
    assert (came["forgiven"]["flags"], came["/whole"]["flags"]) == (["dataloss"], [])


def test_a_smuggled_request_opens_no_connection(came: dict[str, Came], faults: GeminiServer) -> None:
    assert came
    assert not [path for path in faults.paths if "smuggled" in path]


def test_a_redirect_is_followed_five_times(came: dict[str, Came], faults: GeminiServer) -> None:
    assert came
    assert faults.paths.count("/loop") == 6


# -- Retries, slowing down, giving up, many at once ------------------------------------------------


@pytest.mark.slow
def test_temporary_errors_are_retried_and_permanent_ones_are_not() -> None:
    again = ["/40", "/41", "/43", "/44-in-words", "/nothing", "/half", "/empty", "/drip-header"]
    once = ["/42", "/50", "/51", "/53", "/59", "/10", "/60", "/gopher", "/image", "/endless-header", "/!6"]
    with capsule(FAULTS) as server:
        asks = [{"url": root_of(server) + path, "meta": {}} for path in again + once]
        asks[again.index("/drip-header")]["meta"] = {"download_timeout": 0.5}
        results, stats = crawl(asks, {"RETRY_ENABLED": True, "RETRY_TIMES": 2, "LOG_LEVEL": "CRITICAL"})
    counts = {path: server.paths.count(path) for path in again + once}
    del counts["/drip-header"]  # on a busy machine its short timeout may pass before the request is sent
    assert counts == {path: 3 if path in again else 1 for path in counts}
    assert stats["downloader/request_count"] == 3 * len(again) + len(once)
    assert stats["retry/max_reached"] == len(again)
    assert all(result["error"] for result in results)


@pytest.mark.slow
def test_a_server_that_demands_a_pause_gets_it() -> None:
    pages = {b"/busy": b"44 1\r\n", b"/other": PAGE}
    with capsule(pages) as server:
        urls = [f"{root_of(server)}/busy", f"{root_of(server)}/other"]
        crawl(urls, {"RETRY_ENABLED": True, "RETRY_TIMES": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1})
    after = [at - server.asked[0][1] for _, at in server.asked]
    assert sorted(server.paths) == ["/busy", "/busy", "/other"]
    assert after[1] >= 0.95, "no request is sent during the pause"


def test_a_demanded_pause_is_limited_by_the_timeout(came: dict[str, Came]) -> None:
    assert came["/44-for-long"]["error"] == "DownloadFailedError"


def test_a_request_given_up_closes_its_connection() -> None:
    hangup = Hangup()
    with capsule({b"/x": hangup}) as server:
        handler = GeminiDownloadHandler(Crawler(Spider, Settings()))
        asyncio.run(ask_and_cancel(handler, f"{root_of(server)}/x", hangup))
        assert hangup.seen.wait(LONGEST)


@pytest.mark.slow
def test_300_requests_over_16_connections_are_all_answered() -> None:
    pages = {f"/{n}".encode(): f"Zeile {n}\n".encode() * 300 for n in range(300)}
    crowd = Crowd(16)
    with capsule({path: partial(send_late, page, crowd) for path, page in pages.items()}) as server:
        results, _ = crawl([f"{root_of(server)}/{n}" for n in range(300)])
    assert [result.get("sha256") for result in results] == [sha256(p).hexdigest() for p in pages.values()]
    assert server.peak == 16
    assert len(server.asked) == 300


def send_late(page: bytes, crowd: Crowd, peer: Peer) -> None:
    """Answer while as many connections are open as there may be."""
    crowd.wait()
    peer.send(HEADER + page[:1000])
    peer.wait(0.02)
    peer.send(page[1000:])


# -- TLS and certificates --------------------------------------------------------------------------


def test_the_server_gets_the_name_of_the_host() -> None:
    context, names = self_signed(), []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with capsule({b"/": PAGE}, context) as server:
        crawl([f"gemini://localhost:{server.port}/"])
    assert names == ["localhost"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_end_is_recognized_in_both_versions_of_tls(version: ssl.TLSVersion) -> None:
    context = self_signed()
    context.minimum_version = context.maximum_version = version
    pages = {path: FAULTS[path] for path in (b"/big", b"/no-goodbye", b"/nothing")}
    with capsule(pages, context) as server:
        results, _ = crawl([root_of(server) + path.decode() for path in pages])
    assert [result["error"] for result in results] == [None, *["ResponseDataLossError"] * 2]


def test_a_changed_certificate_within_a_run_is_refused_before_a_request_is_sent() -> None:
    with capsule({b"/a": PAGE, b"/b": PAGE}) as server:
        context, port = self_signed(), server.port

        def change(peer: Peer) -> None:
            peer.send(PAGE)
            server.tls = context

        server.pages = {b"/a": change, b"/b": PAGE}
        settings = {"CONCURRENT_REQUESTS_PER_DOMAIN": 1}
        first, second = crawl([f"{root_of(server)}/a", f"{root_of(server)}/b"], settings)[0]
    assert (first["error"], second["error"]) == (None, "DeniedError")
    assert f"{LOOPBACK}:{port} shows another certificate than the one known since" in second["reason"]
    assert server.paths[:1] == ["/a"]
    assert "/b" not in server.paths


NOW = datetime(2025, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SERVER = "taz.example:1965"


def shown(begins: datetime, lasts: timedelta) -> bytes:
    """What a server with such a certificate shows, DER."""
    context = self_signed(begins=begins, lasts=lasts)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    with (
        serving({}, context) as server,
        closing(socket.create_connection((LOOPBACK, server.port))) as plain,
        client.wrap_socket(plain) as connection,
    ):
        return connection.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize(
    ("begins", "problem"),
    [
        (NOW - DAY, None),
        (NOW - 3 * DAY, "its certificate expired on 2025-04-09; only a crawl with an archive can accept"),
        (NOW + DAY, "its certificate is not valid before 2025-04-11; only a crawl"),
    ],
    ids=["valid", "expired", "not yet valid"],
)
def test_a_first_certificate_must_be_within_its_dates(begins: datetime, problem: str | None) -> None:
    trust = TemporaryTrust(lambda: NOW)
    der = shown(begins, 2 * DAY)
    if problem:
        with pytest.raises(DeniedError, match=problem):
            check_certificate(trust, SERVER, der, now=NOW)
        assert trust.known(SERVER) is None
    else:
        check_certificate(trust, SERVER, der, now=NOW)
        assert trust.known(SERVER) == Certificate(SERVER, sha256(der).hexdigest(), NOW, NOW)


def test_a_known_certificate_is_trusted_after_it_expired() -> None:
    trust = TemporaryTrust(lambda: NOW)
    der = shown(NOW - DAY, 2 * DAY)
    for at in (NOW, NOW + 100 * DAY):
        check_certificate(trust, SERVER, der, now=at)


def test_a_new_certificate_is_refused_though_the_known_one_expired() -> None:
    trust = TemporaryTrust(lambda: NOW)
    check_certificate(trust, SERVER, shown(NOW - DAY, 2 * DAY), now=NOW)
    with pytest.raises(DeniedError, match="another certificate than the one known since 2025-04-10"):
        check_certificate(trust, SERVER, shown(NOW + 2 * DAY, 9 * DAY), now=NOW + 3 * DAY)


def test_bytes_that_are_not_a_certificate_are_refused() -> None:
    with pytest.raises(DeniedError, match="cannot be read"):
        check_certificate(TemporaryTrust(lambda: NOW), SERVER, b"\x30\x03\x02\x01\x01", now=NOW)
