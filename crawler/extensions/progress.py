"""Progress of a crawl: a live line on a terminal, and one line for each page with a problem.

It takes the place of :class:`crawler.extensions.problem_log.ProblemLog`, for people instead of log files.
"""

import logging
from collections.abc import Callable
from shlex import quote
from time import monotonic
from typing import Self

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.cli.logs.log_files import note
from archive.cli.output.printing import count
from archive.cli.output.progress import print_warning
from archive.dump.grammar import clean
from archive.model import ArticleChange, Capture, Outcome
from archive.store import Recorded
from archive.timestamps import stamp
from crawler import clock
from crawler.frontier_crawl import frontier_crawl_of
from crawler.items import PageItem
from crawler.readiness import backfill_line
from crawler.signals import pages_recorded

MAX_PROBLEMS_PRINTED = 10  # a dead host must not fill a mailbox
MIN_SHOWN_WAIT_SECONDS = 5.0  # without a page, as behind other crawlers or for a slow server
# What these warn about concerns people.
_LOGGERS = [logging.getLogger(f"crawler.{name}") for name in ("extensions", "failover", "middlewares")]


class Progress(logging.Handler):
    """Counts, shows and logs the pages of a crawl, and prints the warnings of the crawler.

    ``PROGRESS_ENABLED`` turns it on; ``PROGRESS_VERBOSE`` prints each page, ``PROGRESS_QUIET`` nothing.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(logging.INFO)
        self._crawler = crawler
        self._verbose = crawler.settings.getbool("PROGRESS_VERBOSE")
        self._quiet = crawler.settings.getbool("PROGRESS_QUIET")
        self._archive = str(crawler.settings["ARCHIVE_PATH"])
        self._since = clock.utc_now()
        self._started = monotonic()
        self._page, self._page_at = "", self._started  # the latest, and when it was recorded
        self._name_sources = False  # on each line, if there are several
        self._backfill = ""
        self._pages = self._new = self._edited = self._gone = self._back = self._problems = 0
        self._live = _live_display(self._live_line) if not self._quiet else None
        for logger in _LOGGERS:
            logger.addHandler(self)
            logger.propagate = False  # Scrapy's own handlers would print the warnings, too

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("PROGRESS_ENABLED"):
            raise NotConfigured
        progress = cls(crawler)
        for handler, signal in (
            (progress.spider_opened, signals.spider_opened),
            (progress.pages_recorded, pages_recorded),
            (progress.spider_closed, signals.spider_closed),
            (progress.engine_stopped, signals.engine_stopped),
        ):
            crawler.signals.connect(handler, signal)
        return progress

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record, and print a warning. Who runs the crawl raises the error that ended it."""
        if record.levelno >= logging.ERROR:
            return
        note(record.levelno, record.getMessage(), **getattr(record, "fields", {}))
        if record.levelno >= logging.WARNING:
            self._print(record.getMessage())

    def spider_opened(self) -> None:
        """Begin to show a live line."""
        crawl = frontier_crawl_of(self._crawler)
        self._name_sources = crawl is not None and len(crawl.policy.sources) > 1
        if self._live:
            self._live.start()

    def pages_recorded(self, pages: list[tuple[PageItem, Recorded]]) -> None:
        """Count, show and log pages."""
        for item, done in pages:
            self._count(item.capture, done)
            self._page, self._page_at = self._named(item.capture), monotonic()

    def _count(self, capture: Capture, done: Recorded) -> None:
        self._pages += 1
        self._new += done.new
        self._edited += done.version is not None and not done.new
        self._gone += done.change is ArticleChange.GONE
        self._back += done.change is ArticleChange.BACK
        failed = done.outcome.is_problem and done.ended
        self._problems += failed
        line = f"{self._named(capture)}: {done.problem if failed else _news(done)}"
        fields = {"source": capture.source, "url": capture.url, "outcome": done.outcome.value}
        note(logging.WARNING if failed else logging.INFO, line, **fields)
        if self._verbose or (failed and self._problems <= MAX_PROBLEMS_PRINTED):
            self._print(line)

    def _print(self, line: str) -> None:
        """Print a line, above the live line if there is one."""
        line = clean(line)
        if self._quiet:
            return
        if self._live:
            self._live.console.print(f"taz-archive: {line}", markup=False, highlight=False, soft_wrap=True)
        else:
            print_warning(line)

    def _named(self, capture: Capture) -> str:
        return f"{capture.source}: {capture.url}" if self._name_sources else capture.url

    def _live_line(self) -> Text:
        """Return the totals and the latest page, or for how long there was none."""
        waited = monotonic() - self._page_at
        is_waiting = waited > MIN_SHOWN_WAIT_SECONDS
        parts = (
            [f"waiting for {waited:.0f} s", self._totals()] if is_waiting else [self._totals(), self._page]
        )
        return Text(clean(" · ".join(filter(None, parts))), overflow="ellipsis", no_wrap=True)

    def _totals(self) -> str:
        seconds = monotonic() - self._started
        parts = [count(self._pages, "page"), count(self._new, "new article")]
        parts += [f"{self._edited:,} edited", f"{self._gone:,} gone"]
        parts += [f"{self._back:,} back"] if self._back else []
        parts += [f"{self._problems:,} with problems"] if self._problems else []
        return " · ".join([*parts, f"{seconds:.0f} s", f"{self._pages / max(seconds, 0.001):,.1f} pages/s"])

    def spider_closed(self) -> None:
        """Note how much of the backfill is done."""
        crawl = frontier_crawl_of(self._crawler)
        if crawl and crawl.options.backfill is not None:
            self._backfill = backfill_line(crawl.pages.frontier.backfill_progress(), crawl.options.backfill)

    def engine_stopped(self) -> None:
        """Log the totals; print how many more problems there were, and on a terminal the totals."""
        self._stop()
        note(
            logging.INFO,
            self._totals(),
            pages=self._pages,
            new=self._new,
            edited=self._edited,
            gone=self._gone,
            back=self._back,
            problems=self._problems,
        )
        if self._problems > MAX_PROBLEMS_PRINTED and not (self._quiet or self._verbose):
            more = self._problems - MAX_PROBLEMS_PRINTED
            print_warning(f"… and {more:,} more problems; `taz-archive status` shows the latest")
        if self._live:
            self._print_summary()
        if self._backfill:
            note(logging.INFO, self._backfill)
            if not self._quiet:
                click.echo(self._backfill)

    def _stop(self) -> None:
        for logger in _LOGGERS:
            logger.removeHandler(self)
            logger.propagate = True
        if self._live:
            self._live.stop()

    def _print_summary(self) -> None:
        click.echo(self._totals(), err=True)
        if self._new or self._edited or self._gone or self._back:
            changes = f"taz-archive changes {quote(self._archive)} --since {stamp(self._since)}"
            click.echo(f"See what changed: {changes}", err=True)


def _news(done: Recorded) -> str:
    """Return what a page without a problem is: new, edited, unchanged, or its outcome."""
    if done.version is None:
        return "unchanged" if done.outcome is Outcome.OK else done.outcome.value
    return "new" if done.new else "edited"


def _live_display(line: Callable[[], Text]) -> Live | None:
    """Return a live line, which is made again several times a second, if stderr is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return None
    return Live(console=console, transient=True, refresh_per_second=8, get_renderable=line)
