"""``restore``: a backup in place of an archive."""

from pathlib import Path

import click

from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.printing import print_json
from archive.cli.output.progress import copying_progress
from archive.store import restore as restore_backup


@click.command()
@archive_argument
@click.argument("backup", type=click.Path(dir_okay=False, path_type=Path))
@quiet_option
@json_option
def restore(archive: Path, backup: Path, quiet: bool, as_json: bool) -> None:
    """Replace an archive with a copy of a backup.

    The replaced file is kept as ARCHIVE.replaced, with its write-ahead log. While
    another command writes to ARCHIVE, restore exits with code 75 and does nothing.

    \b
      taz-archive restore taz.db /mnt/backup/taz.db
    """
    with copying_progress() as advance:
        replaced = restore_backup(archive, backup, advance)
    if as_json:
        print_json({"restored": str(archive), "replaced": replaced and str(replaced)})
    elif not quiet:
        kept = f"; the replaced file is now {replaced.name}" if replaced else ""
        click.echo(f"{archive}: restored from {backup}{kept}")
