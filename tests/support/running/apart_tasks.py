"""Derive a dataset with worker processes that are replaced at once, as a program: CAPTURES OUT.

It prints the result as JSON. Workers of Dask take seconds to be replaced.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from archive.bulk.cluster.tasks import Result, Task
from archive.bulk.derive import derive_job
from archive.bulk.derive.derive_plan import plan_derive
from archive.bulk.derive.derive_run import DeriveRun
from archive.bulk.storage import open_storage
from archive.worker_processes import Work, work_apart
from archive.worker_serving import WorkerFailure


class ApartTasks:
    """Does each task in a process that can be killed."""

    def as_done(
        self, work: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[tuple[Task, Result | WorkerFailure]]:
        tasks = list(tasks)
        apart: Work[Task, Result | WorkerFailure] = Work(
            here=work, there=work, imports=(derive_job.__name__,)
        )
        yield from zip(tasks, work_apart(apart, tasks), strict=True)

    def single(self, work: Callable[[Task], Result], task: Task, /) -> Result | WorkerFailure:
        return next(result for _, result in self.as_done(work, [task]))


if __name__ == "__main__":
    plan = plan_derive(*map(open_storage, sys.argv[1:]))
    sys.stdout.write(json.dumps(asdict(DeriveRun(plan, ApartTasks(), lambda _: None).result())))
