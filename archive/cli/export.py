"""``export``: the archive, or some of it, in a form that others read."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import Any, BinaryIO

import click

from archive.cli.options import CheckedCommand, UtcTime, archive_argument, refuse_reversed
from archive.cli.output.progress import complain, progress
from archive.errors import ExportError
from archive.export.formats import Shape, formats
from archive.export.run import Order
from archive.export.run import export as write
from archive.store import Selection, open_reader

STREAM = "-"


def _check(given: Mapping[str, Any]) -> None:
    form = formats()[given["name"]]
    if str(given["out"]) == STREAM and Shape.STREAM not in form.shapes:
        raise click.UsageError(f"{form.name} is no stream; name a file or a folder")
    if given["versions"] and form.captures:
        raise click.UsageError(f"{form.name} holds captures, so --versions chooses nothing")
    if given["spreadsheet"] and form.name != "csv":
        raise click.UsageError("--spreadsheet is for csv")
    refuse_reversed(given["since"], given["at"], end="--as-of")


@click.command(cls=CheckedCommand, check=_check)
@archive_argument
@click.argument("out", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "name",
    type=click.Choice(list(formats())),
    required=True,
    help="The formats are listed above.",
)
@click.option("--as-of", "at", type=UtcTime(end=True), help="As the archive was then; a day is its end, UTC.")
@click.option("--since", type=UtcTime(), help="Only versions first seen, or captures taken, then or later.")
@click.option(
    "--versions", type=click.Choice(["latest", "all"]), help="Of each article the latest, or all; atom: all."
)
@click.option("--section", help="Part of a section's name, or its number (!p4611): what its menu has listed.")
@click.option("--topic", help="Part of a tag's name, or its number (!t5008005).")
@click.option("--author", help="Part of an author's name, or its number (!a22350).")
@click.option("--search", help="Only versions that match, as `search` finds them.")
@click.option("--replace", is_flag=True, help="Write over what is at OUT already.")
@click.option(
    "--spreadsheet", is_flag=True, help="csv for Excel and its like: nothing in it is taken for a formula."
)
def export(
    archive: Path,
    out: Path,
    name: str,
    at: datetime | None,
    since: datetime | None,
    versions: str | None,
    section: str | None,
    topic: str | None,
    author: str | None,
    search: str | None,
    replace: bool,
    spreadsheet: bool,
) -> None:
    """Write the archive, or what it was on a day, in a form that others read.

    OUT is a file or a folder, which appears whole or not at all; `-` is stdout, for {streams}.
    The same archive and options give the same bytes. Formats:

    {formats}

    \b
      taz-archive export taz.db taz.jsonl --format jsonl
      taz-archive export taz.db - --format csv --topic Klima --versions all
      taz-archive export taz.db sunday.epub --format epub --as-of 2025-04-13 --since 2025-04-13
    """
    form = formats()[name]
    selection = Selection(
        as_of=at,
        since=since,
        every=versions == "all" if versions else form.every,
        section=section,
        topic=topic,
        author=author,
        search=search,
    )
    with open_reader(archive) as opened, _tidied_up():
        what = write(
            opened,
            _stdout() if str(out) == STREAM else out,
            Order(form=form, selection=selection, replace=replace, spreadsheet=spreadsheet),
            watching=partial(progress, "exporting"),
            warn=complain,
        )
    if sys.stderr.isatty():  # cron mails what is said, and so is told of trouble alone
        click.echo(f"{what.sentence}.", err=True)


@contextmanager
def _tidied_up() -> Iterator[None]:
    """SIGTERM, as of a shutdown or a job's end, leaves nothing half-made, as Ctrl-C does not."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stdout() -> BinaryIO:
    if sys.stdout is None:  # where it was closed: `>&-`
        raise ExportError("-: stdout is closed")
    return sys.stdout.buffer


def _help(text: str) -> str:
    """The command's help with the formats there are."""
    lines = [f"  {form.name:<9}{form.what}" for form in formats().values()]
    streams = [form.name for form in formats().values() if Shape.STREAM in form.shapes]
    return cleandoc(text).format(
        formats="\n".join(["\b", *lines]), streams=f"{', '.join(streams[:-1])} and {streams[-1]}"
    )


export.help = _help(export.help or "")
