"""Export: choose, count, write, and put in its place."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from archive.errors import ExportError
from archive.export.datapackage import Resource, write_datapackage
from archive.export.files.output import (
    description_of,
    new_files,
    new_folder,
    refuse_taken,
    same_file,
    whole_file,
)
from archive.export.files.working_folder import remove_leftovers
from archive.export.formats import Format, Shape
from archive.export.job import Job
from archive.export.manifest import About, about
from archive.store import Reader, Selection

Advance = Callable[[int], None]
Watching = Callable[[int], AbstractContextManager[Advance]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is wanted. ``replace`` lets OUT be written over; ``spreadsheet`` is for csv alone."""

    form: Format
    selection: Selection
    replace: bool = False
    spreadsheet: bool = False


def export(
    archive: Reader,
    out: Path | BinaryIO,
    order: Order,
    *,
    watching: Watching,
    warn: Callable[[str], None],
) -> About:
    """Write what was selected to ``out``, a path or a stream, and return what that was.

    ``watching`` is told how many rows there will be. Raises :exc:`ExportError` if ``out`` cannot be written
    as wanted, and :exc:`NothingFound` if there is nothing to write; then nothing is written.
    """
    form = order.form
    module = form.load()
    place = out if isinstance(out, Path) else None
    if place:
        remove_leftovers(place.parent)  # may put back what is at OUT
        _refuse(archive.path, place, form, replace=order.replace)
    with archive.snapshot():
        choose = archive.export.select_captures if form.captures else archive.export.select_versions
        what = about(order.selection, choose(order.selection))
        with watching(what.versions + what.captures) as advance:
            job = Job(
                archive=archive,
                selection=order.selection,
                about=what,
                name=place.name if place else "",
                advance=advance,
                warn=warn,
                spreadsheet=order.spreadsheet,
            )
            _write(job, out, form, module)
    return what


def shape_of(out: Path, form: Format) -> Shape:
    """What OUT is to be: where it can be both, a name with a suffix is a file, one without a folder."""
    if Shape.FOLDER in form.shapes and (len(form.shapes) == 1 or not out.suffix):
        return Shape.FOLDER
    return next(shape for shape in form.shapes if shape is not Shape.FOLDER)


def _refuse(archive: Path, out: Path, form: Format, *, replace: bool) -> None:
    own = [archive, *(archive.with_name(archive.name + suffix) for suffix in ("-wal", "-shm", ".lock"))]
    if any(same_file(out, file) for file in own):
        raise ExportError(f"{out}: is the archive itself")
    refuse_taken(out, replace=replace)
    folder = shape_of(out, form) is Shape.FOLDER
    if out.is_dir() and not folder:
        raise ExportError(f"{out}: is a folder; {form.name} is written to a file")
    if out.is_file() and folder:
        raise ExportError(f"{out}: is a file; {form.name} is written to a folder here")
    if form.described and not folder:
        refuse_taken(description_of(out), replace=replace)


def _write(job: Job, out: Path | BinaryIO, form: Format, module: ModuleType) -> None:
    if not isinstance(out, Path):
        module.write_stream(job, out)
        out.flush()
    elif shape_of(out, form) is Shape.FOLDER:
        with new_folder(out) as folder:
            module.write_folder(job, folder)
    else:
        with new_files(out) as beside:
            _write_file(job, beside / out.name, form, module)
            if form.described:
                write_datapackage(job, beside / description_of(out).name, Resource(out.name, form.name))


def _write_file(job: Job, path: Path, form: Format, module: ModuleType) -> None:
    if Shape.STREAM in form.shapes:
        with whole_file(path) as file:
            module.write_stream(job, file)
    else:
        module.write_file(job, path)
