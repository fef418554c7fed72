"""What Scrapy makes of gopher servers, good and bad: real connections on loopback."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.settings import Settings

from crawler.handlers.gopher import GopherDownloadHandler, GopherUrl, parse_gopher_url
from tests.support.running.time_limit import LONGEST
from tests.support.servers.first_byte import PAUSE, FirstByte, latency_before_the_rest
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import (
    BIG_PAGE,
    LONG_ROW,
    LOOPBACK,
    PAGE,
    ROW,
    FaultyServer,
    Peer,
    crawl,
    make_certificate,
    serving,
)
from tests.support.servers.hangup import Hangup, ask_and_cancel
from tests.support.servers.held_back_pages import Crowd

Came = dict[str, Any]

# -- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("gopher://taz.example", ("taz.example", 70, False, "1", b"")),
        ("gopher://taz.example/", ("taz.example", 70, False, "1", b"")),
        ("gopher://taz.example:7070/1", ("taz.example", 7070, False, "1", b"")),
        ("gopher://taz.example/1/%216081430", ("taz.example", 70, False, "1", b"/!6081430")),
        ("gopher://taz.example/0robots.txt", ("taz.example", 70, False, "0", b"robots.txt")),
        ("gopher://taz.example/0/robots.txt", ("taz.example", 70, False, "0", b"/robots.txt")),
        ("gopher://taz.example/1/suche?b=2&a=1", ("taz.example", 70, False, "1", b"/suche?b=2&a=1")),
        ("gopher://taz.example/1/a%3Fb#teil", ("taz.example", 70, False, "1", b"/a?b")),
        ("gopher://taz.example/1/%FC%2541", ("taz.example", 70, False, "1", b"/\xfc%41")),
        ("gopher://[::1]:7070/1/x", ("::1", 7070, False, "1", b"/x")),
        ("gophers://taz.example/1/x", ("taz.example", 70, True, "1", b"/x")),
    ],
)
def test_a_url_is_read_as_rfc_4266_says(url: str, expected: tuple[str, int, bool, str, bytes]) -> None:
    host, port, tls, item, selector = expected
    assert parse_gopher_url(url) == GopherUrl(host=host, port=port, tls=tls, item=item, selector=selector)


@pytest.mark.parametrize(
    "url",
    [
        "gopher://taz.example/1/a%0D%0AQUIT",
        "gopher://taz.example/1/a%0Ab",
        "gopher://taz.example/1/a%09search",
        "gopher://taz.example/1/a?b%0dc",
        "gopher://taz.example/1/a%00",
        "gopher://taz.example/%0a",
        "gopher:///1/x",
        "gopher://taz.example:0/1/x",
        "gopher://taz.example:seventy/1/x",
        "gopher://[::1/1/x",
    ],
)
def test_a_url_that_must_not_be_fetched_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(IgnoreRequest) as refused:
        parse_gopher_url(url)
    assert len(str(refused.value).splitlines()) == 1


# -- Answers and faults: one crawl of them all, side by side --------------------------------------

SLOW, SHORT = {"download_timeout": 3}, {"download_maxsize": 100_000}  # the first byte has come by then
ASKS: dict[str, dict[str, Any]] = {
    "/whole": {},
    "/big": {},
    "/long-row": {},
    "/no-dot": {},
    "/slow-start": {},
    "/never": SLOW,
    "/drip": SLOW,
    "/endless": SHORT,
    "/reset-midway": {},
    "/reset-at-once": {},
    "/nothing": {},
    "/smuggled%0D%0AQUIT": {},
    "/smuggled%09TAB": {},
}


@pytest.fixture(scope="module")
def faults() -> Iterator[FaultyServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def came(faults: FaultyServer) -> dict[str, Came]:
    home = f"gopher://{LOOPBACK}:{faults.port}/1"
    elsewhere = {
        "refused": f"gopher://{LOOPBACK}:{free_port()}/",
        "no such host": "gopher://nowhere.invalid/",
        "no host name": "gopher://a..b/",
    }
    asks = [{"url": home + path, "meta": meta} for path, meta in ASKS.items()]
    results, _ = crawl([*asks, *elsewhere.values()])
    return dict(zip([*ASKS, *elsewhere], results, strict=True))


WHOLE = {"/whole": PAGE, "/big": BIG_PAGE, "/long-row": LONG_ROW, "/no-dot": ROW, "/slow-start": PAGE}


@pytest.mark.parametrize("path", WHOLE)
def test_a_page_arrives_whole_as_sent(came: dict[str, Came], path: str) -> None:
    page = WHOLE[path]
    assert (came[path]["error"], came[path]["length"]) == (None, len(page))
    assert came[path]["sha256"] == sha256(page).hexdigest()
    assert (came[path]["kind"], came[path]["address"]) == ("TextResponse", LOOPBACK)


def test_latency_is_the_time_to_the_first_byte() -> None:
    page = FirstByte(PAGE)
    with serving({b"/x": page}) as server:
        url = f"gopher://{LOOPBACK}:{server.port}/1/x"
        handler = GopherDownloadHandler(Crawler(Spider, Settings({"DOWNLOAD_TIMEOUT": 30})))
        assert asyncio.run(latency_before_the_rest(handler, url, page)) >= PAUSE


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/never", "DownloadTimeoutError"),
        ("/drip", "DownloadTimeoutError"),
        ("/endless", "DownloadCancelledError"),
        ("/reset-midway", "ResponseDataLossError"),
        ("/reset-at-once", "ResponseDataLossError"),
        ("/nothing", "ResponseDataLossError"),
        ("/smuggled%0D%0AQUIT", "IgnoreRequest"),
        ("/smuggled%09TAB", "IgnoreRequest"),
        ("refused", "DownloadConnectionRefusedError"),
        ("no such host", "CannotResolveHostError"),
        ("no host name", "CannotResolveHostError"),
    ],
)
def test_a_failure_is_an_error_of_scrapys_with_a_message_of_one_line(
    came: dict[str, Came], path: str, error: str
) -> None:
    assert came[path]["error"] == error
    assert len(came[path]["reason"].splitlines()) == 1


KEPT = {"/drip": b"iiii", "/endless": ROW * 50, "/reset-midway": PAGE[:100]}


@pytest.mark.parametrize("path", KEPT)
def test_bytes_received_before_a_failure_are_stored(came: dict[str, Came], path: str) -> None:
    kept = KEPT[path]
    assert came[path]["body"].encode("latin-1").startswith(kept[:2000])
    assert came[path]["length"] <= max(SHORT["download_maxsize"], len(kept))


def test_a_smuggled_selector_opens_no_connection(came: dict[str, Came], faults: FaultyServer) -> None:
    assert came
    assert not [line for line, _ in faults.asked if b"smuggled" in line]
    assert faults.connections == len([path for path in ASKS if "smuggled" not in path])


def test_the_selector_is_sent_as_bytes_with_one_line_end() -> None:
    with serving({}) as server:
        crawl([f"gopher://{LOOPBACK}:{server.port}/1/%FC?b=2&a=1#teil"])
    assert [line for line, _ in server.asked] == [b"/\xfc?b=2&a=1\r\n"]


# -- Retries, TLS, giving up, many at once -------------------------------------------------------------


@pytest.mark.slow
def test_temporary_errors_are_retried_and_permanent_ones_are_not() -> None:
    paths = ["/nothing", "/reset-midway", "/endless", "/drip", "/smuggled%0A"]
    with serving() as server:
        home = f"gopher://{LOOPBACK}:{server.port}/1"
        asks = [{"url": home + path, "meta": {}} for path in paths]
        asks[paths.index("/drip")]["meta"] = {"download_timeout": 0.3}
        asks[paths.index("/endless")]["meta"] = SHORT
        results, stats = crawl(asks, {"RETRY_ENABLED": True, "RETRY_TIMES": 2, "LOG_LEVEL": "CRITICAL"})
    counts = {path: server.selectors.count(path.encode()) for path in paths}
    assert counts == {"/nothing": 3, "/reset-midway": 3, "/drip": 3, "/endless": 1, "/smuggled%0A": 0}
    assert stats["retry/max_reached"] == 3
    assert all(result["error"] for result in results)


def test_a_long_answer_is_warned_of_once() -> None:
    with serving() as server:
        _, stats = crawl([f"gopher://{LOOPBACK}:{server.port}/1/big"], {"DOWNLOAD_WARNSIZE": 1000})
    assert stats["log_count/WARNING"] == 1


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Came]:
    folder = tmp_path_factory.mktemp("tls")
    context = make_certificate(folder / "own.pem")
    stranger = make_certificate(folder / "stranger.pem")
    with (
        serving(tls=context) as own,
        serving(tls=context) as abrupt,
        serving(tls=stranger) as other,
        serving() as plain,
    ):
        abrupt.has_close_notify = False
        urls = {
            "good": f"gophers://{LOOPBACK}:{own.port}/1/whole",
            "big": f"gophers://{LOOPBACK}:{own.port}/1/big",
            "no goodbye": f"gophers://{LOOPBACK}:{abrupt.port}/1/big",
            "endless": f"gophers://{LOOPBACK}:{own.port}/1/endless",
            "never": f"gophers://{LOOPBACK}:{own.port}/1/never",
            "nothing": f"gophers://{LOOPBACK}:{own.port}/1/nothing",
            "reset": f"gophers://{LOOPBACK}:{own.port}/1/reset-midway",
            "wrong name": f"gophers://localhost:{own.port}/1/whole",
            "wrong certificate": f"gophers://{LOOPBACK}:{other.port}/1/whole",
            "plaintext": f"gophers://{LOOPBACK}:{plain.port}/1/whole",
        }
        settings = {"GOPHER_CA_FILE": str(folder / "own.pem")}
        asks = {name: {"url": url, "meta": {"download_maxsize": len(BIG_PAGE)}} for name, url in urls.items()}
        asks["never"]["meta"] = {"download_timeout": 1.5}
        results, _ = crawl([*asks.values()], settings)
    return dict(zip(urls, results, strict=True))


@pytest.mark.parametrize(
    ("which", "error"),
    [
        ("good", None),
        ("big", None),
        ("no goodbye", None),
        ("endless", "DownloadCancelledError"),
        ("never", "DownloadTimeoutError"),
        ("nothing", "ResponseDataLossError"),
        ("reset", "ResponseDataLossError"),
        ("wrong name", "DownloadFailedError"),
        ("wrong certificate", "DownloadFailedError"),
        ("plaintext", "DownloadFailedError"),
    ],
)
def test_tls_is_spoken_and_verified(over_tls: dict[str, Came], which: str, error: str | None) -> None:
    assert over_tls[which]["error"] == error


@pytest.mark.parametrize("which", ["big", "no goodbye"])
def test_a_page_over_tls_is_whole(over_tls: dict[str, Came], which: str) -> None:
    assert over_tls[which]["sha256"] == sha256(BIG_PAGE).hexdigest()


def test_tls_is_not_verified_if_the_setting_says_so(tmp_path: Path) -> None:
    with serving(tls=make_certificate(tmp_path / "own.pem")) as server:
        url = f"gophers://{LOOPBACK}:{server.port}/1/whole"
        (result,), _ = crawl([url], {"DOWNLOAD_VERIFY_CERTIFICATES": False})
    assert result["sha256"] == sha256(PAGE).hexdigest()


@pytest.mark.parametrize("tls", [False, True])
def test_a_request_given_up_closes_its_connection(tmp_path: Path, *, tls: bool) -> None:
    hangup = Hangup()
    context = make_certificate(tmp_path / "own.pem") if tls else None
    with serving({b"/x": hangup}, tls=context) as server:
        url = f"{'gophers' if tls else 'gopher'}://{LOOPBACK}:{server.port}/1/x"
        settings = {"GOPHER_CA_FILE": str(tmp_path / "own.pem"), "DOWNLOAD_VERIFY_CERTIFICATES": True}
        handler = GopherDownloadHandler(Crawler(Spider, Settings(settings)))
        asyncio.run(ask_and_cancel(handler, url, hangup))
        assert hangup.seen.wait(LONGEST)


@pytest.mark.slow
def test_500_requests_over_16_connections_are_all_answered() -> None:
    pages = {f"/{n}".encode(): f"iZeile {n}\t\terror.host\t1\r\n".encode() * 300 for n in range(500)}
    crowd = Crowd(16)
    with serving({selector: partial(send_late, page, crowd) for selector, page in pages.items()}) as server:
        results, _ = crawl([f"gopher://{LOOPBACK}:{server.port}/1/{n}" for n in range(500)])
    expected = [sha256(page).hexdigest() for page in pages.values()]
    assert [result.get("sha256") for result in results] == expected
    assert server.peak == 16
    assert len(server.asked) == 500


def send_late(page: bytes, crowd: Crowd, peer: Peer) -> None:
    """Answer while as many connections are open as there may be."""
    crowd.wait()
    peer.send(page[:1000])
    peer.wait(0.02)
    peer.send(page[1000:])


# -- A server other people wrote ------------------------------------------------------------------

GOPHERNICUS = shutil.which("gophernicus", path="/usr/sbin:/usr/local/sbin:/usr/bin")
SOCAT = shutil.which("socat")


@pytest.fixture
def gophernicus() -> Iterator[str]:
    """Serve a small hole; the URL of its root."""
    # Not tmp_path, which only its owner may enter: gophernicus refuses to run as root, as CI may.
    with TemporaryDirectory() as folder:
        hole = Path(folder)
        (hole / "seite.txt").write_text("Grüße\n" * 1000, encoding="utf-8")
        (hole / "gophermap").write_text("iStartseite\n0Seite\tseite.txt\n", encoding="utf-8")
        for path, mode in ((hole, 0o755), (hole / "seite.txt", 0o644), (hole / "gophermap", 0o644)):
            path.chmod(mode)  # it serves only what the world may read
        port = free_port()
        become = ",su=daemon" if os.geteuid() == 0 else ""
        listen = f"TCP-LISTEN:{port},bind={LOOPBACK},fork,reuseaddr"
        # "|| true": socat may drop what a program wrote that ends with a status, as it does on "not found".
        serve = f"SYSTEM:{GOPHERNICUS} -r {hole} -h {LOOPBACK} -p {port} -nx -nu -nf || true{become}"
        with subprocess.Popen([str(SOCAT), listen, serve], stderr=subprocess.DEVNULL) as server:
            try:
                wait_for(port)
                yield f"gopher://{LOOPBACK}:{port}"
            finally:
                server.terminate()


@pytest.mark.skipif(not (GOPHERNICUS and SOCAT), reason="needs gophernicus and socat")
def test_gophernicus_is_read(gophernicus: str) -> None:
    paths = ("/0/seite.txt", "", "/0/nirgends.txt")
    (text, menu, absent), _ = crawl([gophernicus + path for path in paths])
    assert text["body"].encode("latin-1").decode("utf-8", "ignore").startswith("Grüße\r\nGrüße\r\n")
    assert text["length"] >= 1000 * len("Grüße\r\n".encode())
    assert "0Seite\t/seite.txt\t" in menu["body"]
    assert "not found" in absent["body"]  # in plain text: a type 0 selector has no rows


def wait_for(port: int, *, patience: float = LONGEST) -> None:
    """Return as soon as somebody listens on ``port``."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"no server listens on port {port}")
