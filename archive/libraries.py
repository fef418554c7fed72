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
        library = (error.name or "").partition(".")[0]  # pyarrow.parquet is one of its modules
        if library not in libraries:
            raise
        raise MissingLibrary(f"{what} needs {library}: {install_command(library)}") from error
