"""``backup``: a copy of the archive as it is at one moment."""

from pathlib import Path

import click

from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.progress import copying_progress
from archive.cli.output.tables import print_json, size
from archive.store import back_up


@click.command()
@archive_argument
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@quiet_option
@json_option
def backup(archive: Path, out: Path, quiet: bool, as_json: bool) -> None:
    """Copy an archive to OUT as it is at one moment, even while a crawl writes to it.

    OUT is one file with all in it, which `datasette -i OUT` shows whole. It is there when it is complete and
    found sound, and not before; an earlier backup there is replaced, anything else is refused.

    \b
      taz-archive backup taz.db /mnt/backup/taz.db
    """
    with copying_progress() as advance:
        done = back_up(archive, out, advance)
    if as_json:
        print_json({"out": str(out), "bytes": done})
    elif not quiet:
        click.echo(f"{out}: {size(done)}")
