"""What a worker does for one part: read its captures, derive, and write. Rows stay where they are."""

import platform
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from uuid import uuid4

from archive.bulk.captures.dataset import CaptureFile, read_facts
from archive.bulk.derive.derived_dataset import write_part
from archive.bulk.storage import open_storage
from archive.errors import DatasetError
from archive.store import KILLED_REASON, CaptureFact, Part, derive_part


class PartTask(NamedTuple):
    """A part to be derived: URLs of both datasets, its files of captures, and the key of its record.

    ``unparsed`` are places, from 0, of captures that kill the process that parses them. No capture with the
    same bytes is parsed.
    """

    captures: str
    out: str
    part: Part
    files: tuple[CaptureFile, ...]
    key: str
    unparsed: frozenset[int] = frozenset()

    @property
    def rows(self) -> int:
        """The number of captures, of which some may be in two files."""
        return sum(file.rows for file in self.files)


class Trial(NamedTuple):
    """A part of which captures are parsed from the place ``first`` up to ``end``, which is not included."""

    task: PartTask
    first: int
    end: int


class PartResult(NamedTuple):
    """What was written for a part, and by which machine and process; two machines can have the same name.

    ``skipped`` are lines that name captures that were not parsed; ``problem``: why nothing was written.
    """

    host: str
    process: str
    captures: int = 0
    articles: int = 0
    versions: int = 0
    skipped: tuple[str, ...] = ()
    problem: str | None = None


def derive_and_write(task: PartTask) -> PartResult:
    """Derive a part and write it. Raise :exc:`DatasetError` if it cannot be written."""
    writer = platform.node(), _process()
    try:
        skipped = dict(_skipped(task))
        rows = derive_part(_facts(task), unparsed=skipped)
    except DatasetError as error:
        return PartResult(*writer, problem=str(error))
    lines = tuple(skipped.values())
    write_part(open_storage(task.out), task.part, task.key, rows, lines)
    return PartResult(*writer, len(rows.captures), len(rows.articles), len(rows.versions), lines)


def try_to_derive(trial: Trial) -> None:
    """Derive a part and write nothing, to find out whether it kills the process."""
    task, first, end = trial
    others = {*range(first), *range(end, task.rows), *dict(_skipped(task))}
    derive_part(_facts(task), unparsed=others)


@cache
def _process() -> str:
    """Return what no other process of any machine returns."""
    return uuid4().hex


def _facts(task: PartTask) -> Iterator[CaptureFact]:
    return read_facts(open_storage(task.captures), task.files)


def _skipped(task: PartTask) -> Iterator[tuple[int, str]]:
    """Yield the place of each capture that is not parsed, and a line about it.

    These are the ``unparsed`` ones and all others with the same bytes.
    """
    if not task.unparsed:
        return
    deadly = {_page(fact) for place, fact in enumerate(_facts(task)) if place in task.unparsed}
    for place, fact in enumerate(_facts(task)):
        if _page(fact) in deadly:
            yield place, f"{fact.url}, {fact.captured_at}: {KILLED_REASON}"


def _page(fact: CaptureFact) -> tuple[bytes | None, str | None]:
    """Return what a capture is parsed from."""
    return fact.digest, fact.rendition
