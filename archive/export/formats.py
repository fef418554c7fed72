"""The table of formats. To add one, write a module and add an entry.

A module has one or more of ``write_stream(job, file)`` to an open binary file, ``write_file(job, path)`` to a
path that is still free, and ``write_folder(job, path)`` into an empty folder. It streams: memory is bounded,
whatever the size. It writes the same bytes for the same archive and options: no clock, no randomness.
``captures`` is the exception: what it adds to a dataset depends on what the dataset has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib import import_module
from types import ModuleType

from archive.libraries import needing
from archive.plugins import with_plugins


class Shape(Enum):
    """The kinds of OUT."""

    STREAM = auto()  # a file, or "-"
    FILE = auto()
    FOLDER = auto()
    DATASET = auto()  # a folder or a URL, to which is added


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A choice of ``export --format``, written by ``module``: by default the one with its name.

    ``needs`` names libraries that not everybody has; they come with the extra ``export``. ``captures``: it
    holds captures, not versions. ``every``: all versions are meant unless said otherwise. ``described``: a
    ``datapackage.json`` goes with it.
    """

    name: str
    what: str
    shapes: tuple[Shape, ...]
    module: str = ""
    needs: tuple[str, ...] = ()
    captures: bool = False
    every: bool = False
    described: bool = False

    def load(self) -> ModuleType:
        """Import the module. Raises :exc:`MissingLibrary`, which says what to install."""
        with needing(self.name, *self.needs):
            return import_module(self.module or f"archive.export.{self.name}")


STREAM, FILE, FOLDER = Shape.STREAM, Shape.FILE, Shape.FOLDER
FORMATS = {
    form.name: form
    for form in (
        Format(name="jsonl", what="one JSON object per line", shapes=(STREAM, FOLDER), described=True),
        Format(
            name="csv",
            what="a table; lists are JSON in their cells",
            shapes=(STREAM, FOLDER),
            described=True,
        ),
        Format(name="sqlite", what="a small database without captures, for Datasette", shapes=(FILE,)),
        Format(name="dump", what="text files in the paper's own layout", shapes=(FOLDER,)),
        Format(name="atom", what="a feed of new and edited articles", shapes=(STREAM,), every=True),
        Format(
            name="warc",
            what="the captures as received; .gz unless OUT ends in .warc",
            shapes=(STREAM,),
            needs=("warcio",),
            captures=True,
        ),
        Format(
            name="wacz",
            what="WARC with an index, for ReplayWeb.page and similar",
            shapes=(FILE,),
            needs=("warcio",),
            captures=True,
        ),
        Format(
            name="captures",
            what="Parquet files to which is added, in a folder or at s3://…",
            shapes=(Shape.DATASET,),
            needs=("pyarrow", "fsspec"),
            captures=True,
        ),
        Format(
            name="parquet",
            what="typed columns; a folder is partitioned by month of publication",
            shapes=(FILE, FOLDER),
            needs=("pyarrow",),
            described=True,
        ),
        Format(
            name="newsedits",
            what="sentence edits in the tables of the NewsEdits corpus",
            shapes=(FILE, FOLDER),
            every=True,
        ),
        Format(
            name="epub",
            what="a book for e-readers, up to 50,000 articles",
            shapes=(FILE,),
            module="archive.export.epub.book",
        ),
    )
}


@cache
def formats() -> Mapping[str, Format]:
    """Return all formats by name, those of plugins too. Raise :exc:`PluginError`."""
    return with_plugins(FORMATS, "register_export_formats", Format)
