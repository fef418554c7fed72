"""The group of all commands, each loaded when it is asked for: one alone is there in half the time of all."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module

import click

from archive.cli import exit_codes
from archive.cli.output.progress import complain
from archive.errors import TazArchiveError


class Commands(click.Group):
    """A group that ends with one line and the right code where one of our errors ends it.

    A reader of its output that went away (``| head``) is no error.
    """

    def __init__(self, *args: object, **settings: object) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type]  # whatever click takes
        self.places: dict[str, str] = {}

    def add_places(self, places: Mapping[str, str]) -> None:
        """Add commands by where they are: ``{"search": "archive.cli.search:search"}``."""
        self.places |= places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.places})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.places and cmd_name not in self.commands:
            module, _, name = self.places[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), name))
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        try:
            result = super().invoke(ctx)
            if sys.stdout:  # None where it was closed: `>&-`
                sys.stdout.flush()
        except TazArchiveError as error:
            complain(str(error))
            ctx.exit(exit_codes.code_for(error))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be flushed
            ctx.exit(exit_codes.DONE)
        except OSError as error:
            complain(f"{error.filename or 'output'}: {error.strerror}")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(exit_codes.FAILED)
        return result
