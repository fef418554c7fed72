"""``compact``: an archive as small as it gets."""

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.progress import complain, progress
from archive.cli.output.tables import count, print_json, size
from archive.store import CompactionProgress, Writer, open_writer, refuse_missing
from archive.store.payloads import compaction

SAID_ALONE = 10  # damaged payloads told of one by one


@click.command()
@archive_argument
@quiet_option
@json_option
@click.pass_context
def compact(ctx: click.Context, archive: Path, quiet: bool, as_json: bool) -> None:
    """Make an archive smaller: pack anew what crawls packed in haste, and give free room back to the disk.

    Pages are packed with what they have in common, and later captures of a page as patches against earlier
    ones. Each is read back and compared before its old bytes go. Stopped half-way, it goes on from there
    the next time. In the end the file is written anew, for which the disk needs as much free room as the
    file takes. Readers go on meanwhile.

    \b
      taz-archive compact taz.db
      taz-archive compact taz.db --json | jq .file
    """
    refuse_missing(archive)
    with open_writer(archive) as opened:
        opened.checkpoint()
        before = archive.stat().st_size
        done = _compact(opened)
        if done.packed or compaction.has_free_pages(opened.db):
            compaction.vacuum(opened.db)
        after = archive.stat().st_size
    if as_json:
        print_json(_fields(done, before, after))
    elif done.damaged or not quiet:
        _print(done, before, after)
    ctx.exit(exit_codes.DAMAGED if done.damaged else exit_codes.DONE)


def _compact(opened: Writer) -> CompactionProgress:
    going = compaction.compact(opened.db, at=datetime.now(UTC))
    done = next(going)
    seen = 0
    with progress("packing anew", done.total) as advance:
        for done in going:
            advance(done.seen - seen)
            seen = done.seen
    for line in done.damaged[:SAID_ALONE]:
        complain(line)
    if len(done.damaged) > SAID_ALONE:
        complain(f"… and {len(done.damaged) - SAID_ALONE:,} more that cannot be read; --json names all")
    return done


def _fields(done: CompactionProgress, before: int, after: int) -> dict[str, object]:
    return {
        "packed": done.packed,
        "payloads": {"before": done.before, "after": done.after},
        "dictionary": done.trained,
        "damaged": done.damaged,
        "file": {"before": before, "after": after},
    }


def _print(done: CompactionProgress, before: int, after: int) -> None:
    if done.trained:
        click.echo("a new dictionary was trained")
    if done.packed:
        click.echo(f"{count(done.packed, 'payload')} packed anew: {size(done.before)} → {size(done.after)}")
    elif not done.damaged:
        click.echo("all payloads are as small as they get")
    click.echo(f"the file: {size(before)} → {size(after)}")
    if done.damaged:
        click.echo(f"{count(len(done.damaged), 'payload')} cannot be read, and stayed as they are")
