"""What a person sees of a crawl: a live line on a terminal, and what went wrong, one line a page."""

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
from archive.cli.output.progress import complain
from archive.cli.output.tables import count
from archive.dump.grammar import clean
from archive.model import ArticleChange, Capture, Outcome
from archive.store import Recorded

SAID_ALONE = 10  # problems printed one by one; a dead host must not fill a mailbox


@dataclass
class Watch:
    """Counts what a run records, shows and logs it. Call it with each capture and what became of it.

    ``verbose`` shows each page, ``quiet`` nothing at all. ``report`` is the command that lists what changed.
    """

    live: Live | None = None
    verbose: bool = False
    quiet: bool = False
    several: bool = False  # sources, so that each line names its own
    report: str = ""
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
        self._tell(capture, done, failed=failed)
        if self.live:
            self.live.update(self._line(self._named(capture)))

    def _tell(self, capture: Capture, done: Recorded, *, failed: bool) -> None:
        line = f"{self._named(capture)}: {done.problem if failed else _news(done)}"
        fields = {"source": capture.source, "url": capture.url, "outcome": done.outcome.value}
        note(logging.WARNING if failed else logging.INFO, line, **fields)
        if self.verbose or (failed and self.problems <= SAID_ALONE):
            self._say(line)

    def alarm(self, line: str) -> None:
        """Say a line at once."""
        note(logging.WARNING, line)
        self._say(line)

    def _say(self, line: str) -> None:
        """Print a line, above the live one if there is one."""
        line = clean(line)
        if self.quiet:
            return
        if self.live:
            self.live.console.print(f"taz-archive: {line}", markup=False, highlight=False, soft_wrap=True)
        else:
            complain(line)

    def _named(self, capture: Capture) -> str:
        return f"{capture.source}: {capture.url}" if self.several else capture.url

    def _line(self, asked: str) -> Text:
        return Text(f"{self} · {clean(asked)}", overflow="ellipsis", no_wrap=True)

    def __str__(self) -> str:
        seconds = monotonic() - self.started
        parts = [count(self.pages, "page"), count(self.new, "new article")]
        parts += [f"{self.edited:,} edited", f"{self.gone:,} gone"]
        parts += [f"{self.back:,} back"] if self.back else []
        parts += [f"{self.problems:,} with problems"] if self.problems else []
        return " · ".join([*parts, f"{seconds:.0f} s", f"{self.pages / max(seconds, 0.001):,.1f} pages/s"])

    def conclude(self) -> None:
        """After the run: how many more problems there were, and on a terminal the whole in one line."""
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
        if self.problems > SAID_ALONE and not (self.quiet or self.verbose):
            more = self.problems - SAID_ALONE
            complain(f"… and {more:,} more; `taz-archive status` tells of them")
        if self.live:
            click.echo(str(self), err=True)
            if self.new or self.edited or self.gone or self.back:
                click.echo(f"What changed: {self.report}", err=True)


def _news(done: Recorded) -> str:
    """What became of a page that is no problem."""
    if done.version is None:
        return "as it was" if done.outcome is Outcome.OK else done.outcome.value
    return "new" if done.new else "edited"


@contextmanager
def watching(
    *, several: bool = False, verbose: bool = False, quiet: bool = False, report: str = ""
) -> Iterator[Watch]:
    """A watch with a live line if stderr is a terminal, which is gone when the run is over."""
    console = Console(stderr=True)
    watch = Watch(several=several, verbose=verbose, quiet=quiet, report=report)
    if quiet or not console.is_terminal:
        yield watch
    else:
        with Live(console=console, transient=True, refresh_per_second=8) as watch.live:
            yield watch
    watch.conclude()
