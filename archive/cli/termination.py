"""What SIGTERM does to commands that have something to end or to remove."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def exiting_on_sigterm() -> Iterator[None]:
    """Exit on SIGTERM as on Ctrl-C: unfinished files are removed, and other processes ended."""

    def exit_on(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, exit_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
