"""Warnings and progress bars, on stderr, so that they never mix with piped results."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic

import click

from archive.dump.grammar import without_controls
from archive.progress import CountingAdvance

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
def progress(label: str, total: int, *, unit: str = "") -> Iterator[CountingAdvance]:
    """Show a progress bar on a terminal; yield a function to call with each further amount done.

    With a ``unit``, such as "pages", show how many of these are counted per second.
    """
    from rich.console import Console  # noqa: PLC0415 - most commands draw none
    from rich.progress import (  # noqa: PLC0415 - most commands draw none
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=total, rate="")
        started, things = monotonic(), 0

        def advance(amount: int, counted: int | None = None, /) -> None:
            nonlocal things
            things += amount if counted is None else counted
            bar.update(task, advance=amount, rate=_rate(things, monotonic() - started, unit))

        yield advance


def _rate(things: int, seconds: float, unit: str) -> str:
    return f"{things / seconds:,.0f} {unit}/s" if unit and things and seconds else ""


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
