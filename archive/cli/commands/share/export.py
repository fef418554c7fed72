"""``export``: an archive, or a selection of it, in a format that other programs read."""

import sys
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import Any, BinaryIO

import click

from archive.cli import exit_codes
from archive.cli.options import (
    CheckedCommand,
    PathOrUrl,
    archive_argument,
    as_of_option,
    refuse_reversed,
    section_option,
    utc_time,
    zone_option,
)
from archive.cli.output.progress import print_warning, progress
from archive.cli.termination import exiting_on_sigterm
from archive.errors import ExportError
from archive.export.formats import Shape, formats
from archive.export.run import ExportOptions
from archive.export.run import export as write
from archive.store import Selection, open_reader
from archive.timestamps import zone

_STDOUT = "-"


def _check(given: Mapping[str, Any]) -> None:
    form = formats()[given["name"]]
    adds = Shape.DATASET in form.shapes
    if isinstance(given["out"], str) and not adds:
        raise click.UsageError(f"{form.name} cannot be written to a URL; give a file name")
    if given["replace"] and adds:
        raise click.UsageError(f"--replace does not apply to {form.name}, which are added to what OUT has")
    if str(given["out"]) == _STDOUT and Shape.STREAM not in form.shapes:
        raise click.UsageError(f"{form.name} cannot be written to stdout; give a file name")
    if form.name == "newsedits" and Path(given["out"]).suffix.lower() == ".csv":
        raise click.UsageError(
            "newsedits is an SQLite file, or a folder of CSV files; give a name such as edits.db, or edits"
        )
    if given["versions"] and form.captures:
        raise click.UsageError(f"--versions does not apply to {form.name}, which holds captures")
    if given["spreadsheet"] and form.name != "csv":
        raise click.UsageError(f"--spreadsheet only applies to csv, not to {form.name}")
    refuse_reversed(given["since"], given["until"])
    refuse_reversed(given["since"], given["at"], end="--as-of")


@click.command(cls=CheckedCommand, check=_check)
@archive_argument
@click.argument("out", type=PathOrUrl(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "name",
    type=click.Choice(list(formats())),
    metavar="FORMAT",
    required=True,
    help="A format listed above.",
)
@as_of_option
@click.option("--since", type=utc_time(), help="Only versions or captures from this time on.")
@click.option("--until", type=utc_time(end=True), help="Only versions or captures up to this time.")
@click.option(
    "--versions",
    type=click.Choice(["latest", "all"]),
    help="Which versions of each article.  [default: latest; atom and newsedits: all]",
)
@section_option
@click.option("--topic", metavar="NAME", help="Only articles with a tag: part of its name, or !t5008005.")
@click.option("--author", metavar="NAME", help="Only articles by an author: part of the name, or !a22350.")
@click.option("--search", metavar="QUERY", help="Only versions that `search` finds.")
@zone_option
@click.option("--replace", is_flag=True, help="Overwrite OUT if it exists.")
@click.option("--spreadsheet", is_flag=True, help="Write csv in which spreadsheets find no formulas.")
@click.pass_context
def export(
    ctx: click.Context,
    /,
    archive: Path,
    out: Path | str,
    name: str,
    at: datetime | None,
    versions: str | None,
    replace: bool,
    spreadsheet: bool,
    **filters: Any,
) -> None:
    """Write articles or captures as CSV, JSON, EPUB, WARC and more.

    OUT is a file or folder, which appears only when it is complete; `-` is stdout,
    for {streams}. Captures are added to OUT, a folder or a URL. The same archive and
    options give the same bytes. Formats:

    {formats}

    \b
      taz-archive export taz.db taz.jsonl --format jsonl
      taz-archive export taz.db - --format csv --topic Klima --versions all
      taz-archive export taz.db sunday.epub --format epub --since 2025-04-13
      taz-archive export taz.db s3://bucket/captures --format captures
    """
    form = formats()[name]
    every = versions == "all" if versions else form.every
    selection = Selection(as_of=at, every=every, **filters)
    watching = partial(progress, "exporting")
    code = exit_codes.DONE
    with open_reader(archive) as opened, exiting_on_sigterm():
        if Shape.DATASET in form.shapes:
            added = form.load().add_captures(
                opened, str(out), selection, watching=watching, warn=print_warning
            )
            sentence, code = added.sentence, exit_codes.DAMAGED if added.damaged else exit_codes.DONE
        else:
            options = ExportOptions(form=form, selection=selection, replace=replace, spreadsheet=spreadsheet)
            place = _stdout() if str(out) == _STDOUT else Path(out)
            about = write(opened, place, options, watching=watching, warn=print_warning)
            sentence = about.sentence_in(zone())
    if sys.stderr.isatty():  # cron would mail it
        click.echo(f"{sentence}.", err=True)
    ctx.exit(code)


def _stdout() -> BinaryIO:
    if sys.stdout is None:  # where it was closed: `>&-`
        raise ExportError("-: stdout is closed; give a file name, or redirect stdout")
    return sys.stdout.buffer


def _help(text: str) -> str:
    """Fill the formats into the command's help."""
    lines = [f"  {form.name:<9}{form.what}" for form in formats().values()]
    streams = [form.name for form in formats().values() if Shape.STREAM in form.shapes]
    return cleandoc(text).format(
        formats="\n".join(["\b", *lines]), streams=f"{', '.join(streams[:-1])} and {streams[-1]}"
    )


export.help = _help(export.help or "")
