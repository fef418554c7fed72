"""The reading room under a prefix, behind a real nginx that strips the prefix or keeps it."""

import re
import shutil
import subprocess
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, archive_of, capture_of
from tests.support.samples.sample_archive import EDITED, make_sample_archive
from tests.support.servers.free_ports import free_port
from tests.support.servers.reading_room import running, wait

PREFIX = "/archiv/"
# Written after the port, a path replaces the prefix; without one nginx keeps it.
PASSED = {"strips": "/", "keeps": ""}
CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/1;
  proxy_temp_path {folder}/2;
  fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4;
  scgi_temp_path {folder}/5;
  server {{
    listen 127.0.0.1:{port};
    location /archiv/ {{
      proxy_pass {home}{path};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto {scheme};
    }}
  }}
}}
"""
ORIGINAL = f"https://taz.de/!{EDITED}/"
STARTS = [
    "",
    "-/paper",
    "-/paper/",
    "-/articles?q=meldung",
    "-/charts",
    "-/feed/new.atom",
    "-/feed/edited.atom",
    "-/author/a%2Fb",
    f"-/article/{EDITED}/versions/1..2",
    f"-/timemap/link/{ORIGINAL}",
    "paper/articles/",
    f"paper/articles/{EDITED}",
    "paper/captures?_facet=article_id&_size=2",
    "paper/captures.json?_facet=article_id&_size=2",
    "paper?sql=select+1",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("prefix") / "paper.db"
    make_sample_archive(path)
    with running("-m", "archive", "serve", str(path), "--prefix", PREFIX) as home:
        yield home


@contextmanager
def nginx(home: str, folder: Path, passed: str, scheme: str = "http") -> Iterator[str]:
    """Its address with the prefix, as soon as it answers."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("needs Debian's nginx-light")
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        CONFIG.format(folder=folder, port=port, home=home, path=PASSED[passed], scheme=scheme),
        encoding="utf-8",
    )
    command = [program, "-e", "stderr", "-p", str(folder), "-c", str(config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            wait(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}{PREFIX}"
        finally:
            server.terminate()


def links(answer: httpx.Response) -> Iterator[str]:
    """Whole addresses of all that a page links to on its own host."""
    found: Iterable[str]
    if "html" in answer.headers["content-type"]:
        found = map(unescape, re.findall(r' (?:href|src)="([^"]*)"', answer.text))
    else:
        found = re.findall(r"https?://127[^\"<>\s]+", answer.text)
    for link in found:
        whole = urljoin(str(answer.url), link.partition("#")[0])
        if urlsplit(whole).netloc == answer.url.netloc.decode():
            yield whole


def shape(url: str) -> str:
    """Addresses of one shape come from the same template."""
    parts = urlsplit(url)
    return (
        re.sub(r"\d+", "N", parts.path) + "?" + "&".join(sorted(name for name, _ in parse_qsl(parts.query)))
    )


@pytest.mark.parametrize("passed", PASSED)
def test_every_link_behind_a_proxy_has_the_prefix_once_and_leads_somewhere(
    served: str, tmp_path: Path, passed: str
) -> None:
    shapes: Counter[str] = Counter()
    asked: set[str] = set()
    with (
        nginx(served, tmp_path, passed) as home,
        httpx.Client(timeout=LONGEST, follow_redirects=True) as client,
    ):
        ahead = deque((home + start, "start") for start in STARTS)
        while ahead:
            url, source = ahead.popleft()
            shapes[shape(url)] += 1
            if url in asked or shapes[shape(url)] > 2 or len(asked) > 250:
                continue
            asked.add(url)
            answer = client.get(url)
            assert answer.status_code == (404 if "/author/a%2Fb" in url else 200), (url, source)
            assert str(answer.url).startswith(home), (url, source)
            found = set(links(answer))
            assert [link for link in found if not link.startswith(home) or PREFIX * 2 in link] == [], url
            ahead.extend((link, url) for link in sorted(found))
    assert len(asked) > 100


@pytest.mark.parametrize("passed", PASSED)
def test_feeds_and_mementos_name_addresses_of_the_proxy(served: str, tmp_path: Path, passed: str) -> None:
    with nginx(served, tmp_path, passed, scheme="https") as home:
        outside = home.replace("http:", "https:")
        feed = httpx.get(f"{home}-/feed/new.atom", timeout=LONGEST).text
        gate = httpx.get(f"{home}-/timegate/{ORIGINAL}", timeout=LONGEST)
        rows = httpx.get(f"{home}paper/captures.json?_size=2", timeout=LONGEST).json()
    assert f'rel="self" type="application/atom+xml" href="{outside}-/feed/new.atom"' in feed
    assert gate.headers["location"].startswith(f"{outside}-/article/{EDITED}/as-of/")
    assert f"<{outside}-/timemap/link/{ORIGINAL}>" in gate.headers["link"]
    assert rows["next_url"].startswith(f"{outside}paper/captures.json?")


@pytest.mark.parametrize("prefix", ["/paper/", "paper", "-"])
def test_a_prefix_that_is_also_a_path_below_it_is_refused(tmp_path: Path, prefix: str) -> None:
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE)])
    done = CliRunner().invoke(cli, ["serve", str(path), "--prefix", prefix])
    assert done.exit_code == 2
    assert "is also the path of pages below it; use another" in done.stderr
