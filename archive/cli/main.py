"""The ``taz-archive`` command: our own commands, and those of every package that registers some."""

import sys
from io import TextIOWrapper

import click

from archive.cli import exit_codes
from archive.cli.group import Commands
from archive.cli.output.progress import complain
from archive.errors import TazArchiveError

# Where each command is.
PLACES = {
    "backup": "archive.cli.backup:backup",
    "changes": "archive.cli.changes:list_changes",
    "compact": "archive.cli.compact:compact",
    "diff": "archive.cli.diff:diff",
    "export": "archive.cli.export:export",
    "import": "archive.cli.import_files:import_files",
    "list": "archive.cli.list:list_articles",
    "log": "archive.cli.log:log",
    "merge": "archive.cli.merge:merge",
    "metadata": "archive.cli.metadata:metadata",
    "reparse": "archive.cli.reparse:reparse",
    "republish": "archive.cli.republish:republish",
    "restore": "archive.cli.restore:restore",
    "search": "archive.cli.search:search",
    "serve": "archive.cli.serve:serve",
    "show": "archive.cli.show:show",
    "status": "archive.cli.status:status",
    "trust": "archive.cli.trust:trust",
    "verify": "archive.cli.verify:verify",
}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="taz-archive", prog_name="taz-archive")
def cli() -> None:
    """Keep a versioned archive of a text-mode newspaper, in one SQLite file.

    \b
      taz-archive crawl taz.db                 fetch what is due; run it again to see what changed
      taz-archive status taz.db                what is in it, how the last crawls went
      taz-archive search taz.db "Straße"       find articles
      taz-archive diff taz.db 6081430          what an article's last edit changed
      taz-archive show taz.db 6081430 --as-of yesterday
      taz-archive serve taz.db                 all that in a browser

    Results go to stdout, everything else to stderr. Datasette and sqlite3 open the archive as it is.
    """


cli.add_places(PLACES)


def main() -> None:
    """Run the command. A terminal that cannot show a character gets a ``?`` for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # None where it was closed
            stream.reconfigure(errors="replace")
    try:
        cli()
    except TazArchiveError as error:  # in --help: the group handles those of commands
        complain(str(error))
        sys.exit(exit_codes.code_for(error))
