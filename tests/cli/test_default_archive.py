"""``TAZ_ARCHIVE`` names the archive of commands that are given none."""

from pathlib import Path

import click
import pytest

from archive.cli.default_archive import with_default_archive
from archive.cli.main import cli

DEFAULT = "/var/lib/default.db"
ID = "6081430"
WITHOUT_ARCHIVE = {
    "status": "status",
    "an option with a value": "crawl --max-time 10m",
    "one argument": "search Straße",
    "an argument that looks like an archive": "backup copy.db",
    "a provisional id": "show -2625",
    "an id and optional versions": f"diff {ID}",
    "versions": f"diff {ID} 1 3",
    "a server": "trust taz.de",
    "a server and an option": "trust taz.de --forget",
    "options after dashes": "serve -- --setting force_https_urls on",
}
WITH_ARCHIVE = {
    "status": "status taz.db",
    "a suffix": f"show taz.db {ID}",
    "versions": f"diff taz.db {ID} 1",
    "all arguments, whatever the suffix": f"log Zeitung.sqlite {ID}",
    "a server": "trust taz.db taz.de",
    "two archives": "backup taz.db copy.db",
    "any number of files": "merge laptop.db",
    "files to import": "import page.txt",
    "a sample newspaper": "demo",
}


def words_of(line: str) -> list[str]:
    """Return the arguments that a command line's command gets."""
    name, *words = line.split()
    context = click.Context(cli, **cli.context_settings)
    command = cli.get_command(context, name)
    assert command is not None
    return with_default_archive(context, command, words)


@pytest.fixture(autouse=True)
def default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAZ_ARCHIVE", DEFAULT)


@pytest.mark.parametrize("name", WITHOUT_ARCHIVE)
def test_a_command_without_archive_gets_the_default(name: str) -> None:
    line = WITHOUT_ARCHIVE[name]
    assert words_of(line) == [DEFAULT, *line.split()[1:]]


@pytest.mark.parametrize("name", WITH_ARCHIVE)
def test_a_command_with_archive_is_not_changed(name: str) -> None:
    line = WITH_ARCHIVE[name]
    assert words_of(line) == line.split()[1:]


def test_an_existing_file_is_an_archive_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Zeitung").touch()
    assert words_of(f"diff Zeitung {ID}") == ["Zeitung", ID]


@pytest.mark.parametrize("unset", [True, False])
def test_without_the_variable_nothing_is_added(monkeypatch: pytest.MonkeyPatch, unset: bool) -> None:
    if unset:
        monkeypatch.delenv("TAZ_ARCHIVE")
    else:
        monkeypatch.setenv("TAZ_ARCHIVE", "")
    assert words_of("status") == []
