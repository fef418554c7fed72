"""A command that needs an archive, or fails, leaves none behind where there was none."""

from pathlib import Path

import pytest

from tests.support.samples.exported_archive import taz_archive

COMMANDS = (
    "backup x.db other.db",
    "changes x.db",
    "compact x.db",
    "crawl x.db --via nowhere",
    "crawl x.db --delay soon",
    "crawll x.db",
    "diff x.db 1",
    "export x.db out.csv --format csv",
    "import x.db",
    "import x.db empty",
    "import x.db nowhere.txt",
    "import x.db rows.csv",
    "list x.db",
    "log x.db 1",
    "merge x.db other.db",
    "merge x.db rows.csv",
    "reparse x.db",
    "republish x.db",
    "search x.db taz",
    "serve x.db",
    "show x.db 1",
    "status x.db",
    "trust x.db",
    "trust x.db taz.de --forget",
    "trust x.db taz.de 1234",
    "verify x.db",
    "verify x.db --repair",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_that_finds_nothing_leaves_an_archive_behind(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "rows.csv").write_text("Titel,Datum\n")
    ended = taz_archive(*command.split())
    assert (ended.code == 0) == (command == "import x.db empty")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty", "rows.csv"]
