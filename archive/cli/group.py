"""The command group: commands in sections, each module loaded when its command is asked for."""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import click
from pluggy import PluginValidationError

from archive import hookspecs
from archive.cli import exit_codes
from archive.cli.default_archive import with_default_archive
from archive.cli.output.progress import print_warning
from archive.errors import PluginError, TazArchiveError
from archive.plugins import call_hook, plugin_manager

HELP_COLUMNS = 80


class Commands(click.Group):
    """A group that prints our errors as one line and exits with their code.

    ``sections`` are the headings of ``--help`` and the names of the commands below each; commands of other
    packages follow below "Other". A reader of the output that went away (``| head``) is not an error.
    """

    def __init__(self, *args: object, sections: Mapping[str, Sequence[str]], **settings: object) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type]  # whatever click takes
        self.sections = dict(sections)
        self.lazy_commands: dict[str, str] = {}
        self.has_plugins = False

    def add_lazy_commands(self, commands: Mapping[str, str]) -> None:
        """Add commands by module and function: ``{"search": "archive.cli.commands.read.search:search"}``."""
        for name in commands:
            self._refuse_taken(name)
        self.lazy_commands |= commands

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command. Raise :exc:`ValueError` if its name is taken."""
        self._refuse_taken(name or cmd.name or "")
        super().add_command(cmd, name)

    def _refuse_taken(self, name: str) -> None:
        if name in self.lazy_commands or name in self.commands:
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
        """Return all names, in the order of the sections."""
        self._load_plugins()
        names = sorted({*super().list_commands(ctx), *self.lazy_commands})
        placed = [name for section in self.sections.values() for name in section if name in names]
        return [*placed, *(name for name in names if name not in placed)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy_commands and cmd_name not in self.commands:
            self._load_plugins()
        if cmd_name in self.lazy_commands and cmd_name not in self.commands:
            module, _, name = self.lazy_commands[cmd_name].partition(":")
            super().add_command(getattr(import_module(module), name))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each kind of command, one line a command."""
        names = self.list_commands(ctx)
        placed = {name for section in self.sections.values() for name in section}
        other = [name for name in names if name not in placed]
        width = max(map(len, names))
        for heading, section in {**self.sections, "Other": other}.items():
            if section:
                with formatter.section(heading):
                    for name in section:
                        formatter.write(f"  {name:<{width}}  {self._summary(ctx, name, width)}\n")

    def _summary(self, ctx: click.Context, name: str, name_width: int) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(HELP_COLUMNS - name_width - len("    ")) if command else ""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, with_default_archive(ctx, command, rest) if command else rest

    def invoke(self, ctx: click.Context) -> object:
        try:
            result = super().invoke(ctx)
            if sys.stdout:  # None where it was closed: `>&-`
                sys.stdout.flush()
        except TazArchiveError as error:
            print_warning(str(error))
            ctx.exit(exit_codes.code_for(error))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be flushed
            ctx.exit(exit_codes.DONE)
        except OSError as error:
            print_warning(f"{error.filename or 'output'}: {error.strerror}")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(exit_codes.FAILED)
        return result
