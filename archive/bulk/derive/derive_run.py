"""Derive the parts of a dataset, and name the pages that kill the processes that do."""

from dataclasses import dataclass, field
from functools import partial

from archive.bulk.cluster.scheduler_address import SchedulerAddress
from archive.bulk.cluster.tasks import Tasks
from archive.bulk.cluster.working import working
from archive.bulk.derive.deadly_capture import deadly_place
from archive.bulk.derive.derive_job import PartResult, PartTask, Trial, derive_and_write, try_to_derive
from archive.bulk.derive.derive_plan import DerivePlan, plan_derive
from archive.bulk.derive.derived_dataset import RECORD_ENDING, RECORDS, note_unfinished, read_record
from archive.bulk.storage import open_storage
from archive.errors import DatasetError
from archive.progress import Advance, Watching
from archive.worker_serving import WorkerFailure

MAX_SKIPPED_PER_PART = 10  # different pages; a parser that is killed by more of them is to be mended first


@dataclass(slots=True)
class DeriveResult:
    """Counts of what was derived, and lines about captures that were skipped and parts that failed.

    ``skipped`` includes the captures of parts that were derived before.
    """

    derived: int = 0
    unchanged: int = 0
    removed: int = 0
    captures: int = 0
    articles: int = 0
    versions: int = 0
    skipped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, task: PartTask, result: PartResult) -> None:
        """Count the result for a part."""
        if result.problem is not None:
            self.failed.append(f"{task.part.name}: {result.problem}")
            return
        self.derived += 1
        self.captures += result.captures
        self.articles += result.articles
        self.versions += result.versions
        self.skipped += result.skipped


def derive_dataset(
    captures: str, out: str, *, workers: int, scheduler: SchedulerAddress | None, watching: Watching
) -> DeriveResult:
    """Derive a dataset of captures with worker processes, or on a running cluster.

    ``watching`` is called with the number of captures, and returns a context with a function to advance.
    """
    plan = plan_derive(open_storage(captures), open_storage(out))
    total = sum(task.rows for task in plan.tasks)
    with working(workers, scheduler, tasks=len(plan.tasks)) as tasks, watching(total) as advance:
        return DeriveRun(plan, tasks, advance).result()


class DeriveRun:
    """Derives what is planned. ``advance`` is called with the number of captures of each part."""

    def __init__(self, plan: DerivePlan, tasks: Tasks, advance: Advance) -> None:
        self._plan = plan
        self._tasks = tasks
        self._advance = advance
        self._processes = set[str]()
        self._result = DeriveResult(
            unchanged=len(plan.unchanged),
            skipped=[line for record in plan.unchanged for line in record.skipped],
        )

    def result(self) -> DeriveResult:
        """Derive all parts, and return what came of it."""
        note_unfinished(self._plan.out, [f"{task.part.name}: not derived yet" for task in self._plan.tasks])
        killed = [
            task
            for task, result in self._tasks.as_done(derive_and_write, self._plan.tasks)
            if not self._has_ended(task, result)
        ]
        for task in killed:  # one at a time, so that it is certain which one kills its process
            self._has_ended(task, self._without_deadly(task))
        self._remove_strays()
        note_unfinished(self._plan.out, self._result.failed)
        return self._result

    def _remove_strays(self) -> None:
        for name in self._plan.strays:
            self._plan.out.remove(name)
            self._result.removed += name.startswith(f"{RECORDS}/") and name.endswith(RECORD_ENDING)

    def _has_ended(self, task: PartTask, result: PartResult | WorkerFailure) -> bool:
        """Count the result of a part. Return False if its workers were killed."""
        if isinstance(result, WorkerFailure):
            return False
        self._refuse_other_folder(task, result)
        self._result.add(task, result)
        self._advance(task.rows)
        return True

    def _refuse_other_folder(self, task: PartTask, result: PartResult) -> None:
        """Raise :exc:`DatasetError` if a process writes where this machine does not find it."""
        if result.process in self._processes or result.problem is not None:
            return
        self._plan.out.forget_listings()
        record = read_record(self._plan.out, task.part)
        if record is None or record.key != task.key:
            raise DatasetError(
                f"{task.out}: this machine finds nothing that {result.host} writes there; use a folder or URL"
                " that all machines share"
            )
        self._processes.add(result.process)

    # -- Parts whose workers were killed ------------------------------------------------------------------

    def _without_deadly(self, task: PartTask) -> PartResult:
        """Derive a part without the captures that kill its process."""
        for _ in range(MAX_SKIPPED_PER_PART + 1):
            result = self._tasks.single(derive_and_write, task)
            if not isinstance(result, WorkerFailure):
                return result
            try:
                place = deadly_place(partial(self._is_deadly, task), task.rows)
            except DatasetError as error:  # damage after the deadly page
                return _failed(str(error))
            if place is None:
                return _failed("its process is killed, and by no single capture; give workers more memory")
            task = task._replace(unparsed=task.unparsed | {place})
        return _failed(f"more than {MAX_SKIPPED_PER_PART} of its pages kill their process")

    def _is_deadly(self, task: PartTask, first: int, end: int) -> bool:
        """Return whether captures kill the process that parses them and no others of the part."""
        return isinstance(self._tasks.single(try_to_derive, Trial(task, first, end)), WorkerFailure)


def _failed(problem: str) -> PartResult:
    return PartResult("", "", problem=problem)
