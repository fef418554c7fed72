"""Where other packages, our own crawler among them, hook into the command line."""

import click
import pluggy

PROJECT = "taz_archive"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands to ``taz-archive``: ``@cli.command()`` within, as Datasette's plugins do.

    A package says where its hooks are by an entry point in the group ``taz_archive``.
    """
