"""``compact``: an archive in as few bytes as possible."""

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.printing import count, print_json, size
from archive.cli.output.progress import abridged, print_warning, progress
from archive.store import CompactionProgress, Writer, open_writer, refuse_missing


@click.command()
@archive_argument
@quiet_option
@json_option
@click.pass_context
def compact(ctx: click.Context, archive: Path, quiet: bool, as_json: bool) -> None:
    """Make an archive smaller and return free space to the disk.

    Pages are compressed again at the best level, with a shared dictionary, and
    repeat captures as deltas. Each page is read back and compared before its old
    bytes are deleted. At the end the file is rewritten, which needs as much free
    disk space as the file takes. Readers may go on. If interrupted, the next run
    continues.

    \b
      taz-archive compact taz.db
      taz-archive compact taz.db --json | jq .file
    """
    refuse_missing(archive)
    with open_writer(archive) as opened:
        opened.maintenance.checkpoint()
        before = archive.stat().st_size
        done = _compact(opened)
        if done.packed or opened.maintenance.has_free_pages():
            opened.maintenance.vacuum()
        after = archive.stat().st_size
    if as_json:
        print_json(_fields(done, before, after))
    elif done.damaged or not quiet:
        _print(done, before, after)
    ctx.exit(exit_codes.DAMAGED if done.damaged else exit_codes.DONE)


def _compact(opened: Writer) -> CompactionProgress:
    going = opened.maintenance.compact(at=datetime.now(UTC))
    done = next(going)
    seen = 0
    with progress("compressing", done.total) as advance:
        for done in going:
            advance(done.seen - seen)
            seen = done.seen
    for line in abridged(done.damaged, "damaged payloads"):
        print_warning(line)
    return done


def _fields(done: CompactionProgress, before: int, after: int) -> dict[str, object]:
    return {
        "compressed": done.packed,
        "payloads": {"before": done.before, "after": done.after},
        "dictionary": done.trained,
        "damaged": done.damaged,
        "file": {"before": before, "after": after},
    }


def _print(done: CompactionProgress, before: int, after: int) -> None:
    if done.trained:
        click.echo("a new dictionary was trained")
    if done.packed:
        click.echo(
            f"{count(done.packed, 'payload')} compressed again: {size(done.before)} → {size(done.after)}"
        )
    elif not done.damaged:
        click.echo("all payloads are compressed at the best level already")
    click.echo(f"file size: {size(before)} → {size(after)}")
    if done.damaged:
        click.echo(f"{count(len(done.damaged), 'payload')} cannot be read and were not changed")
