"""The sample newspaper as other people's gemini server serves it, and as another client reads it."""

import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from archive.model import PageKey
from archive.pagekey import selector
from archive.servers.gemini import gemini_endpoint
from archive.servers.server import serve_in_thread
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.gemtext import write_gemtext
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from tests.support.running.time_limit import LONGEST
from tests.support.servers.gopher_faults import crawl
from tests.support.servers.other_servers import installed, molly_brown

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=3, articles=12, daily=0)
KEYS = NEWSPAPER.keys(START)


def gemtext(key: PageKey) -> bytes:
    page = NEWSPAPER.page(key, START)
    assert page
    return write_gemtext(page).encode()


@pytest.fixture
def molly(tmp_path: Path) -> Iterator[str]:
    """Molly Brown serving every page as a file; the root of its URLs."""
    for key in KEYS:
        (tmp_path / f"{name_of(key)}.gmi").write_bytes(gemtext(key))
    with molly_brown(tmp_path) as (host, port):
        yield f"gemini://{host}:{port}/"


def name_of(key: PageKey) -> str:
    return selector(key).removeprefix("/") or "root"


def test_molly_brown_is_read(molly: str) -> None:
    asks = [f"{molly}{name_of(key)}.gmi" for key in KEYS]
    *pages, absent = crawl([*asks, f"{molly}nirgends.gmi"])[0]
    assert [page.get("sha256") for page in pages] == [sha256(gemtext(key)).hexdigest() for key in KEYS]
    assert absent["error"] == "AbsentPageError"


@pytest.mark.parametrize("key", [KEYS[0], KEYS[-1]], ids=name_of)
def test_openssl_reads_what_we_serve(key: PageKey) -> None:
    program = installed("openssl")
    with serve_in_thread([gemini_endpoint(Edition(NEWSPAPER, PaperClock(START)))]) as [address]:
        done = subprocess.run(
            [program, "s_client", "-quiet", "-connect", f"{address.host}:{address.port}"],
            input=f"gemini://{address.host}:{address.port}{selector(key) or '/'}\r\n".encode(),
            capture_output=True, timeout=LONGEST, check=True,
        )  # fmt: skip
    header, _, page = done.stdout.partition(b"\r\n")
    assert header == b"20 text/gemini; charset=utf-8; lang=de"
    assert page == gemtext(key)
