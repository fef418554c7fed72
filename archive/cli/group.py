"""The group of all commands, each loaded when it is asked for: one alone is there in half the time of all."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module

import click
from pluggy import PluginValidationError

from archive import hookspecs
from archive.cli import exit_codes
from archive.cli.output.progress import complain
from archive.errors import PluginError, TazArchiveError
from archive.plugins import call_hook, plugin_manager


class Commands(click.Group):
    """A group that ends with one line and the right code where one of our errors ends it.

    A reader of its output that went away (``| head``) is no error.
    """

    def __init__(self, *args: object, **settings: object) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type]  # whatever click takes
        self.places: dict[str, str] = {}
        self.has_plugins = False

    def add_places(self, places: Mapping[str, str]) -> None:
        """Add commands by where they are: ``{"search": "archive.cli.search:search"}``."""
        for name in places:
            self._refuse_taken(name)
        self.places |= places

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command. Raise :exc:`ValueError` if its name is taken."""
        self._refuse_taken(name or cmd.name or "")
        super().add_command(cmd, name)

    def _refuse_taken(self, name: str) -> None:
        if name in self.places or name in self.commands:
            raise ValueError(f'the command "{name}" exists already')

    def _load_plugins(self) -> None:
        """Add the commands of other packages. Raise :exc:`PluginError`."""
        if self.has_plugins:
            return
        self.has_plugins = True
        try:
            plugin_manager().add_hookspecs(hookspecs)
            plugin_manager().check_pending()
        except PluginValidationError as error:
            raise PluginError(f"plugin {plugin_manager().get_name(error.plugin)}: {error}") from error
        for _ in call_hook("register_commands", cli=self):
            pass

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load_plugins()
        return sorted({*super().list_commands(ctx), *self.places})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.places and cmd_name not in self.commands:
            self._load_plugins()
        if cmd_name in self.places and cmd_name not in self.commands:
            module, _, name = self.places[cmd_name].partition(":")
            super().add_command(getattr(import_module(module), name))
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
