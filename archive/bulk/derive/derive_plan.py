"""Which parts of a dataset are to be derived: those with new captures, or derived by another parser."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from archive.bulk.captures.dataset import CaptureFile, capture_files
from archive.bulk.derive.derive_job import PartTask
from archive.bulk.derive.derived_dataset import RECORDS, UNFINISHED, PartRecord, read_records
from archive.bulk.parser import own_parser
from archive.bulk.storage import Storage
from archive.errors import DatasetError
from archive.store import PART_TABLES, Part

# A file that derive writes, or what a writer that was killed left of one.
_WRITTEN = re.compile(
    rf"(?:{RECORDS}|{'|'.join(PART_TABLES)})/\.?(?P<part>[a-z]+-[0-9]{{11}})\.(?:json|parquet)(?P<left>\.part-\w+)?"
)


@dataclass(frozen=True, slots=True)
class DerivePlan:
    """What is to be derived. ``unchanged`` are records of parts that are derived already.

    ``strays`` are files of OUT that belong to none of the parts.
    """

    out: Storage
    tasks: tuple[PartTask, ...]
    unchanged: tuple[PartRecord, ...]
    strays: tuple[str, ...]


def plan_derive(captures: Storage, out: Storage) -> DerivePlan:
    """Find out what is to be derived. Raise :exc:`DatasetError` if a dataset is not what it should be."""
    parts = capture_files(captures)
    if not parts:
        raise DatasetError(
            f"{captures.url}: not a dataset of captures; `export --format captures` writes one"
        )
    names = _names(out)
    done = {record.part: record for record in read_records(out)}
    tasks = [
        PartTask(captures.location, out.location, part, files, _key(files)) for part, files in parts.items()
    ]
    todo = [task for task in tasks if not _is_done(task, done)]
    return DerivePlan(
        out,
        tuple(sorted(todo, key=lambda task: -task.rows)),  # so that no large one is left for the end
        tuple(done[task.part] for task in tasks if _is_done(task, done)),
        tuple(_strays(names, parts)),
    )


def _key(files: Iterable[CaptureFile]) -> str:
    """Return a digest of what a part is derived from, and by."""
    names = (file.name for file in files)
    return sha256("\n".join([own_parser().digest, *names]).encode()).hexdigest()


def _is_done(task: PartTask, done: dict[Part, PartRecord]) -> bool:
    return task.part in done and done[task.part].key == task.key


def _names(out: Storage) -> list[str]:
    """Return the names of all files. Raise :exc:`DatasetError` for a folder of something else."""
    if out.has(""):
        raise DatasetError(f"{out.url}: is a file, not a folder")
    names = out.names()
    folders = {name.partition("/")[0] for name in names} - {UNFINISHED}
    if RECORDS not in folders and (others := sorted(folders - PART_TABLES.keys())):
        raise DatasetError(f'{out.url}: not a derived dataset, since it has "{others[0]}"; give a new folder')
    return names


def _strays(names: Iterable[str], parts: Iterable[Part]) -> Iterator[str]:
    """Yield unfinished files and those of parts that do not exist any more, records first."""
    stems = {part.name for part in parts}
    written = filter(None, map(_WRITTEN.fullmatch, names))
    strays = [name[0] for name in written if name["left"] or name["part"] not in stems]
    return iter(sorted(strays, key=lambda name: (not name.startswith(f"{RECORDS}/"), name)))
