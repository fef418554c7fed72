"""``taz-archive import`` of many files, which worker processes parse."""

from pathlib import Path

import pytest

from archive.cli import exit_codes
from tests.support.running.plugins import install_source, run_with_plugins
from tests.support.samples.golden_pages import page
from tests.support.tables import is_sound, rows

pytestmark = pytest.mark.slow

DUMP = page("everything-with-blanks")
FILES = 440  # more than are parsed before there are workers
KILLER = """
import os
import signal

from archive.hookspecs import hookimpl
from archive.renditions.forms import text
from archive.renditions.rendition import Rendition


def decode(body, home):
    if b"deadly" in body:
        os.kill(os.getpid(), signal.SIGKILL)
    return text.decode(body, home)


@hookimpl
def register_renditions():
    return [Rendition(name="deadly", decode=decode)]
"""


def test_a_page_that_kills_its_parser_is_stored_as_unreadable_and_the_import_goes_on(tmp_path: Path) -> None:
    site = install_source(tmp_path, KILLER, name="deadly")
    (tmp_path / "pages").mkdir()
    for number in range(FILES):
        (tmp_path / "pages" / f"!{6080000 + number}.txt").write_bytes(DUMP)
    (tmp_path / "pages" / f"!{6080000 + FILES - 7}.txt").write_bytes(b"deadly\n" + DUMP)
    options = ("--rendition", "deadly", "--captured-at", "2025-04-10", "--jobs", "2")
    done = run_with_plugins(site, "import", tmp_path / "taz.db", tmp_path / "pages", *options)
    assert done.returncode == exit_codes.SOME_FAILED, done.stderr
    assert done.stdout == f"{FILES} files: {FILES - 1} new articles, 1 with problems\n"
    assert done.stderr.endswith("!6080433.txt: cannot be parsed: its process was killed twice\n")
    stored = rows(
        tmp_path / "taz.db",
        "SELECT outcome, problem, count(*), count(payload_id) FROM captures GROUP BY 1, 2 ORDER BY 1",
    )
    assert stored == [
        ("ok", None, FILES - 1, FILES - 1),
        ("unreadable", "cannot be parsed: its process was killed twice", 1, 1),
    ]
    assert is_sound(tmp_path / "taz.db")
