"""Tasks on a Dask cluster, done only by workers that have the same parser as this process."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from distributed import Client, Future, KilledWorker, as_completed, get_worker, wait
from distributed.client import ClosedClientError

from archive.bulk.cluster.tasks import Result, Task
from archive.bulk.parser import Parser, own_parser
from archive.errors import ClusterError, ClusterUnreachable
from archive.worker_serving import WorkerFailure

RETRIES = 3  # of a task that raises an exception, as when a store fails
SECONDS_FOR_WORKERS = 60
_KILLED = WorkerFailure("its process was killed, as often as the cluster tries")
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
        with self._connected():
            try:
                self._client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
            except TimeoutError as error:
                raise ClusterUnreachable(
                    f"{self._name}: no worker came within {SECONDS_FOR_WORKERS} seconds; start `dask worker`"
                ) from error
            parsers = self._client.run(own_parser, on_error="return")
        self._refuse(parsers)

    def as_done(
        self, work: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Result | WorkerFailure]]:
        """Yield each task with its result as soon as it is done. Raise what the work raises."""
        waiting = self._sent(work, list(tasks))
        for future in as_completed(list(waiting), loop=self._client.loop):
            result, task = self.result(future), waiting.pop(future)
            del future  # a cluster does a task again if a worker that did it is killed, while there is one
            yield task, result

    def _sent(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> dict[Future, Task]:
        """Send tasks to workers."""
        done_by = partial(_done_by, self._parser, work)
        with self._connected():
            return dict(
                zip(self._client.map(done_by, tasks, retries=RETRIES, pure=False), tasks, strict=True)
            )

    def single(self, work: Callable[[Task], Result], task: Task) -> Result | WorkerFailure:
        """Return the result of a task, and wait for it. Raise what the work raises."""
        return next(result for _, result in self.as_done(work, [task]))

    def submit(self, work: Callable[[Task], Result], task: Task) -> Future:
        """Send a task to a worker."""
        with self._connected():
            return self._client.submit(
                partial(_done_by, self._parser, work), task, retries=RETRIES, pure=False
            )

    def result(self, future: Future) -> Any:
        """Wait for the result of a task. Raise what the work raises."""
        try:
            with self._connected(future):
                result = future.result()
        except KilledWorker:
            return _KILLED
        if isinstance(result, OtherParser):
            self._refuse({result.worker: result.parser})
        return result

    def wait(self, futures: Sequence[Future]) -> None:
        """Wait until tasks are done."""
        if futures:
            with self._connected():
                wait(futures)

    def count_workers(self) -> int:
        """Return how many workers there are now."""
        with self._connected():
            return len(self._client.nthreads())

    @contextmanager
    def _connected(self, future: Future | None = None) -> Iterator[None]:
        """Raise :exc:`ClusterUnreachable` if the scheduler ends, and what the work of a future raised."""
        try:
            yield
        except (OSError, CancelledError, ClosedClientError) as error:
            if future is not None and future.status == "error":
                raise
            raise ClusterUnreachable(
                f"{self._name}: the scheduler has ended; start it and its workers, and repeat"
            ) from error

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
