"""WARC and WACZ as pywb replays them: every page, and every revisit of one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest

from archive.model import Capture, Kind, PageKey
from archive.store import digest_of, format_digest, open_writer
from tests.support.running.time_limit import LONGEST
from tests.support.samples.exported_archive import VISITS, make_archive, taz_archive

pytestmark = pytest.mark.slow

# The Python of pywb's own environment, made by `make setup`: pywb conflicts with other libraries.
REPLAY = Path(sys.prefix, "replay", "bin", "python")
needs_pywb = pytest.mark.skipif(not REPLAY.exists(), reason="make setup installs pywb")

MANAGER = "import sys; from pywb.manager.manager import main; main(sys.argv[1:])"
# As pywb's own command `wayback` does, on a port that is free.
SERVER = """
from gevent.monkey import patch_all
patch_all()
from gevent.pywsgi import WSGIServer
from pywb.apps.frontendapp import FrontEndApp
server = WSGIServer(("127.0.0.1", 0), FrontEndApp(), log=None)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
"""


class Replayed(NamedTuple):
    """What pywb answers for a line of its index."""

    kind: str
    scheme: str
    status: int
    digest: str


def captures_by_other_protocols() -> Iterator[Capture]:
    """A page by gemini, by a gateway and from a file, and all of them a day later: the same bytes again."""
    key = PageKey(Kind.ARTICLE, 900_001)
    urls = "gemini://taz.de/!900001", "https://gopher.mills.io/taz.de/1/%21900001", "my pages/Straße.txt"
    for number, url in enumerate(urls):
        for days in (0, 1):
            at = VISITS[0] + timedelta(days=days, minutes=number)
            body = f"Seite {number}\n".encode()
            yield Capture(source="x", url=url, captured_at=at, key=key, body=body, rendition="text")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("replay") / "taz.db")
    with open_writer(path) as opened:
        opened.record(captures_by_other_protocols())
    return path


def pywb(program: str, *args: str, cwd: Path) -> subprocess.Popen[str]:
    command = [str(REPLAY), "-c", program, *args]
    return subprocess.Popen(command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def manage(cwd: Path, *args: str) -> None:
    with pywb(MANAGER, *args, cwd=cwd) as managing:
        _, errors = managing.communicate()
    assert managing.returncode == 0, errors


@contextmanager
def served(cwd: Path) -> Iterator[str]:
    """The address at which pywb serves the collections of a folder."""
    (cwd / "config.yaml").touch()  # pywb prints a complaint to stdout if it is missing
    with pywb(SERVER, cwd=cwd) as serving:
        try:
            assert serving.stdout
            yield f"http://127.0.0.1:{int(serving.stdout.readline())}"
        finally:
            serving.kill()


def replayed(site: str, line: str) -> Replayed:
    """Ask for the bytes of a line of the index, as they were received."""
    _, timestamp, fields = line.split(" ", 2)
    record: dict[str, Any] = json.loads(fields)
    kind, scheme = record["mime"], record["url"].partition(":")[0]
    with urlopen(f"{site}/taz/{timestamp}id_/{record['url']}", timeout=LONGEST) as answer:
        body = answer.read()
    assert format_digest(digest_of(body)) == record["digest"], record
    return Replayed(kind, scheme, answer.status, record["digest"])


@needs_pywb
@pytest.mark.parametrize(("name", "options"), [("taz.warc.gz", []), ("taz.wacz", ["--unpack-wacz"])])
def test_pywb_replays_every_page_and_every_revisit(
    archive: Path, tmp_path: Path, name: str, options: list[str]
) -> None:
    form = name.split(".")[1]
    assert taz_archive("export", archive, tmp_path / name, "--format", form).code == 0
    manage(tmp_path, "init", "taz")
    manage(tmp_path, "add", *options, "taz", name)
    lines = (tmp_path / "collections/taz/indexes/index.cdxj").read_text().splitlines()
    with served(tmp_path) as site:
        found = [replayed(site, line) for line in lines]
    assert {(each.kind == "warc/revisit", each.scheme) for each in found} == {
        (revisit, scheme) for revisit in (False, True) for scheme in ("gopher", "gemini", "https", "file")
    }
