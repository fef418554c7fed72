"""Libraries that only some commands need."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from archive.errors import MissingLibrary
from archive.shell_commands import install_command


@contextmanager
def needing(what: str, *libraries: str) -> Iterator[None]:
    """Raise :exc:`MissingLibrary`, which says what to install, if any of the libraries is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]  # pyarrow.parquet is one of its modules
        if library not in libraries:
            raise
        missing = [name for name in libraries if name == library or find_spec(name) is None]
        raise MissingLibrary(f"{what} needs {', '.join(missing)}: {install_command(*missing)}") from error
