"""Malformed HTTP from a gateway is the problem of its page, and never an error of the program."""

from pathlib import Path

import pytest

from tests.support.running.crawls import LOOPBACK, is_whole
from tests.support.running.crawls_of_sources import crawl
from tests.support.servers.gopher_faults import serving
from tests.support.tables import rows

pytestmark = pytest.mark.slow

OK = b"HTTP/1.1 200 OK\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\n"
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
FAILED = {
    "status of five digits": b"HTTP/1.1 99999 X\r\n\r\nx",
    "negative status": b"HTTP/1.1 -5 X\r\n\r\nx",
    "status without digits": b"HTTP/1.1 abc X\r\n\r\nx",
    "every byte": bytes(range(256)) * 4,
    "negative length": OK + b"Content-Length: -5\r\n\r\nx",
    "enormous length": OK + b"Content-Length: 99999999999999999999999\r\n\r\nx",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "broken chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxx",
    "unknown encoding": OK + b"Transfer-Encoding: bogus\r\n\r\nxx",
    "continuation of no header": OK + b" folded\r\n\r\nx",
    "endless header": OK + b"X: " + b"a" * 200_000 + b"\r\n\r\nx",
    "other protocol": b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n",
    "impossible date": BUSY + b"Retry-After: Fri, 99 Foo 99999 99:99:99 GMT\r\n\r\n",
    "date before all time zones": BUSY + b"Retry-After: Mon, 01 Jan 0001 00:00:00 +2359\r\n\r\n",
    "superscript digit": BUSY + b"Retry-After: \xb2\r\n\r\n",
    "redirect to half a URL": b"HTTP/1.1 301 X\r\nLocation: http://[\r\n\r\n",
}
UNREADABLE = {
    "NUL in a header": OK + b"X: a\0b\r\n\r\nx",
    "codec that is no charset": OK + b"Content-Type: text/html; charset=rot13\r\n\r\n\xff",
    "charset of bytes": OK + b"Content-Type: text/html; charset=\xff\xfe\r\n\r\nx",
    "file without a name": OK + b"Content-Disposition: attachment; filename=\r\n\r\nx",
    "claims to be compressed": OK + b"Content-Encoding: gzip, br\r\n\r\nx",
}
CASES = [("failed", 4, name) for name in FAILED] + [("unreadable", 3, name) for name in UNREADABLE]


@pytest.mark.parametrize(("outcome", "code", "name"), CASES)
def test_malformed_http_is_the_problem_of_its_page(
    outcome: str, code: int, name: str, tmp_path: Path
) -> None:
    archive, answer = tmp_path / "taz.db", {**FAILED, **UNREADABLE}[name]
    pages = {b"GET /!6040001 HTTP/1.1": answer, b"GET /robots.txt HTTP/1.1": NO_ROBOTS}
    with serving(pages) as server:
        home = f"http://{LOOPBACK}:{server.port}/"
        done = crawl(archive, "--via", f"plain={home}", "--seed", f"{home}!6040001", "--max-pages", "1")
    assert done.returncode == code, done.stderr
    [(stored, problem)] = rows(archive, "SELECT outcome, problem FROM captures")
    assert (stored, done.stderr) == (outcome, f"taz-archive: {home}!6040001: {problem}\n")
    is_whole(archive)
