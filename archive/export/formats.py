"""The table of formats. To add one, write a module and add an entry.

A module has one or more of ``write_stream(job, file)`` to an open binary file, ``write_file(job, path)`` to a
path that is still free, and ``write_folder(job, path)`` into an empty folder. It streams: memory is bounded,
whatever the size. It writes the same bytes for the same archive and options: no clock, no randomness.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib import import_module
from types import ModuleType

from archive.errors import MissingLibrary
from archive.plugins import with_plugins
from archive.shell_commands import install_command


class Shape(Enum):
    """The kinds of OUT."""

    STREAM = auto()  # a file, or "-"
    FILE = auto()
    FOLDER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """``needs`` names libraries that not everybody has; they come with the extra ``export``.

    ``captures`` says that it holds captures, not versions; ``every``, that all versions are meant unless said
    otherwise; ``described``, that a ``datapackage.json`` goes with it.
    """

    name: str
    what: str
    shapes: tuple[Shape, ...]
    module: str
    needs: tuple[str, ...] = ()
    captures: bool = False
    every: bool = False
    described: bool = False

    def load(self) -> ModuleType:
        """Import the module. Raises :exc:`MissingLibrary`, which says what to install."""
        try:
            return import_module(self.module)
        except ModuleNotFoundError as error:
            if error.name not in self.needs:
                raise
            raise MissingLibrary(f"{self.name} needs {error.name}: {install_command(error.name)}") from error


FORMATS = {
    form.name: form
    for form in (
        Format(
            name="jsonl",
            what="one JSON object per line",
            shapes=(Shape.STREAM, Shape.FOLDER),
            module="archive.export.jsonl",
            described=True,
        ),
        Format(
            name="csv",
            what="a table; lists are JSON in their cells",
            shapes=(Shape.STREAM, Shape.FOLDER),
            module="archive.export.csv",
            described=True,
        ),
        Format(
            name="sqlite",
            what="a small database without captures, for Datasette",
            shapes=(Shape.FILE,),
            module="archive.export.sqlite",
        ),
        Format(
            name="dump",
            what="text files in the paper's own layout",
            shapes=(Shape.FOLDER,),
            module="archive.export.dumps",
        ),
        Format(
            name="atom",
            what="a feed of new and edited articles",
            shapes=(Shape.STREAM,),
            module="archive.export.atom",
            every=True,
        ),
        Format(
            name="warc",
            what="the captures as received; .gz unless OUT ends in .warc",
            shapes=(Shape.STREAM,),
            module="archive.export.warc",
            needs=("warcio",),
            captures=True,
        ),
        Format(
            name="wacz",
            what="WARC with an index, for ReplayWeb.page and similar",
            shapes=(Shape.FILE,),
            module="archive.export.wacz",
            needs=("warcio",),
            captures=True,
        ),
        Format(
            name="parquet",
            what="typed columns; a folder is partitioned by month of publication",
            shapes=(Shape.FILE, Shape.FOLDER),
            module="archive.export.parquet",
            needs=("pyarrow",),
            described=True,
        ),
        Format(
            name="epub",
            what="a book for e-readers, up to 50,000 articles",
            shapes=(Shape.FILE,),
            module="archive.export.epub.book",
        ),
    )
}


@cache
def formats() -> Mapping[str, Format]:
    """Return all formats by name, those of plugins too. Raise :exc:`PluginError`."""
    return with_plugins(FORMATS, "register_export_formats", Format)
