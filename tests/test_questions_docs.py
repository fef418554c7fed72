"""What docs/questions.md shows is so: its commands run, and its SQL finds something."""

import csv
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from archive.pagekey import ROOT as FRONT_PAGE
from archive.store import open_reader
from tests.support import ROOT
from tests.support.running.doc_examples import run_examples
from tests.support.samples.captures import BASE, NUMBER, archive_of, capture
from tests.support.samples.menus import menu_capture

DOCS = ROOT / "docs" / "questions.md"
SQL = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EDITED = "Wetter in der Stadt: Kleiner Regen"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of ten articles in a section, one of them on the front page, and edited."""
    captures = [
        *(capture(BASE, 0, NUMBER + at) for at in range(10)),
        capture(replace(BASE, title=EDITED), 2),
        menu_capture([NUMBER + at for at in range(10)], 1, title="Politik"),
        *(menu_capture([NUMBER], hour, FRONT_PAGE) for hour in (1, 4)),
    ]
    return archive_of(tmp_path_factory.mktemp("questions") / "taz.db", captures)


def answer(path: Path, column: str) -> list[tuple[object, ...]]:
    """Return the rows of the query that has a column of this name."""
    [sql] = [sql for sql in SQL.findall(DOCS.read_text(encoding="utf-8")) if f" AS {column}" in sql]
    with open_reader(path) as archive:
        return list(archive.rows(sql))


def test_the_queries_answer_their_questions(path: Path) -> None:
    assert answer(path, "best_place") == [(NUMBER, EDITED, "2025-04-10 09:00", "2025-04-10 12:00", 3.0, 1)]
    assert answer(path, "edits_per_article") == [("Politik", "2025-04", 10, 10.0, 0.1)]
    assert answer(path, "before") == [(NUMBER, BASE.title, EDITED, 2.0)]
    assert answer(path, "author") == [("Änne Groß", 10, 10.0)]
    assert len(SQL.findall(DOCS.read_text(encoding="utf-8"))) == 5


def test_a_word_is_counted_by_month(path: Path) -> None:
    sql = SQL.findall(DOCS.read_text(encoding="utf-8"))[-1]
    with open_reader(path) as archive:
        assert archive.rows(sql) == [("2025-04", 10)]


@pytest.mark.slow
def test_the_commands_write_what_they_promise(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert run_examples(DOCS) == 3
    with (path.parent / "headlines.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["id"], row["old"], row["new"]) == (str(NUMBER), BASE.title, EDITED)
    assert row["sections"] == "Politik"
