"""``--section``: what a section lists or listed, in ``list``, ``search`` and ``changes``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from tests.support.samples.captures import BASE, archive_of, capture
from tests.support.samples.histories import LONG
from tests.support.samples.menus import menu_capture

LISTED, OTHER = 6080001, 6080002
COMMANDS = [["list"], ["search", "regen"], ["changes", "--since", "2025-04-01"]]
Found = Callable[..., list[int]]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    captures = [capture(BASE, 0, LISTED), capture(LONG, 1, OTHER), menu_capture([LISTED], 2)]
    return archive_of(tmp_path / "taz.db", captures)


@pytest.fixture
def found(archive: Path) -> Found:
    """Return a function that runs a command and returns the articles that it finds."""

    def run(command: str, *words: str) -> list[int]:
        done = CliRunner().invoke(cli, [command, str(archive), *words, "--json"])
        assert done.exit_code == 0, done.output
        return sorted(row["id"] for row in json.loads(done.stdout))

    return run


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("section", ["verkehr", "4611", "!p4611", "ehr"])
def test_only_articles_of_the_section_are_found(found: Found, command: list[str], section: str) -> None:
    assert found(*command) == [LISTED, OTHER]
    assert found(*command, "--section", section) == [LISTED]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("section", ["Gibtesnicht", "!p4612", "!t4611"])
def test_an_unknown_section_is_refused_with_those_there_are(
    archive: Path, command: list[str], section: str
) -> None:
    done = CliRunner().invoke(cli, [command[0], str(archive), *command[1:], "--section", section])
    assert done.exit_code == 1
    assert f'no section is called "{section}"; there are Verkehr' in done.stderr


def test_an_empty_name_as_of_a_variable_that_is_not_set_is_refused(archive: Path) -> None:
    done = CliRunner().invoke(cli, ["list", str(archive), "--section", ""])
    assert done.exit_code == 2
    assert "the name is empty; for all, leave out --section" in done.stderr
