"""``--help`` is complete, fits a terminal of 80 columns, and explains each command by an example."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from archive.cli.group import HELP_COLUMNS
from archive.cli.main import COMMAND_SECTIONS, cli
from archive.timestamps import parse_time

COMMANDS = cli.list_commands(click.Context(cli))


def names_of_commands() -> Iterator[tuple[str, ...]]:
    """Yield the names of each command, and of those below it."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, below) for below in command.list_commands(click.Context(command)))


ALL_COMMANDS = list(names_of_commands())


def lines_of_help(*words: str) -> list[str]:
    done = CliRunner().invoke(cli, [*words, "--help"], prog_name="taz-archive", catch_exceptions=False)
    return done.stdout.splitlines()


def test_each_command_is_in_one_section() -> None:
    assert sorted(name for section in COMMAND_SECTIONS.values() for name in section) == sorted(COMMANDS)


def test_the_overview_shows_each_summary_in_full() -> None:
    lines = lines_of_help()
    assert "Other:" not in lines
    for name in COMMANDS:
        [line] = [line for line in lines if line.startswith(f"  {name} ")]
        assert line.endswith(".")
        assert not line.endswith("...")


def test_the_times_in_examples_can_be_given() -> None:
    text = "\n".join(line for words in ALL_COMMANDS for line in lines_of_help(*words))
    times = re.findall(r"--(?:since|until|as-of) (\d[\w:+-]*)", text)
    assert "2025-04-10" in times
    for each in times:
        parse_time(each, now=datetime.now(UTC))


@pytest.mark.parametrize("words", [(), *ALL_COMMANDS])
def test_no_line_of_help_is_wider_than_a_terminal(words: tuple[str, ...]) -> None:
    assert [line for line in lines_of_help(*words) if len(line) > HELP_COLUMNS] == []


@pytest.mark.parametrize("words", ALL_COMMANDS)
def test_help_begins_with_a_sentence_and_has_an_example(words: tuple[str, ...]) -> None:
    lines, name = lines_of_help(*words), " ".join(words)
    assert lines[0].startswith(f"Usage: taz-archive {name} ")
    assert lines[2].endswith(".")
    assert lines[3] == ""
    assert any(line.startswith(f"    taz-archive {name} ") for line in lines) or name == "demo"


@pytest.mark.parametrize("words", ALL_COMMANDS)
def test_each_option_is_explained_by_a_sentence(words: tuple[str, ...]) -> None:
    command: click.Command | None = cli
    for name in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    options = [param for param in command.params if isinstance(param, click.Option)]
    unexplained = [option.name for option in options if "." not in (option.help or "")]
    assert unexplained == []
