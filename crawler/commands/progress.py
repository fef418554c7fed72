"""Progress of a crawl: a live line on a terminal, and one line for each page with a problem."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from archive.cli.log_files import note
from archive.cli.output.printing import count
from archive.cli.output.progress import print_warning
from archive.dump.grammar import clean
from archive.model import ArticleChange, Capture, Outcome
from archive.store import Recorded

MAX_PROBLEMS_PRINTED = 10  # a dead host must not fill a mailbox


@dataclass
class CrawlProgress:
    """Counts, shows and logs the captures of a run. Call it with each capture and the result of recording it.

    ``verbose`` prints each page, ``quiet`` nothing. ``changes_command`` is suggested after the run.
    """

    live: Live | None = None
    verbose: bool = False
    quiet: bool = False
    name_sources: bool = False  # on each line, if there are several
    changes_command: str = ""
    pages: int = 0
    new: int = 0
    edited: int = 0
    gone: int = 0
    back: int = 0
    problems: int = 0
    started: float = field(default_factory=monotonic)

    def __call__(self, capture: Capture, done: Recorded) -> None:
        self.pages += 1
        self.new += done.new
        self.edited += done.version is not None and not done.new
        self.gone += done.change is ArticleChange.GONE
        self.back += done.change is ArticleChange.BACK
        failed = done.outcome.is_problem and done.ended
        self.problems += failed
        self._log(capture, done, failed=failed)
        if self.live:
            self.live.update(self._live_line(self._named(capture)))

    def _log(self, capture: Capture, done: Recorded, *, failed: bool) -> None:
        line = f"{self._named(capture)}: {done.problem if failed else _news(done)}"
        fields = {"source": capture.source, "url": capture.url, "outcome": done.outcome.value}
        note(logging.WARNING if failed else logging.INFO, line, **fields)
        if self.verbose or (failed and self.problems <= MAX_PROBLEMS_PRINTED):
            self._print(line)

    def alarm(self, line: str) -> None:
        """Log and print a line at once."""
        note(logging.WARNING, line)
        self._print(line)

    def _print(self, line: str) -> None:
        """Print a line, above the live line if there is one."""
        line = clean(line)
        if self.quiet:
            return
        if self.live:
            self.live.console.print(f"taz-archive: {line}", markup=False, highlight=False, soft_wrap=True)
        else:
            print_warning(line)

    def _named(self, capture: Capture) -> str:
        return f"{capture.source}: {capture.url}" if self.name_sources else capture.url

    def _live_line(self, page: str) -> Text:
        return Text(f"{self} · {clean(page)}", overflow="ellipsis", no_wrap=True)

    def __str__(self) -> str:
        seconds = monotonic() - self.started
        parts = [count(self.pages, "page"), count(self.new, "new article")]
        parts += [f"{self.edited:,} edited", f"{self.gone:,} gone"]
        parts += [f"{self.back:,} back"] if self.back else []
        parts += [f"{self.problems:,} with problems"] if self.problems else []
        return " · ".join([*parts, f"{seconds:.0f} s", f"{self.pages / max(seconds, 0.001):,.1f} pages/s"])

    def conclude(self) -> None:
        """Log the totals; print how many more problems there were, and on a terminal the totals."""
        note(
            logging.INFO,
            str(self),
            pages=self.pages,
            new=self.new,
            edited=self.edited,
            gone=self.gone,
            back=self.back,
            problems=self.problems,
        )
        if self.problems > MAX_PROBLEMS_PRINTED and not (self.quiet or self.verbose):
            more = self.problems - MAX_PROBLEMS_PRINTED
            print_warning(f"… and {more:,} more problems; `taz-archive status` shows the latest")
        if self.live:
            click.echo(str(self), err=True)
            if self.new or self.edited or self.gone or self.back:
                click.echo(f"See what changed: {self.changes_command}", err=True)


def _news(done: Recorded) -> str:
    """Return what a page without a problem is: new, edited, unchanged, or its outcome."""
    if done.version is None:
        return "unchanged" if done.outcome is Outcome.OK else done.outcome.value
    return "new" if done.new else "edited"


@contextmanager
def crawl_progress(
    *, name_sources: bool = False, verbose: bool = False, quiet: bool = False, changes_command: str = ""
) -> Iterator[CrawlProgress]:
    """Yield the progress of a run, with a live line if stderr is a terminal."""
    console = Console(stderr=True)
    shown = CrawlProgress(
        name_sources=name_sources, verbose=verbose, quiet=quiet, changes_command=changes_command
    )
    if quiet or not console.is_terminal:
        yield shown
    else:
        with Live(console=console, transient=True, refresh_per_second=8) as shown.live:
            yield shown
    shown.conclude()
