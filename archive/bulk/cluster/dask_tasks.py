"""Tasks on a Dask cluster, done only by workers that have the same parser as this process."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from functools import partial
from typing import Any, NamedTuple

from distributed import Client, Future, KilledWorker, as_completed, get_worker, wait

from archive.bulk.cluster.tasks import WORKERS_KILLED, Result, Task, WorkersKilled
from archive.bulk.parser import Parser, own_parser
from archive.errors import ClusterError, ClusterUnreachable

RETRIES = 3  # of a task that raises an exception, as when a store fails
SECONDS_FOR_WORKERS = 60
_ADVICE = "install the same release, plugins and libraries on all machines, and start their workers again"


class OtherParser(NamedTuple):
    """The answer of a worker that has another parser, and therefore did nothing."""

    worker: str
    parser: Parser


class DaskTasks:
    """Does tasks on the workers of a cluster. ``name`` is the cluster's, for messages.

    Functions must be those of modules that workers can import.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self._parser = own_parser()

    def refuse_other_parsers(self) -> None:
        """Wait for a worker. Raise :exc:`ClusterError` if none comes, or one has another parser."""
        try:
            self._client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
        except TimeoutError as error:
            raise ClusterError(
                f"{self._name}: no worker came within {SECONDS_FOR_WORKERS} seconds; start one"
            ) from error
        self._refuse(self._client.run(own_parser, on_error="return"))

    def as_done(
        self, work: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Result | WorkersKilled]]:
        """Yield each task with its result as soon as it is done. Raise what the work raises."""
        tasks = list(tasks)
        futures = self._client.map(partial(_done_by, self._parser, work), tasks, retries=RETRIES, pure=False)
        waiting = dict(zip(futures, tasks, strict=True))
        for future in as_completed(list(waiting), loop=self._client.loop):
            yield waiting.pop(future), self.result(future)

    def single(self, work: Callable[[Task], Result], task: Task) -> Result | WorkersKilled:
        """Return the result of a task, and wait for it. Raise what the work raises."""
        return next(result for _, result in self.as_done(work, [task]))

    def submit(self, work: Callable[[Task], Result], task: Task) -> Future:
        """Send a task to a worker."""
        return self._client.submit(partial(_done_by, self._parser, work), task, retries=RETRIES, pure=False)

    def result(self, future: Future) -> Any:
        """Wait for the result of a task. Raise what the work raises."""
        try:
            result = future.result()
        except KilledWorker:
            return WORKERS_KILLED
        except CancelledError as error:
            raise ClusterUnreachable(
                f"{self._name}: the scheduler has ended; start it and its workers, and repeat"
            ) from error
        if isinstance(result, OtherParser):
            self._refuse({result.worker: result.parser})
        return result

    def wait(self, futures: Sequence[Future]) -> None:
        """Wait until tasks are done."""
        if futures:
            wait(futures)

    def count_workers(self) -> int:
        """Return how many workers there are now."""
        return len(self._client.nthreads())

    def _refuse(self, parsers: Mapping[str, Parser | Exception]) -> None:
        """Raise :exc:`ClusterError` if a worker has another parser, or none."""
        lines = [
            f"worker {worker}: {self._difference(parser)}"
            for worker, parser in sorted(parsers.items())
            if parser != self._parser
        ]
        if lines:
            raise ClusterError(f"{'; '.join(lines)}; {_ADVICE}")

    def _difference(self, parser: Parser | Exception) -> str:
        if isinstance(parser, Exception):
            return f"has no parser ({' '.join(str(parser).split())})"
        return f"has another parser ({self._parser.differences(parser)})"


def _done_by(parser: Parser, work: Callable[[Task], Result], task: Task) -> Result | OtherParser:
    """Do a task in a worker, unless it has another parser."""
    if own_parser() != parser:
        return OtherParser(get_worker().address, own_parser())
    return work(task)
