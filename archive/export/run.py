"""Runs an export: select, count, write, and move into place."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from archive.errors import ExportError
from archive.export.datapackage import RowsFile, write_datapackage
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
from archive.export.job import ExportJob
from archive.export.manifest import About, about
from archive.progress import Watching
from archive.store import Reader, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """The options of an export. ``replace`` allows overwriting OUT; ``spreadsheet`` only applies to csv."""

    form: Format
    selection: Selection
    replace: bool = False
    spreadsheet: bool = False


def export(
    archive: Reader,
    out: Path | BinaryIO,
    order: ExportOptions,
    *,
    watching: Watching,
    warn: Callable[[str], None],
) -> About:
    """Write the selection to ``out``, a path or a stream, and return its description.

    ``watching`` is called with the number of rows. Raises :exc:`ExportError` if ``out`` cannot be written,
    and :exc:`NothingFound` if the selection is empty; then nothing is written.
    """
    form = order.form
    module = form.load()
    place = out if isinstance(out, Path) else None
    if place:
        remove_leftovers(place.parent)  # may restore OUT
        _refuse(archive.path, place, form, replace=order.replace)
    with archive.snapshot():
        choose = archive.export.select_captures if form.captures else archive.export.select_versions
        what = about(order.selection, choose(order.selection))
        with watching(what.versions + what.captures) as advance:
            job = ExportJob(
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
    """Return the shape of OUT: if the format allows both, a name without a suffix is a folder."""
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


def _write(job: ExportJob, out: Path | BinaryIO, form: Format, module: ModuleType) -> None:
    if not isinstance(out, Path):
        module.write_stream(job, out)
        out.flush()
    elif shape_of(out, form) is Shape.FOLDER:
        with new_folder(out) as folder:
            module.write_folder(job, folder)
    else:
        with new_files(out) as folder:
            _write_file(job, folder / out.name, form, module)
            if form.described:
                write_datapackage(job, folder / description_of(out).name, RowsFile(out.name, form.name))


def _write_file(job: ExportJob, path: Path, form: Format, module: ModuleType) -> None:
    if Shape.STREAM in form.shapes:
        with whole_file(path) as file:
            module.write_stream(job, file)
    else:
        module.write_file(job, path)
