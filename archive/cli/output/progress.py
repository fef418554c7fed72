"""Problems and progress bars: on stderr, so that they never get into what is piped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

from archive.dump.grammar import without_controls


def complain(line: str) -> None:
    """One line on stderr. That nobody reads it any more is no reason to stop the work it is about."""
    with suppress(OSError):
        click.echo(without_controls(f"taz-archive: {line}"), err=True)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of ``total`` is done; call what it gives with each further amount."""
    from rich.console import Console  # noqa: PLC0415 - most commands draw none
    from rich.progress import (  # noqa: PLC0415 - the same
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda amount: bar.advance(task, amount)


HUNDREDTHS = 100  # of a file, which the bar counts


@contextmanager
def copying_progress() -> Iterator[Callable[[int, int], None]]:
    """Show how much of a file is copied; call what it gives with the pages done and their total."""
    with progress("copying", HUNDREDTHS) as advance:
        shown = 0

        def show(done: int, total: int) -> None:
            nonlocal shown
            now = HUNDREDTHS * done // max(total, 1)
            advance(now - shown)
            shown = now

        yield show
