"""Pages that end the process which parses them, or need more memory than there is."""

from pathlib import Path

import pytest

from archive.model import Outcome
from tests.support.running.plugins import install_source, run_with_plugins
from tests.support.samples.captures import BASE, capture
from tests.support.tables import derived_rows, is_sound, rows

pytestmark = pytest.mark.slow

# A rendition whose pages do harm if the environment says so, wherever they have one of these lines.
PLUGIN = """
import os, pathlib, resource, signal
from archive.hookspecs import hookimpl
from archive.renditions.forms import gopher
from archive.renditions.rendition import Rendition

def decode(body, home):
    if "HARM" in os.environ:
        if b"Kill me" in body:
            os.kill(os.getpid(), signal.SIGKILL)
        if b"Exit here" in body:
            os._exit(0)
        if b"Take all memory" in body:
            take_all_memory()
    return gopher.decode(body, home)

def take_all_memory():
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**24, before[1]))
    try:
        bytearray(2**30)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)

@hookimpl
def register_renditions():
    return [Rendition(name="deadly", decode=decode)]
"""
LINES = ("Kill me", "Exit here", "Take all memory")
HARM = {"HARM": "1"}
FIRST, COUNT = 6080000, 450  # enough pages for workers
DEADLY = {FIRST + at: line for at, line in zip((1, 7, 440), LINES, strict=True)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_source(tmp_path_factory.mktemp("plugin"), PLUGIN, "deadly")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for number in range(FIRST, FIRST + COUNT):
        body = capture(BASE, 0, number).body or b""
        page = body.replace(b"Dann nicht mehr.", DEADLY.get(number, "Dann nicht mehr.").encode())
        (folder / f"!{number}").write_bytes(page)
    return folder


def import_pages(
    site: Path, pages: Path, archive: Path, env: dict[str, str] | None = None
) -> tuple[int, str]:
    words = ["--captured-at", "2025-04-10", "--rendition", "deadly", "--jobs", 2]
    done = run_with_plugins(site, "import", archive, pages, *words, env=env)
    return done.returncode, done.stderr


def test_an_import_stores_deadly_pages_as_unreadable_and_all_others_as_articles(
    site: Path, pages: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "taz.db"
    code, errors = import_pages(site, pages, archive, HARM)
    assert (code, len(errors.splitlines())) == (3, len(DEADLY)), errors
    assert all(f"!{number}: " in line for number, line in zip(DEADLY, errors.splitlines(), strict=True))
    stored = "SELECT outcome, count(*), count(payload_id) FROM captures GROUP BY 1 ORDER BY 1"
    read, unreadable = COUNT - len(DEADLY), len(DEADLY)
    assert rows(archive, stored) == [("ok", read, read), ("unreadable", unreadable, unreadable)]
    found = rows(
        archive,
        "SELECT p.number, c.problem FROM captures c JOIN pages p ON p.id = page_id WHERE outcome = ?"
        " ORDER BY 1",
        Outcome.UNREADABLE,
    )
    killed = "cannot be parsed: its process was killed twice"
    problems = (killed, killed, "cannot be parsed: its process ran out of memory")
    assert found == list(zip(DEADLY, problems, strict=True))
    assert is_sound(archive)


def test_a_reparse_with_a_harmless_parser_makes_articles_of_deadly_pages(
    site: Path, pages: Path, tmp_path: Path
) -> None:
    archive, other = tmp_path / "taz.db", tmp_path / "other.db"
    import_pages(site, pages, archive, HARM)
    assert run_with_plugins(site, "reparse", archive).returncode == 0
    assert import_pages(site, pages, other) == (0, "")
    assert derived_rows(archive) == derived_rows(other)


def test_a_reparse_keeps_what_was_derived_from_deadly_pages_and_reads_the_rest(
    site: Path, pages: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "taz.db"
    import_pages(site, pages, archive)
    before = derived_rows(archive)
    done = run_with_plugins(site, "reparse", archive, "--jobs", 2, env=HARM)
    assert done.returncode in (3, 5), done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == len(DEADLY), done.stderr
    assert all(str(number) in line for number, line in zip(DEADLY, lines, strict=True))
    assert derived_rows(archive) == before
