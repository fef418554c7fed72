"""Times as people write them: one list for every TIME option and every address of the reading room."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.timestamps import parse_duration, parse_stamp, parse_time, stamp

NOW = datetime(2025, 4, 10, 12, 34, 56, tzinfo=UTC)
LIST = "use 2025-04-10, 2025-04-10T18:00, now, today, yesterday, 24h or 7d"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2025-04-01", datetime(2025, 4, 1, tzinfo=UTC)),
        ("2025-04-01T18:00", datetime(2025, 4, 1, 18, tzinfo=UTC)),
        ("2025-04-01 18:00", datetime(2025, 4, 1, 18, tzinfo=UTC)),
        ("2025-04-01T18:00+02:00", datetime(2025, 4, 1, 16, tzinfo=UTC)),
        ("2025-04-01T18:00:01.250Z", datetime(2025, 4, 1, 18, 0, 1, 250_000, tzinfo=UTC)),
        ("now", NOW),
        ("today", datetime(2025, 4, 10, tzinfo=UTC)),
        ("yesterday", datetime(2025, 4, 9, tzinfo=UTC)),
        ("24h", NOW - timedelta(hours=24)),
        ("7d", NOW - timedelta(days=7)),
        ("90m", NOW - timedelta(minutes=90)),
        (" 1.5h ", NOW - timedelta(minutes=90)),
        ("0s", NOW),
    ],
)
def test_each_form_names_its_time(text: str, time: datetime) -> None:
    assert parse_time(text, now=NOW) == time


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-04-10", "2025-04-10T00:00:00.000Z", "2025-04-10T23:59:59.999Z"),
        ("yesterday", "2025-04-09T00:00:00.000Z", "2025-04-09T23:59:59.999Z"),
        ("2025-04-10T18", "2025-04-10T18:00:00.000Z", "2025-04-10T18:59:59.999Z"),
        ("2025-04-10 18:00", "2025-04-10T18:00:00.000Z", "2025-04-10T18:00:59.999Z"),
        ("2025-04-10T18:00+02:00", "2025-04-10T16:00:00.000Z", "2025-04-10T16:00:59.999Z"),
        ("2025-04-10t18:00:07Z", "2025-04-10T18:00:07.000Z", "2025-04-10T18:00:07.999Z"),
        ("2025-04-10T18:00:07.125Z", "2025-04-10T18:00:07.125Z", "2025-04-10T18:00:07.125Z"),
        ("9999-12-31", "9999-12-31T00:00:00.000Z", "9999-12-31T23:59:59.999Z"),
        ("now", stamp(NOW), stamp(NOW)),
        ("24h", stamp(NOW - timedelta(days=1)), stamp(NOW - timedelta(days=1))),
    ],
)
def test_a_time_stands_for_the_first_or_the_last_moment_of_what_it_names(
    text: str, first: str, last: str
) -> None:
    assert stamp(parse_time(text, now=NOW)) == first
    assert stamp(parse_time(text, now=NOW, end=True)) == last


NO_TIMES = [
    *("", "soon", "24", "24 hours", "-1h", "1w", "2026-11", "2026-13-01", "2025-02-30", "20250410"),
    *(
        "2025-W15",
        "2025-04-10T",
        "2025-04-10T25:00",
        "2025-04-10x18:00",
        "T18:00",
        "\u0662\u0664h",
        "24h\x1b",
    ),
]


@pytest.mark.parametrize("text", NO_TIMES)
@pytest.mark.parametrize("end", [False, True])
def test_an_invalid_time_is_refused_with_the_valid_forms(text: str, *, end: bool) -> None:
    with pytest.raises(ValueError, match=re.escape(f'invalid time "{text}": {LIST}')):
        parse_time(text, now=NOW, end=end)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00+02:00", "9999-12-31T23:00-02:00", "9999999d", "9" * 400 + "d"]
)
def test_a_time_that_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        parse_time(text, now=NOW)


def test_lengths_of_time_are_those_that_ages_are_made_of() -> None:
    assert parse_duration("90m") == timedelta(minutes=90)
    with pytest.raises(ValueError, match="90"):
        parse_duration("90")


def time_options() -> Iterator[tuple[str, str]]:
    """Each command with each of its options that take a time."""
    parent = click.Context(cli)
    for name in cli.list_commands(parent):
        command = cli.get_command(parent, name)
        assert command
        for option in command.params:
            if option.type.name == "time":
                yield name, option.opts[0]


NEEDED = {"show": ["6081430"], "export": ["-", "--format", "jsonl"], "import": ["/dev/null"]}


@pytest.mark.parametrize(("name", "option"), sorted(time_options()))
def test_every_option_that_takes_a_time_reads_the_whole_list(tmp_path: Path, name: str, option: str) -> None:
    words = [name, str(tmp_path / "none.db"), *NEEDED.get(name, [])]
    for good in ("2025-04-10", "2025-04-10T18:00", "now", "today", "yesterday", "24h", "7d"):
        done = CliRunner().invoke(cli, [*words, option, good])
        assert (done.exit_code, "invalid time" in done.stderr) != (2, True), good
    done = CliRunner().invoke(cli, [*words, option, "soon"])
    assert (done.exit_code, f'invalid time "soon": {LIST}' in done.stderr) == (2, True)


def test_the_options_that_take_a_time_are_all_of_one_type() -> None:
    named = {"--since", "--until", "--as-of", "--captured-at"}
    parent = click.Context(cli)
    commands = [(name, cli.get_command(parent, name)) for name in cli.list_commands(parent)]
    options = [(name, each.opts[0]) for name, command in commands if command for each in command.params]
    assert {pair for pair in options if pair[1] in named} == set(time_options())


def test_a_stamp_reads_back_as_its_moment() -> None:
    assert parse_stamp(stamp(NOW)) == NOW
