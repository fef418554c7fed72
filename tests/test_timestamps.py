"""Times as people write them: one list for every TIME option and every address of the reading room."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.errors import UnknownTimeZone
from archive.timestamps import (
    ZONE_VARIABLE,
    day_of,
    display_stamp,
    end_of,
    minute_of,
    parse_duration,
    parse_stamp,
    parse_time,
    stamp,
    start_of,
    zone,
)
from tests.support.samples.captures import BRIDGE, archive_of, capture_of

NOW = datetime(2025, 4, 10, 12, 34, 56, tzinfo=UTC)
LIST = "use 2025-04-10, 2025-04-10T18:00, now, today, yesterday, 24h or 7d"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2025-04-01", datetime(2025, 3, 31, 22, tzinfo=UTC)),
        ("2025-04-01T18:00", datetime(2025, 4, 1, 16, tzinfo=UTC)),
        ("2025-04-01 18:00", datetime(2025, 4, 1, 16, tzinfo=UTC)),
        ("2025-04-01T18:00+02:00", datetime(2025, 4, 1, 16, tzinfo=UTC)),
        ("2025-04-01T18:00:01.250Z", datetime(2025, 4, 1, 18, 0, 1, 250_000, tzinfo=UTC)),
        ("now", NOW),
        ("today", datetime(2025, 4, 9, 22, tzinfo=UTC)),
        ("yesterday", datetime(2025, 4, 8, 22, tzinfo=UTC)),
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
        ("2025-04-10", "2025-04-09T22:00:00.000Z", "2025-04-10T21:59:59.999Z"),
        ("yesterday", "2025-04-08T22:00:00.000Z", "2025-04-09T21:59:59.999Z"),
        ("2025-04-10T18", "2025-04-10T16:00:00.000Z", "2025-04-10T16:59:59.999Z"),
        ("2025-04-10 18:00", "2025-04-10T16:00:00.000Z", "2025-04-10T16:00:59.999Z"),
        ("2025-04-10T18:00+02:00", "2025-04-10T16:00:00.000Z", "2025-04-10T16:00:59.999Z"),
        ("2025-04-10t18:00:07Z", "2025-04-10T18:00:07.000Z", "2025-04-10T18:00:07.999Z"),
        ("2025-04-10T18:00:07.125Z", "2025-04-10T18:00:07.125Z", "2025-04-10T18:00:07.125Z"),
        ("9999-12-31", "9999-12-30T23:00:00.000Z", "9999-12-31T22:59:59.999Z"),
        # In spring clocks go from 02:00 to 03:00, in autumn from 03:00 to 02:00.
        ("2025-03-30", "2025-03-29T23:00:00.000Z", "2025-03-30T21:59:59.999Z"),  # 23 hours
        ("2025-03-30T02:30", "2025-03-30T01:30:00.000Z", "2025-03-30T01:30:59.999Z"),  # 03:30
        ("2025-10-26", "2025-10-25T22:00:00.000Z", "2025-10-26T22:59:59.999Z"),  # 25 hours
        ("2025-10-26T02:30", "2025-10-26T00:30:00.000Z", "2025-10-26T01:30:59.999Z"),  # twice
        ("2025-10-26T02:30+01:00", "2025-10-26T01:30:00.000Z", "2025-10-26T01:30:59.999Z"),
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


ZONED = {
    "search",
    "show",
    "log",
    "diff",
    "verify",
    "serve",
    "republish",
    "status",
    "crawl",
    "frontier",
    "merge",
}


def test_every_command_that_reads_or_shows_times_takes_a_zone() -> None:
    parent = click.Context(cli)
    for name in ZONED | {name for name, _ in time_options()}:
        command = cli.get_command(parent, name)
        parts = command.commands.values() if isinstance(command, click.Group) else [command]
        assert any(each.opts == ["--tz"] for part in parts if part for each in part.params), name


@pytest.mark.parametrize("zone_words", [["--tz", "America/New_York"], []])
def test_a_zone_lasts_as_long_as_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_words: list[str]
) -> None:
    monkeypatch.setenv(ZONE_VARIABLE, "America/New_York" if not zone_words else "UTC")
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    words = [str(path), "--since", "2025-04-10T08:00", "--until", "2025-04-10T08:00"]  # noon of UTC
    done = CliRunner().invoke(cli, ["changes", *words, *zone_words])
    assert (done.stdout[:16], done.stderr) == ("2025-04-10 08:00", "Time zone: America/New_York.\n")
    for refused in (["--limit", "x"], ["--tz", "Bonn"], ["--tz", ""]):
        assert CliRunner().invoke(cli, ["changes", *words, *zone_words, *refused]).exit_code == 2
    assert os.environ[ZONE_VARIABLE] == ("UTC" if zone_words else "America/New_York")


def test_an_unknown_zone_of_the_environment_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ZONE_VARIABLE, "../../etc/passwd")
    done = CliRunner().invoke(cli, ["changes", "none.db"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        'Error: Invalid value for TAZ_ARCHIVE_TZ: unknown time zone "../../etc/passwd":'
        " use a name such as Europe/Berlin or UTC"
    )


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


def test_times_are_shown_as_clocks_in_berlin_show_them() -> None:
    assert minute_of("2025-04-10T12:34:56.000Z") == "2025-04-10 14:34"
    assert display_stamp("2025-04-10T22:30:00.000Z") == "2025-04-11 00:30 CEST"
    hours = [display_stamp(f"2025-10-26T0{hour}:30:00.000Z") for hour in (0, 1)]
    assert hours == ["2025-10-26 02:30 CEST", "2025-10-26 02:30 CET"]
    for extreme in ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"):
        assert minute_of(extreme)[:10] == extreme[:10]
    for damaged in ("5", "", "x" * 99):
        assert minute_of(damaged) == display_stamp(damaged) == damaged[:16]


def test_each_moment_of_the_days_on_which_clocks_change_is_of_one_day() -> None:
    for changing, hours in ((date(2025, 3, 30), 23), (date(2025, 10, 26), 25), (date(2025, 4, 10), 24)):
        start, following = start_of(changing), start_of(changing + timedelta(days=1))
        assert following - start == timedelta(hours=hours)
        assert following - end_of(changing) == timedelta(milliseconds=1)
        assert {day_of(start + timedelta(minutes=minute)) for minute in range(hours * 60)} == {changing}


def test_a_reader_at_half_past_eleven_utc_is_in_the_next_day_of_berlin() -> None:
    late = datetime(2025, 4, 10, 23, 30, tzinfo=UTC)
    assert day_of(late) == date(2025, 4, 11)
    assert stamp(parse_time("today", now=late)) == "2025-04-10T22:00:00.000Z"
    assert stamp(parse_time("yesterday", now=late, end=True)) == "2025-04-10T21:59:59.999Z"


def test_an_environment_variable_names_another_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ZONE_VARIABLE, "America/New_York")
    assert display_stamp("2025-04-10T12:00:00.000Z") == "2025-04-10 08:00 EDT"
    assert stamp(parse_time("2025-04-10", now=NOW)) == "2025-04-10T04:00:00.000Z"
    monkeypatch.setenv(ZONE_VARIABLE, "UTC")
    assert display_stamp("2025-04-10T12:00:00.000Z") == "2025-04-10 12:00 UTC"
    monkeypatch.setenv(ZONE_VARIABLE, "")
    assert zone().key == "Europe/Berlin"


@pytest.mark.parametrize(
    "name",
    [
        "Berlin",
        "../../etc/passwd",
        "/etc/passwd",
        "Europe",
        "Europe/",
        " ",
        "zone.tab",
        "a" * 999,
        "ü\udcff\x1b",
    ],
)
def test_an_unknown_zone_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(ZONE_VARIABLE, name)
    with pytest.raises(UnknownTimeZone, match="use a name such as Europe/Berlin or UTC") as refused:
        zone()
    assert len(str(refused.value)) < 150
    assert "\n" not in str(refused.value)
