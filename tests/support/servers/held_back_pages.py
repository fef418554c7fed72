"""Pages that are held back until enough connections are open at the same time."""

import threading

from tests.support.running.time_limit import LONGEST


class Crowd:
    """A barrier that opens for good once ``size`` callers wait."""

    def __init__(self, size: int) -> None:
        self._barrier = threading.Barrier(size, timeout=LONGEST)
        self._met = threading.Event()

    def wait(self) -> None:
        if not self._met.is_set():
            self._barrier.wait()
            self._met.set()
