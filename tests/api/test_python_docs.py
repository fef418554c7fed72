"""What docs/python.md shows is so: its cells run in order, as one program."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.samples.captures import BASE, NUMBER, archive_of, capture
from tests.support.samples.exported_archive import READERS, needs_readers, python
from tests.support.samples.menus import menu_capture

pytestmark = pytest.mark.slow

CELL = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@needs_readers
def test_the_cells_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = replace(BASE, lead="Am Mittwoch auch.")
    menu = menu_capture([NUMBER], 2, title="Politik")
    archive_of(tmp_path / "taz.db", [capture(BASE, 0), capture(edited, 1), menu])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{READERS}")
    monkeypatch.setenv("MPLBACKEND", "agg")
    cells = CELL.findall((ROOT / "docs" / "python.md").read_text(encoding="utf-8"))
    assert len(cells) > 8
    said = python("\n".join(cells))
    assert "lead +2 −8 words: Am Dienstag stand das Wasser bis an die Türen. → Am Mittwoch auch." in said
    assert (tmp_path / "headlines.csv").is_file()
    assert (tmp_path / "sections.svg").read_text(encoding="utf-8").startswith("<?xml")
