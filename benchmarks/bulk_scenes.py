"""Commands that process many pages, and archives and files to run them on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from archive.model import Capture, Kind, Outcome
from archive.pagekey import selector
from archive.store import open_writer
from benchmarks.pages import WirePage, wire_pages
from crawler.demo.newspaper.pages.newspaper import START
from tests.support.running.worse_parsers import mistitling, parsing, some, unable

ARCHIVE = (sys.executable, "-m", "archive")
LATER = timedelta(days=3)  # when all pages are captured for the second time
JOBS = ("--jobs", "2")
ABSENT = b"3Seite nicht gefunden\t\ttaz.de\t70\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Scene:
    """A command, the archive that it starts from, and its other arguments."""

    command: str
    start: Path
    words: tuple[str, ...] = ()

    def line(self, archive: Path) -> list[str]:
        """Return the command line that works on ``archive``, with two processes."""
        jobs = JOBS if takes_jobs(self.command) else ()
        return [*ARCHIVE, self.command, str(archive), *self.words, *jobs]

    def fresh(self, archive: Path) -> Path:
        """Put a copy of the archive to start from at ``archive``, in place of what is there."""
        for path in archive.parent.glob(f"{archive.name}*"):
            path.unlink()
        return Path(shutil.copy(self.start, archive))


@cache
def takes_jobs(command: str) -> bool:
    done = subprocess.run([*ARCHIVE, command, "--help"], capture_output=True, text=True, check=True)
    return "--jobs" in done.stdout


def scenes(home: Path, articles: int) -> dict[str, Scene]:
    """Prepare ``import`` and ``merge`` of ``articles`` articles and menus, captured twice, and ``reparse``.

    Some captures are in both archives, some are of pages that are gone, cut off, failed or without a number.
    ``reparse`` is of twice as many articles, captured once.
    """
    captures = [one for later in (timedelta(0), LATER) for one in _captures(articles, later)]
    third, two_thirds = captures[::3], [one for at, one in enumerate(captures) if at % 3 != 1]
    return {
        "import": Scene("import", _archive(home / "part.db", third), (str(_files(home, captures)),)),
        "merge": Scene(
            "merge", _archive(home / "third.db", third), (str(_archive(home / "other.db", two_thirds)),)
        ),
        "reparse": Scene("reparse", _stale_archive(home / "stale.db", list(_captures(2 * articles)))),
    }


def _captures(articles: int, later: timedelta = timedelta(0)) -> Iterator[Capture]:
    for at, page in enumerate(wire_pages(articles, later=later, menus=True)):
        yield _capture(page, at, later)


def _capture(page: WirePage, at: int, later: timedelta) -> Capture:
    """Return a capture of a page; of every 25th page, one that is worse than the others."""
    capture = page.capture(START + later + timedelta(seconds=at))
    if page.key.kind is not Kind.ARTICLE or at % 25:
        return capture
    unnumbered = replace(capture, key=None, source="import", url=f"page-{at}.txt")
    return (
        replace(capture, body=ABSENT),
        replace(capture, body=page.body[: len(page.body) // 2]),
        replace(capture, body=None, outcome=Outcome.FAILED, problem="no answer within 30 s"),
        unnumbered,
    )[at // 25 % 4]


def _archive(path: Path, captures: list[Capture]) -> Path:
    with open_writer(path) as archive:
        archive.record(captures)
    return path


def _stale_archive(path: Path, captures: list[Capture]) -> Path:
    """Make an archive whose captures a worse parser has read: half of them not at all."""
    with parsing(unable, only=some):
        _archive(path, captures[::2])
    with parsing(mistitling):
        return _archive(path, captures[1::2])


def _files(home: Path, captures: list[Capture]) -> Path:
    """Write the pages of captures to files, whose times say when they were captured."""
    for at, capture in enumerate(captures):
        if capture.body is None:
            continue
        folder = home / "files" / f"{at * 10 // len(captures)}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / ((capture.key and selector(capture.key)[1:]) or f"page-{at}")
        file.write_bytes(capture.body)
        os.utime(file, (capture.captured_at.timestamp(),) * 2)
    return home / "files"
