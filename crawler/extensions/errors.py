"""Report errors of code, rather than of pages, in one line; end a crawl of the paper at the first one."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.dump.grammar import clean
from archive.errors import StoreError, TazArchiveError
from archive.model import PageKey
from crawler import clock
from crawler.items import PageItem
from crawler.opened_archive import archive_of, close_archive, has_archive

logger = logging.getLogger(__name__)
# Frames of these call a component; the first other frame is the component's.
_CALLERS = ("scrapy.", "twisted.", "pydispatch.", "asyncio.", "crawler.extensions.errors")


class CodeError(TazArchiveError):
    """An error in a pipeline, middleware, extension or spider; says at which page and where."""


class ErrorReport:
    """Report what pipelines, middlewares, extensions and spiders raise, each error in one line.

    Scrapy logs a traceback and goes on; here tracebacks have the level DEBUG. A crawl that is fed by the
    frontier ends at the first error, because pages that cannot be processed must not be requested:
    ``problem`` is what ended it. The pages of errors stay due. The archive is closed when the engine has
    stopped.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.problem: BaseException | None = None
        self._crawler = crawler
        self._error: BaseException | None = None
        self._line = ""
        self._pages: list[PageKey] = []
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        report = cls(crawler)
        for handler, signal in (
            (report.item_error, signals.item_error),
            (report.spider_error, signals.spider_error),
            (report.spider_closed, signals.spider_closed),
            (report.engine_stopped, signals.engine_stopped),
        ):
            crawler.signals.connect(handler, signal)
        logging.getLogger("scrapy.utils.signal").addFilter(report._is_no_error)
        return report

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
        return clean(str(self._error) or type(self._error).__name__)

    def report(self, error: BaseException, page: object = None) -> None:
        """Report an error at a page: a request, a response, an item, or None."""
        logger.debug("%s", error, exc_info=error)
        url, key = _page_of(page)
        line = _line(error, url)
        if key:
            self._pages.append(key)
        if not getattr(self._crawler.spider, "pages", None):
            logger.error("%s", line)
        elif self._error is None:
            self._error, self._line = error, line
            if self._crawler.engine.spider:
                self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="error"))

    def blames_middleware(self, error: BaseException, request: Request) -> bool:
        """Report an error that a downloader middleware of the user's has raised; return whether it has."""
        others = {type(each).__module__ for each in self._crawler.engine.downloader.middleware.middlewares}
        others = {name for name in others if not name.startswith(("scrapy.", "crawler."))}
        is_theirs = bool(others & set(map(_module, _frames(error.__traceback__))))
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

    def _is_no_error(self, record: logging.LogRecord) -> bool:
        """Report what a receiver of a signal has raised, which Scrapy only logs."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        self.report(error, _signalled_page(error.__traceback__))
        return False

    def spider_closed(self) -> None:
        """Make the pages of errors due again, in the next run."""
        if self._pages and has_archive(self._crawler):
            with suppress(StoreError):
                archive_of(self._crawler).frontier.seed(self._pages, at=clock.utc_now())

    def engine_stopped(self) -> None:
        """Close the archive, and log what ended the crawl."""
        logging.getLogger("scrapy.utils.signal").removeFilter(self._is_no_error)
        found = close_archive(self._crawler, self._error)
        if found and found is self._error and not isinstance(found, TazArchiveError):
            found = CodeError(self._line)
        self.problem = found
        if found:
            logger.critical("%s", clean(str(found)))


def _line(error: BaseException, url: str | None) -> str:
    """Return an error in one line: the page, the component, the error."""
    if isinstance(error, TazArchiveError):
        return str(error)
    words = [url] if url else []
    words += [_component(error.__traceback__), f"{type(error).__name__}: {error}"]
    return clean(": ".join(words)) + ("; the page stays due" if url else "")


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _component(traceback: TracebackType | None) -> str:
    """Return the function of a component that an error passed: ``shop.pipelines.Prices.process_item``."""
    names = [f"{_module(frame)}.{frame.f_code.co_qualname}" for frame in _frames(traceback)]
    return next((name for name in names if not name.startswith(_CALLERS)), names[-1] if names else "unknown")


def _signalled_page(traceback: TracebackType | None) -> object:
    """Return what Scrapy's signal was about when a receiver raised an error."""
    signalled = (frame.f_locals.get("named") for frame in _frames(traceback))
    named = next((each for each in signalled if isinstance(each, dict)), {})
    return named.get("response") or named.get("request") or named.get("item")


def _page_of(about: Any) -> tuple[str | None, PageKey | None]:
    """Return URL and key of the page that a request, a response or an item is about."""
    if isinstance(about, PageItem):
        return about.capture.url, about.capture.key
    if isinstance(about, Failure):
        about = about.request  # type: ignore[attr-defined]  # Scrapy puts it there
    request = about.request if isinstance(about, Response) else about
    if isinstance(request, Request):
        return request.url, request.meta.get("key")
    return (about.url, None) if isinstance(about, Response) else (None, None)
