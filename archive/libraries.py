"""Libraries that only some commands need."""

from collections.abc import Iterator
from contextlib import contextmanager

from archive.errors import MissingLibrary
from archive.shell_commands import install_command


@contextmanager
def needing(what: str, *libraries: str) -> Iterator[None]:
    """Raise :exc:`MissingLibrary`, which says what to install, if one of the libraries is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in libraries:
            raise
        raise MissingLibrary(f"{what} needs {error.name}: {install_command(error.name)}") from error
