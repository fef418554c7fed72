"""Warnings and progress bars, on stderr, so that they never mix with piped results."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import click

from archive.dump.grammar import without_controls

MAX_LISTED_LINES = 10
_PERCENT = 100


def print_warning(line: str) -> None:
    """Print a line on stderr. Ignore a stderr that is closed: the work goes on."""
    with suppress(OSError):
        click.echo(without_controls(f"taz-archive: {line}"), err=True)


def abridged(lines: Sequence[str], things: str, *, limit: int = MAX_LISTED_LINES) -> Iterator[str]:
    """Yield the first ``limit`` lines, and a line that counts the other ``things``."""
    yield from lines[:limit]
    if len(lines) > limit:
        yield f"… and {len(lines) - limit:,} more {things}; --json lists all"


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal; yield a function to call with each further amount done."""
    from rich.console import Console  # noqa: PLC0415 - most commands draw none
    from rich.progress import (  # noqa: PLC0415 - most commands draw none
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=total)
        yield lambda amount: bar.advance(task, amount)


@contextmanager
def copying_progress() -> Iterator[Callable[[int, int], None]]:
    """Show how much of a file is copied; yield a function to call with the pages done and their total."""
    with progress("copying", _PERCENT) as advance:
        shown = 0

        def show(done: int, total: int) -> None:
            nonlocal shown
            percent = _PERCENT * done // max(total, 1)
            advance(percent - shown)
            shown = percent

        yield show
