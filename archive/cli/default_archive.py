"""The archive that commands use where none is given: the one that ``TAZ_ARCHIVE`` names."""

import os
from pathlib import Path

import click

ARCHIVE_VARIABLE = "TAZ_ARCHIVE"
ARCHIVE_SUFFIX = ".db"


def with_default_archive(parent: click.Context, command: click.Command, words: list[str]) -> list[str]:
    """Return a command's arguments, with the default archive before them if they name no archive.

    They name none if the command would lack an argument, or if the first is neither a file nor ends in
    ``.db`` and an argument may be left out. A command that takes any number of files is not changed.
    """
    default = os.environ.get(ARCHIVE_VARIABLE)
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    if not default or not _takes_default(arguments):
        return words
    try:
        given = _arguments_in(parent, command, words)
    except click.UsageError:  # which the command raises too, with its own usage
        return words
    required = sum(argument.required for argument in arguments)
    has_room = len(given) < len(arguments) or arguments[-1].nargs < 0
    if len(given) < required or (has_room and not _looks_like_archive(given[0])):
        return [default, *words]
    return words


def _takes_default(arguments: list[click.Argument]) -> bool:
    first, rest = arguments[:1], arguments[1:]
    takes_archive = any(argument.name == "archive" and argument.required for argument in first)
    return takes_archive and not any(argument.nargs < 0 and argument.required for argument in rest)


def _arguments_in(parent: click.Context, command: click.Command, words: list[str]) -> list[str]:
    """Return the words that are neither options nor values of options."""
    options = click.Command(command.name, params=[p for p in command.params if isinstance(p, click.Option)])
    context = click.Context(options, parent=parent, info_name=command.name, **command.context_settings)
    return list(options.make_parser(context).parse_args(list(words))[1])


def _looks_like_archive(word: str) -> bool:
    return word.endswith(ARCHIVE_SUFFIX) or Path(word).is_file()
