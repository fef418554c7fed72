"""Make archives of a derived dataset, whose files are untrusted: ``taz-archive assemble``.

A part is in memory at once. Of a single archive, a second process builds the search index. To read and write
parts in two processes did not pay: half of what the second one does is to send rows to the first.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from archive.bulk.derive.derived_dataset import PartRecord, read_records, read_table, refuse_unfinished
from archive.bulk.storage import Storage, open_storage
from archive.errors import DatasetError, StoreError
from archive.model import Kind
from archive.progress import CountingAdvance
from archive.store import (
    PART_TABLES,
    Assembly,
    FirstIds,
    PartChangeRate,
    PartFault,
    PartRows,
    build_search_index,
    change_rates,
    check_first_rows,
    collector_paused,
    new_archives,
    open_assembly,
    prepare_part,
    summed_rates,
)
from archive.worker_processes import Work, Workers, work_ahead, work_meanwhile

MIN_ROWS_FOR_TWO_PROCESSES = 100_000  # with fewer it does not pay to start another process

# Called with what is done, and how much of it; its function, with rows and how many articles they are of.
Watch = Callable[[str, int], AbstractContextManager[CountingAdvance]]


@dataclass(frozen=True, slots=True)
class AssembledArchive:
    """An archive that was assembled."""

    path: Path
    articles: int = 0
    versions: int = 0
    captures: int = 0


@dataclass(frozen=True, slots=True)
class Assembled:
    """The result: archives, and lines that name the captures that were not parsed."""

    archives: Sequence[AssembledArchive]
    skipped: Sequence[str]


def assemble(
    out: Path,
    url: str,
    watch: Watch,
    *,
    shards: int = 1,
    replace: bool = False,
    jobs: int = 1,
    min_rows_for_two: int = MIN_ROWS_FOR_TWO_PROCESSES,
) -> Assembled:
    """Make one archive, or several ``shards``, of the derived dataset at a URL.

    With fewer rows than ``min_rows_for_two``, a single archive is made by one process, whatever ``jobs`` is.
    Raise :exc:`DatasetError`, which names the file, if the dataset is damaged or contradicts itself; then
    there is no archive.
    """
    storage = open_storage(url)
    refuse_unfinished(storage)
    records = read_records(storage)
    if not records:
        raise DatasetError(f"{url}: has no derived parts; `taz-archive derive` writes them")
    targets = [out] if shards == 1 else [shard_path(out, number, shards) for number in range(1, shards + 1)]
    chosen = split(records, shards)
    with new_archives(targets, replace=replace) as files:
        tasks = list(map(_Task, files, chosen))
        if len(tasks) == 1 and jobs > 1 and sum(map(_rows, records)) >= min_rows_for_two:
            _assemble_in_two(storage, tasks[0], watch)
        else:
            _assemble_all(storage, tasks, watch, jobs)
    return Assembled(
        list(map(_summary, targets, chosen)), [line for record in records for line in record.skipped]
    )


def _summary(path: Path, records: Sequence[PartRecord]) -> AssembledArchive:
    return AssembledArchive(
        path,
        *(sum(map(partial(_count, table=table), records)) for table in ("articles", "versions", "captures")),
    )


def _count(record: PartRecord, table: str) -> int:
    return record.tables[table].rows if table in record.tables else 0


# -- Shards -----------------------------------------------------------------------------------------------


def shard_path(out: Path, number: int, of: int) -> Path:
    """Return the file of a shard, numbered from 1: ``taz-1-of-3.db``."""
    return out.with_name(f"{out.stem}-{number}-of-{of}{out.suffix}")


def split(records: Sequence[PartRecord], shards: int) -> list[list[PartRecord]]:
    """Return the parts of each shard.

    Articles are split by their numbers, so that shards have about as many rows; menus and files without a
    number are in each.
    """
    articles = [record for record in records if record.part.kind == Kind.ARTICLE]
    others = [record for record in records if record.part.kind != Kind.ARTICLE]
    sizes = list(map(_rows, articles))
    total = max(sum(sizes), 1)
    found = defaultdict[int, list[PartRecord]](list)
    for record, size, end in zip(articles, sizes, accumulate(sizes), strict=True):
        middle = 2 * end - size
        found[min(shards * middle // (2 * total), shards - 1)].append(record)
    return [sorted(found[shard] + others, key=lambda record: record.part) for shard in range(shards)]


def _rows(record: PartRecord) -> int:
    return sum(file.rows for file in record.tables.values())


# -- One archive ------------------------------------------------------------------------------------------


class _Task(NamedTuple):
    """An archive to make of parts, in a new file."""

    file: Path
    records: Sequence[PartRecord]


def _assemble_all(storage: Storage, tasks: Sequence[_Task], watch: Watch, jobs: int) -> None:
    """Make archives: a single one in this process, several by as many processes as there are jobs."""
    work: Work[_Task, None] = Work(
        here=partial(_assemble, storage, watch),
        there=_assemble_there,
        begin=_open_there,
        arguments=(storage.url,),
        imports=(__name__,),
    )
    jobs = min(jobs, len(tasks))
    with watch("assembling", len(tasks)) if jobs > 1 else nullcontext(_ignore) as advance:
        for _, [failure] in work_ahead(work, [[task] for task in tasks], Workers(jobs, min_tasks=0)):
            if failure is not None:
                raise StoreError(f"{storage.url}: cannot be assembled: {failure.reason}")
            advance(1, 0)


def _assemble_in_two(storage: Storage, task: _Task, watch: Watch) -> None:
    """Make an archive in this process, and its search index in another one."""
    with _indexing_meanwhile(storage, task) as search_index:
        _assemble(storage, watch, task, search_index)


def _assemble(
    storage: Storage, watch: Watch, task: _Task, search_index: Callable[[], Path | None] = lambda: None
) -> None:
    records = task.records
    with open_assembly(task.file) as assembly:
        rates = _begin(assembly, storage, records)
        known, first = change_rates(rates), FirstIds()
        with watch("assembling", sum(map(_rows, records))) as advance:
            for record in records:
                with _named(storage, record), collector_paused():
                    assembly.add_part(prepare_part(record.part, _read_part(storage, record), first, known))
                first = first.after({table: file.rows for table, file in record.tables.items()})
                advance(_rows(record), _count(record, "articles"))
        with watch("indexing", assembly.steps) as advance:
            assembly.finish(rates, lambda steps: advance(steps, 0), search_index)


def _read_part(storage: Storage, record: PartRecord) -> PartRows:
    return PartRows(**{table: _read(storage, record, table) for table in PART_TABLES})


def _read(storage: Storage, record: PartRecord, table: str) -> list[Any]:
    return list(map(PART_TABLES[table]._make, read_table(storage, record, table)))


def _begin(assembly: Assembly, storage: Storage, records: Sequence[PartRecord]) -> list[PartChangeRate]:
    """Write all articles, since links refer to those of any part. Return the change rates of all parts."""
    rates = list[PartChangeRate]()
    for record in records:
        articles, of_part = (_read(storage, record, table) for table in ("articles", "change_rates"))
        with _named(storage, record):
            check_first_rows(record.part, articles, of_part)
            assembly.add_articles(articles)
        rates += of_part
    return summed_rates(rates)


@contextmanager
def _named(storage: Storage, record: PartRecord) -> Iterator[None]:
    """Name the file in which a fault is."""
    try:
        yield
    except PartFault as fault:
        raise DatasetError(f"{storage.url}/{record.file_name(fault.table)}: {fault.problem}") from fault


@contextmanager
def _indexing_meanwhile(storage: Storage, task: _Task) -> Iterator[Callable[[], Path | None]]:
    """Build the search index in another process. Yield a function that waits for its file."""
    work: Work[_Task, Path] = Work(
        here=partial(_index, storage),
        there=_index_there,
        begin=_open_there,
        arguments=(storage.url,),
        imports=(__name__,),
    )
    file = _search_file(task)
    file.unlink(missing_ok=True)  # a process that was killed may have left it
    try:
        with work_meanwhile(work, task) as result:
            yield result
    finally:
        file.unlink(missing_ok=True)


def _search_file(task: _Task) -> Path:
    return task.file.with_name(f"{task.file.name}.search")


def _index(storage: Storage, task: _Task) -> Path:
    """Build the search index of an archive in a file, and return the file."""
    build_search_index(
        _search_file(task), (read_table(storage, record, "versions") for record in task.records)
    )
    return _search_file(task)


# -- In a worker process ----------------------------------------------------------------------------------

_opened: list[Storage] = []


def _open_there(url: str) -> None:
    _opened.append(open_storage(url))


def _assemble_there(task: _Task) -> None:
    _assemble(_opened[0], _watch_nothing, task)


def _index_there(task: _Task) -> Path:
    return _index(_opened[0], task)


def _watch_nothing(_what: str, _total: int) -> AbstractContextManager[CountingAdvance]:
    return nullcontext(_ignore)


def _ignore(_amount: int, _counted: int | None = None, /) -> None:
    pass
