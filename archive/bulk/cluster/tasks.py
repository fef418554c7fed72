"""Tasks, and who does them: this process, or the workers of a cluster."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from archive.worker_serving import WorkerFailure

Task = TypeVar("Task")
Result = TypeVar("Result")


class Tasks(Protocol):
    """Does tasks. Functions must be those of modules, since other processes may call them.

    A task whose workers were killed, as often as a cluster tries, results in a :class:`.WorkerFailure`.
    """

    def as_done(
        self, work: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[tuple[Task, Result | WorkerFailure]]:
        """Yield each task with its result, in the order in which they are done."""

    def single(self, work: Callable[[Task], Result], task: Task, /) -> Result | WorkerFailure:
        """Return the result of a task while no other one is done."""


class InThisProcess:
    """Does tasks here, one after the other."""

    def as_done(
        self, work: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[tuple[Task, Result]]:
        """Yield each task with its result."""
        yield from ((task, work(task)) for task in tasks)

    def single(self, work: Callable[[Task], Result], task: Task, /) -> Result:
        """Return the result of a task."""
        return work(task)
