"""Print whether an archive is healthy."""

import click
from rich.text import Text

from archive.cli.output.health_report import Checkup, facts, state_of
from archive.cli.output.tables import print_json, print_text, terminal
from archive.dump.grammar import clean
from archive.store import open_reader


def print_checkup(checkup: Checkup, *, as_json: bool, is_printed: bool) -> None:
    """Print the report, unless it ``is_printed`` already, or the archive is healthy and stdout no terminal.

    Raise the error that kept the archive from being opened, which has an exit code of its own.
    """
    if checkup.inputs is None:
        with open_reader(checkup.path):
            pass
    if as_json:
        print_json(health_fields(checkup))
    elif not is_printed and (checkup.found or terminal()):
        click.echo(checkup.report)


def print_health(checkup: Checkup) -> None:
    """Print the state, each problem, and the facts behind them."""
    style = "bold red" if checkup.found else "green"
    print_text(Text.assemble(("health    ", "bold"), (state_of(checkup), style)))
    for problem in checkup.found:
        print_text(Text(f"- {clean(problem.text)}", style="red"), indent=10)
    for name, fact in facts(checkup.inputs, checkup.now) if checkup.inputs else ():
        print_text(Text.assemble((f"{name:<10}", "bold"), fact))


def health_fields(checkup: Checkup) -> dict[str, object]:
    """Return the checkup as JSON fields, without times and sizes if the archive could not be opened."""
    inputs = checkup.inputs
    return {
        "healthy": not checkup.found,
        "problems": [problem._asdict() for problem in checkup.found],
        "running": inputs and inputs.is_running,
        "last_new_version": inputs and inputs.last_change_at,
        "new_in_a_day": inputs and inputs.new_articles,
        "edited_in_a_day": inputs and inputs.edited_articles,
        "unfetched": inputs and inputs.unfetched_pages,
        "disk_free_bytes": inputs and inputs.free_bytes,
        "bytes_a_day": inputs and inputs.bytes_per_day,
        "days_left": inputs and inputs.days_left,
    }
