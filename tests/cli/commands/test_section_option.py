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
def found(tmp_path: Path) -> Found:
    """Return a function that runs a command and returns the articles that it finds."""
    captures = [capture(BASE, 0, LISTED), capture(LONG, 1, OTHER), menu_capture([LISTED], 2)]
    archive = archive_of(tmp_path / "taz.db", captures)

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
def test_an_unknown_section_has_no_articles(found: Found, command: list[str], section: str) -> None:
    assert found(*command, "--section", section) == []
