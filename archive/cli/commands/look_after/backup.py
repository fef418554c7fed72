"""``backup``: a consistent copy of an archive."""

from pathlib import Path

import click

from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.printing import print_json, size
from archive.cli.output.progress import copying_progress
from archive.store import back_up


@click.command()
@archive_argument
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@quiet_option
@json_option
def backup(archive: Path, out: Path, quiet: bool, as_json: bool) -> None:
    """Copy an archive to one file, even during a crawl.

    OUT appears only when the copy is complete and verified. An earlier backup at
    OUT is replaced; any other file there is refused. `datasette -i OUT` opens it.

    \b
      taz-archive backup taz.db /mnt/backup/taz.db
    """
    with copying_progress() as advance:
        copied = back_up(archive, out, advance)
    if as_json:
        print_json({"out": str(out), "bytes": copied})
    elif not quiet:
        click.echo(f"{out}: {size(copied)}")
