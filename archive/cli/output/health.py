"""How an archive does, as ``status`` shows it."""

import click
from rich.text import Text

from archive.cli.output.health_report import Checkup, glance
from archive.cli.output.tables import print_json, print_text, terminal
from archive.dump.grammar import clean
from archive.store import open_reader


def print_checkup(checkup: Checkup, *, as_json: bool, printed: bool) -> None:
    """The report, unless it is ``printed`` already, or all is well and nobody there to read so.

    Raises why an archive could not be opened, which has exit codes of its own.
    """
    if checkup.vitals is None:
        with open_reader(checkup.path):
            pass
    if as_json:
        print_json(health_fields(checkup))
    elif not printed and (checkup.found or terminal()):
        click.echo(checkup.report)


def print_health(checkup: Checkup) -> None:
    """What one wants to know at a glance."""
    style, told = ("bold red", "unhealthy") if checkup.found else ("green", "well")
    print_text(Text.assemble(("health    ", "bold"), (told, style)))
    for ailment in checkup.found:
        print_text(Text(f"- {clean(ailment.text)}", style="red"), indent=10)
    for name, fact in glance(checkup.vitals, checkup.now) if checkup.vitals else ():
        print_text(Text.assemble((f"{name:<10}", "bold"), fact))


def health_fields(checkup: Checkup) -> dict[str, object]:
    """The same for programs; times and sizes are None where the archive could not be opened."""
    vitals = checkup.vitals
    return {
        "healthy": not checkup.found,
        "ailments": [ailment._asdict() for ailment in checkup.found],
        "running": vitals and vitals.is_running,
        "last_news": vitals and vitals.news,
        "new_in_a_day": vitals and vitals.new,
        "edited_in_a_day": vitals and vitals.edited,
        "unfetched": vitals and vitals.unfetched,
        "disk_free_bytes": vitals and vitals.free,
        "bytes_a_day": vitals and vitals.daily,
        "days_left": vitals and vitals.days_left,
    }
