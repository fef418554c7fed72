"""The history of checks, as ``verify --history`` prints it."""

from datetime import datetime
from pathlib import Path

import click

from archive.cli.output.printing import TableColumn, count, print_json, print_table, when
from archive.cli.output.runs import duration_words
from archive.dump.grammar import clean
from archive.store import CheckRecord, PartChecks, open_reader
from archive.timestamps import parse_stamp

_MAX_LISTED = 50  # checks
_COLUMNS = (
    TableColumn("began"),
    TableColumn("took", right=True),
    TableColumn("scope"),
    TableColumn("parts", right=True),
    TableColumn("of", right=True),
    TableColumn("payloads", right=True),
    TableColumn("articles", right=True),
    TableColumn("sections", right=True),
    TableColumn("unchanged", right=True),
    TableColumn("file"),
    TableColumn("found"),
)


def print_check_history(path: Path, *, as_json: bool) -> None:
    """Print the last checks of an archive, newest first."""
    with open_reader(path) as opened:
        checks, file = opened.checks.history(_MAX_LISTED), opened.checks.file
    if as_json:
        print_json(
            [
                {**check._asdict(), "seconds": _seconds(check), "this_file": check.file == file}
                for check in checks
            ]
        )
    elif checks:
        print_table(_COLUMNS, (_cells(check, file) for check in checks))
    else:
        click.echo("no check was recorded")


def _cells(check: CheckRecord, file: str) -> list[str | int | None]:
    return [
        when(check.began),
        duration_words(_seconds(check)),
        clean(check.scope),
        check.sound_parts,
        check.parts,
        check.payloads,
        check.articles,
        check.sections,
        check.unchanged,
        "this" if check.file == file else "an earlier one",
        check_result(check),
    ]


def check_result(check: CheckRecord) -> str:
    """Return ``sound``, or how many faults a check found."""
    return count(check.faults, "fault") if check.faults else "sound"


def checked_words(checks: PartChecks, now: datetime) -> str:
    """Say how old the oldest check of this file is, for ``status``."""
    last = checks.last
    if last is None:
        return "never"
    when_last = f"last check {when(last.finished)} ({check_result(last)})"
    if not checks.is_checked:
        return f"never since the file was copied, restored or rebuilt; {when_last} of an earlier one"
    oldest = f"the oldest part {_days_ago(checks.oldest, now)}, " if checks.oldest else ""
    never = f"{checks.never:,}" if checks.never else "none"
    return f"{oldest}{never} of {count(checks.parts, 'part')} never; {when_last}"


def _days_ago(stamped: str, now: datetime) -> str:
    days = (now - parse_stamp(stamped)).days
    return f"{count(days, 'day')} ago" if days else "less than a day ago"


def check_fields(checks: PartChecks) -> dict[str, object]:
    """Return the checks of an archive as JSON fields of ``status``."""
    return {
        "parts": checks.parts,
        "never": checks.never,
        "oldest": checks.oldest,
        "unchecked_since": checks.unchecked_since,
        "last": checks.last and checks.last._asdict(),
    }


def _seconds(check: CheckRecord) -> float | None:
    """Return how long a check took; None if a time is invalid, as in a damaged archive."""
    try:
        return (parse_stamp(check.finished) - parse_stamp(check.began)).total_seconds()
    except (ValueError, TypeError):  # TypeError: one of them has no zone
        return None
