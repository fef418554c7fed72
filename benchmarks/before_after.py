"""Speed of ``reparse`` and ``merge`` of this checkout, and relative to an earlier one.

``python -m benchmarks.before_after FOLDER``, or ``BEFORE=FOLDER``: a checkout of an earlier commit with an
environment in ``.venv``. Both run in turn, each on an archive that it made of the same pages.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from archive.worker_processes import processors
from benchmarks.measured_command import MIB, Measured, run_measured
from benchmarks.timing import show
from tests.support import ROOT

BEFORE = os.environ.get("BEFORE")
ARTICLES = 10_000
ROUNDS = 3
# Make an archive in the current checkout. If it is to be stale, an older parser reads its pages: one that
# left the number signs in titles and did not know authors, tags and subheads, so that all rows change.
MAKE = """
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch
from archive.model import Paragraph
from archive.renditions import read_capture
from archive.store import open_writer
from benchmarks.pages import wire_pages
from crawler.demo.newspaper.pages.newspaper import START

path, count, is_stale = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "stale"
today = read_capture.decode_page

def older(body, **where):
    seen = today(body, **where)
    page = seen.page
    blocks = tuple(Paragraph(f"# {block.text}") for block in page.blocks)
    title = f"# {page.title}"
    return seen._replace(page=replace(page, title=title, blocks=blocks, links=(), authors=(), tags=()))

captures = [page.capture(START) for page in wire_pages(count)]
with patch.object(read_capture, "decode_page", older if is_stale else today), open_writer(path) as archive:
    for at in range(0, count, 200):
        archive.record(captures[at : at + 200])
"""


class Checkout:
    """The program as of a commit, and the archives that it made."""

    def __init__(self, root: Path, home: Path, articles: int) -> None:
        self._root, self._home = root, home
        home.mkdir()
        self._fresh, self._stale = (self._make(name, articles) for name in ("fresh", "stale"))

    def _make(self, name: str, articles: int) -> Path:
        path = self._home / f"{name}.db"
        python = self._root / ".venv/bin/python"
        subprocess.run([python, "-c", MAKE, path, str(articles), name], cwd=self._root, check=True)
        return path

    def merge(self) -> Measured:
        """Merge the archive into an empty one."""
        return self._run("merge", self._home / "merged.db", self._fresh)

    def reparse(self) -> Measured:
        """Reparse a copy of the stale archive."""
        shutil.copy(self._stale, self._home / "reparsed.db")
        return self._run("reparse", self._home / "reparsed.db")

    def _run(self, command: str, archive: Path, *others: Path) -> Measured:
        done = run_measured([command, archive, *others], checkout=self._root)
        for path in self._home.glob(f"{archive.name}*"):
            path.unlink()
        return done


def main(before: str | None = BEFORE, articles: int = ARTICLES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        after = Checkout(ROOT, Path(folder, "after"), articles)
        checkouts = [Checkout(Path(before), Path(folder, "before"), articles), after] if before else [after]
        _compare("merge into an empty archive", [one.merge for one in checkouts], articles)
        _compare("reparse in which everything changes", [one.reparse for one in checkouts], articles)


def _compare(what: str, runs: Sequence[Callable[[], Measured]], articles: int) -> None:
    rounds = [[run() for run in runs] for _ in range(ROUNDS)]
    for when, measured in zip(["after", "before"], reversed(list(zip(*rounds, strict=True))), strict=False):
        _show(f"{what}, {when}", measured, articles)
    if len(runs) > 1:
        faster = median(before.seconds / after.seconds for before, after in rounds)
        less = median(before.busy / after.busy for before, after in rounds)
        show("  times as fast as before, by the clock", faster, "×", f"{less:.2f} × in CPU time")


def _show(what: str, times: Sequence[Measured], articles: int) -> None:
    seconds = median(one.seconds for one in times)
    busy = median(one.busy for one in times) / articles * 1000
    memory = max(one.largest for one in times) / MIB
    note = f"{busy:.2f} ms of CPU an article; {processors()} processors, {memory:.0f} MiB"
    show(what, articles / seconds, "articles/s", note)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else BEFORE, int(sys.argv[2]) if len(sys.argv) > 2 else ARTICLES)
