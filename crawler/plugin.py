"""The commands that the crawler adds to ``taz-archive``."""

import click

from archive.cli.group import Commands
from archive.hookspecs import hookimpl

_COMMANDS = {
    "crawl": "crawler.commands.crawl:crawl",
    "demo": "crawler.commands.demo:demo",
    "frontier": "crawler.commands.frontier:frontier",
    "schedule": "archive.schedule.command:schedule",
}


@hookimpl
def register_commands(cli: click.Group) -> None:
    if isinstance(cli, Commands):
        cli.add_lazy_commands(_COMMANDS)
