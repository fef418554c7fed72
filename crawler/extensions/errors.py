"""Report errors of code, rather than of pages, in one line; end a crawl of the paper at the first one."""

import asyncio
import logging
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from archive.dump.grammar import clean
from archive.errors import StoreError, TazArchiveError
from crawler import clock
from crawler.extensions.tracebacks import (
    component,
    error_at_start,
    is_error_of_code,
    is_of_archive,
    page_of,
    signalled_page,
)
from crawler.frontier_crawl import frontier_crawl_of
from crawler.items import PageItem
from crawler.opened_archive import archive_of, close_archive, has_archive

if TYPE_CHECKING:
    from scrapy.core.engine import ExecutionEngine

    from archive.model import PageKey

logger = logging.getLogger(__name__)
# These log what components have raised, and go on. asyncio logs the error that kept Scrapy from starting.
_SWALLOWERS = (
    "scrapy.utils.signal",
    "scrapy.core.engine",
    "scrapy.core.downloader.handlers",
    "scrapy.extensions.feedexport",
    "asyncio",
)
# Their messages name what the error is about.
_TELLING = ("scrapy.core.downloader.handlers", "scrapy.extensions.feedexport")


class CodeError(TazArchiveError):
    """An error in a pipeline, middleware, extension or spider; says at which page and where."""


class ErrorReport:
    """Report what pipelines, middlewares, extensions and spiders raise, each error in one line.

    Scrapy logs a traceback and goes on; here tracebacks have the level DEBUG. A crawl that is fed by the
    frontier ends at the first error, because pages that cannot be processed must not be requested:
    ``problem`` is what ended it. The pages of errors stay due. The archive is closed when the engine has
    stopped. ``scrapy crawl`` then exits with 1.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.problem: BaseException | None = None
        self._crawler = crawler
        self._engine: ExecutionEngine | None = None
        self._is_over = False
        self._error: BaseException | None = None
        self._reason = self._line = ""
        self._pages: list[PageKey] = []
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        report = cls(crawler)
        for handler, signal in (
            (report.engine_started, signals.engine_started),
            (report.item_error, signals.item_error),
            (report.spider_error, signals.spider_error),
            (report.spider_closed, signals.spider_closed),
            (report.engine_stopped, signals.engine_stopped),
        ):
            crawler.signals.connect(handler, signal)
        report._watch_logs()
        return report

    def _watch_logs(self) -> None:
        """Report what Scrapy only logs, for as long as this object lives."""
        watch = _LogWatch(self)
        for name in _SWALLOWERS:
            logging.getLogger(name).addFilter(watch)
            weakref.finalize(self, logging.getLogger(name).removeFilter, watch)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """Return the report of a crawl."""
        report = crawler.get_extension(cls)
        assert report, f"{cls.__module__}.{cls.__name__} is missing in EXTENSIONS"
        return report

    @property
    def has_error(self) -> bool:
        """Whether an error ends the crawl."""
        return self._error is not None

    @property
    def reason(self) -> str:
        """The error that ends the crawl, for the run history."""
        return clean(self._reason)

    def report(self, error: BaseException, page: object = None, *, what: str | None = None) -> None:
        """Report an error at a page: a request, a response, an item, or None.

        ``what`` names what the error is about, where that is not a page.
        """
        logger.debug("%s", error, exc_info=error)
        url, key = page_of(page)
        is_fed = frontier_crawl_of(self._crawler) is not None
        reason = _line(error, url or what)
        if key:
            self._pages.append(key)
        if not is_fed or self._is_over:
            self._log(reason)
            if self._is_over:
                self._fail()
        elif self._error is None:
            self._error = error
            self._reason = str(error) if is_of_archive(error) else reason
            self._line = f"{reason}; the page stays due" if key else reason
            self._close()

    def _log(self, line: str) -> None:
        """Log a line, unless it was the last one: an archive that is missing is missing for every page."""
        if line != self._line:
            logger.error("%s", line)
        self._line = line

    def _close(self) -> None:
        """End a crawl that runs. One that has not begun ends at once: its scheduler has no request."""
        if self._engine and self._engine.running:
            self._closing = asyncio.ensure_future(self._engine.close_spider_async(reason="error"))

    def is_error_of_code(self, error: BaseException, request: Request) -> bool:
        """Report the error of a request if a middleware has raised it; return whether it has."""
        engine = self._crawler.engine
        chains = (engine.downloader.middleware.middlewares, engine.scraper.spidermw.middlewares)
        is_theirs = is_error_of_code(error, [each for chain in chains for each in chain])
        if is_theirs:
            self.report(error, request)
        return is_theirs

    def item_error(self, item: object, response: object, failure: Failure) -> None:
        """Report what a pipeline has raised."""
        assert failure.value
        self.report(failure.value, item if isinstance(item, PageItem) else response or item)

    def spider_error(self, failure: Failure, response: object) -> None:
        """Report what a spider or its middleware has raised."""
        assert failure.value
        self.report(failure.value, response)

    def is_news(self, record: logging.LogRecord) -> bool:
        """Report the error of a log record instead of it; return False if that was done."""
        error = record.exc_info[1] if record.exc_info and record.levelno >= logging.ERROR else None
        spider = getattr(record, "spider", None)
        if error is None or spider not in (None, self._crawler.spider):
            return True
        if record.name == "asyncio":
            return self._is_news_of_asyncio(error)
        what = record.getMessage() if record.name in _TELLING else None
        self.report(error, signalled_page(error), what=what)
        return False

    def _is_news_of_asyncio(self, error: BaseException) -> bool:
        """Log in one line why Scrapy could not start, and nothing that follows from an error.

        Otherwise, asyncio logs errors of connections.
        """
        if self._engine:
            return self._error is None
        logger.debug("%s", error, exc_info=error)
        logger.error("%s", _line(error_at_start(error), None))
        return False

    def engine_started(self) -> None:
        """Note that the engine is about to run."""
        self._engine = self._crawler.engine

    def spider_closed(self) -> None:
        """Make the pages of errors due again, in the next run; a shared frontier does so itself."""
        crawl = frontier_crawl_of(self._crawler)
        if self._pages and has_archive(self._crawler) and not (crawl and crawl.options.frontier):
            with suppress(StoreError):
                archive_of(self._crawler).frontier.seed(self._pages, at=clock.utc_now())

    def engine_stopped(self) -> None:
        """Close the archive, and log what ended the crawl."""
        self._is_over = True
        error = self._error
        found = close_archive(self._crawler, error if error and is_of_archive(error) else None)
        if error and found in (error, None):
            found = error if isinstance(error, TazArchiveError) else CodeError(self._line)
        self.problem = found
        if found:
            logger.critical("%s", clean(str(found)))
            self._fail()

    def _fail(self) -> None:
        """Let ``scrapy crawl`` exit with 1, as it does if a crawler has no spider."""
        self._crawler.spider = None


class _LogWatch(logging.Filter):
    """Passes the records of a logger to an :class:`ErrorReport` while it exists."""

    def __init__(self, report: ErrorReport) -> None:
        super().__init__()
        self._report = weakref.ref(report)

    def filter(self, record: logging.LogRecord) -> bool:
        report = self._report()
        return report is None or report.is_news(record)


def _line(error: BaseException, what: str | None) -> str:
    """Return an error in one line: the page, the component, the error."""
    if isinstance(error, TazArchiveError):
        return str(error)
    words = [what] if what else []
    return clean(": ".join([*words, component(error), f"{type(error).__name__}: {error}"]))
