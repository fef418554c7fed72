"""The ``taz-archive`` command: our own commands and those that other packages register."""

import os
import sys
from io import TextIOWrapper

import click

from archive.cli import exit_codes
from archive.cli.group import Commands
from archive.cli.output.progress import print_warning
from archive.errors import TazArchiveError

CRAWLER_COMMANDS = {"crawl", "schedule", "frontier", "demo"}  # which the crawler registers
COMMAND_SECTIONS = {
    "Collect": ("crawl", "import", "schedule", "frontier"),
    "Read": ("list", "search", "show", "log", "diff", "changes", "serve"),
    "Look after": ("status", "verify", "backup", "restore", "merge", "compact", "reparse", "trust"),
    "Share": ("export", "republish", "metadata"),
    "Prove": ("digest", "check", "witness"),
    "Many machines": ("derive", "assemble"),
    "Try": ("demo",),
}
# Modules and their functions that cannot have the name of their command.
_OTHER_NAMES = {"import": "import_files", "list": "list_articles"}


def _commands() -> dict[str, str]:
    """Return our commands, by name, as module and function. Each section has a folder."""
    return {
        name: "archive.cli.commands.{0}.{1}:{1}".format(
            section.lower().replace(" ", "_"), _OTHER_NAMES.get(name, name)
        )
        for section, names in COMMAND_SECTIONS.items()
        for name in names
        if name not in CRAWLER_COMMANDS
    }


@click.group(
    cls=Commands, sections=COMMAND_SECTIONS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="taz-archive", prog_name="taz-archive")
def cli() -> None:
    """Keep a versioned archive of a text-mode newspaper in one SQLite file.

    \b
      taz-archive crawl taz.db               fetch what is due; repeat it later
      taz-archive status taz.db              is the archive healthy?
      taz-archive search taz.db "Straße"     find articles
      taz-archive diff taz.db 6081430        what did the last edit change?
      taz-archive serve taz.db               read the archive in a browser

    `taz-archive COMMAND --help` explains a command and its options. ARCHIVE may be left out if the
    environment variable TAZ_ARCHIVE names a file. Results go to stdout, all other messages to stderr.
    Datasette and sqlite3 open an archive as it is.
    """


cli.add_lazy_commands(_commands())


def main() -> None:
    """Run the command line. A character that the terminal's encoding lacks is printed as ``?``."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        cli()
    except TazArchiveError as error:  # in --help: the group handles those of commands
        print_warning(str(error))
        sys.exit(exit_codes.code_for(error))


def _open_closed_streams() -> None:
    """Give no other file the number of a closed stream, as after ``2>&-``, and discard what stderr gets.

    Scrapy needs stderr. A command whose result goes to a closed stdout reports it.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - stderr
        pass
    os.close(number)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
