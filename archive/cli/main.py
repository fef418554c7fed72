"""The ``taz-archive`` command: our own commands, and those of every package that registers some."""

import os
import sys
from importlib.metadata import version
from io import TextIOWrapper

import click
import pluggy

from archive import hookspecs
from archive.cli import (
    backup,
    compact,
    exits,
    export,
    history,
    imports,
    look,
    merge,
    metadata,
    reparse,
    republish,
    serve,
    status,
    trust,
    verify,
)
from archive.cli.progress import complain
from archive.errors import TazArchiveError


class Commands(click.Group):
    """A group that ends with one line and the right code where one of our errors ends it.

    A reader of its output that went away (``| head``) is no error.
    """

    def invoke(self, ctx: click.Context) -> object:
        try:
            result = super().invoke(ctx)
            if sys.stdout:  # None where it was closed: `>&-`
                sys.stdout.flush()
        except TazArchiveError as error:
            complain(str(error))
            ctx.exit(exits.code_for(error))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be flushed
            ctx.exit(exits.DONE)
        except OSError as error:
            complain(f"{error.filename or 'output'}: {error.strerror}")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(exits.FAILED)
        return result


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("taz-archive"), prog_name="taz-archive")
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


for module in (
    imports,
    export,
    republish,
    look,
    history,
    status,
    reparse,
    verify,
    backup,
    merge,
    compact,
    serve,
    metadata,
    trust,
):
    for command in module.COMMANDS:
        cli.add_command(command)

plugins = pluggy.PluginManager(hookspecs.PROJECT)
plugins.add_hookspecs(hookspecs)
plugins.load_setuptools_entrypoints(hookspecs.PROJECT)
plugins.hook.register_commands(cli=cli)


def main() -> None:
    """Run the command. A terminal that cannot show a character gets a ``?`` for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # None where it was closed
            stream.reconfigure(errors="replace")
    cli()
