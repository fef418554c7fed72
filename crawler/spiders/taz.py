"""The spider: make requests for the pages that are due, and yield their captures."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, NoReturn, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.dump.grammar import clean
from archive.errors import FrontierError, SourceError, TazArchiveError
from archive.model import Capture, Outcome, PageKey
from archive.renditions.read_capture import read_capture
from archive.sources import Source
from archive.store import Writer
from crawler import clock
from crawler.extensions.errors import ErrorReport
from crawler.fetch import Fetch, WantedPage
from crawler.frontier.embedded import EmbeddedFrontier
from crawler.frontier.interface import FrontierPages
from crawler.frontier.page_queue import PageQueue
from crawler.frontier_crawl import FrontierCrawl
from crawler.gate.calls import GateCalls
from crawler.gate.errors import RequestNotSentError
from crawler.handlers.exchange import AbsentPageError, kept_body
from crawler.items import ArticleItem, MenuItem, PageItem, parsed_item
from crawler.middlewares.robots import Forbidden
from crawler.opened_archive import archive_of, keep_open, prepared_options
from crawler.opened_gate import give_gate
from crawler.options import ARGUMENTS, EXIT_AFTER_MISTAKE, SETTINGS, CrawlOptions
from crawler.politeness import check_delay
from crawler.readiness import prepare_frontier, within_budget
from crawler.response_status import problem_of
from crawler.sharing.background import BackgroundCalls
from crawler.sharing.shared_frontier import SharedFrontier
from crawler.sharing.shared_run import SharedRun, check_frontier, shared_run, shared_run_of
from crawler.sources.registry import choose_sources, source_at

# The outcome of a capture by the error of its request; FAILED for any other error.
OUTCOMES: dict[type[BaseException], Outcome] = {Forbidden: Outcome.FORBIDDEN, AbsentPageError: Outcome.ABSENT}
MIN_LEASE, MAX_LEASE = timedelta(seconds=1), timedelta(days=1)


class TazSpider(Spider):
    """Crawls the paper into an archive.

    Its arguments set the settings that :data:`crawler.options.ARGUMENTS` names:
    ``scrapy crawl taz -a archive=taz.db -a via="meulie gopher" -a shard=2/3``; several sources or seeds are
    separated by spaces. Without an archive, as in ``scrapy parse``, pages are parsed and not recorded.
    """

    name = "taz"
    # The problem of a page is reported like any other; Scrapy would log it as an error as well.
    custom_settings = {"RETRY_GIVE_UP_LOG_LEVEL": "INFO"}  # noqa: RUF012 - as Scrapy requires
    has_started = False  # commands that look at one page, such as scrapy parse, do not start the spider
    crawl: FrontierCrawl | None = None  # None without an archive
    shared: SharedFrontier | None = None  # the frontier of the crawl, if other machines share it

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self._arguments = arguments

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Read the settings and open the archive.

        Raise an error for a mistake in them. A command exits with a message of one line instead; a script may
        run further crawls.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        try:
            spider._begin(crawler)  # noqa: SLF001 - our own
        except (TazArchiveError, ValueError) as error:
            spider._end(error)  # noqa: SLF001 - our own
        return spider

    def _end(self, error: Exception) -> NoReturn:
        """Raise the error of a mistake in the settings; a command exits."""
        if self.crawler.settings.getbool(EXIT_AFTER_MISTAKE):
            raise SystemExit(f"scrapy crawl {self.name}: {clean(str(error))}") from error
        raise error

    @property
    def pages(self) -> PageQueue | None:
        """The pages to fetch."""
        return self.crawl.pages if self.crawl else None

    def _begin(self, crawler: Crawler) -> None:
        """Read the settings, and open the archive if one is named."""
        self._set_arguments(crawler)
        options = CrawlOptions.from_settings(crawler.settings)
        sources, keys = choose_sources(options.sources, options.seeds)
        if not options.archive:
            return
        _check_delay(sources, options)
        if options.frontier:
            check_frontier(options.frontier)
        archive = archive_of(crawler)
        run = self._shared_run(options, sources)
        own = EmbeddedFrontier(archive)
        options = prepared_options(crawler) or self._prepared(
            archive, run.pages if run else own, options, keys
        )
        if run:
            self.shared = self._shared_frontier(run, archive, options)
        self.crawl = FrontierCrawl.of_sources(sources, archive, options, self.shared or own)

    def _shared_frontier(self, run: SharedRun, archive: Writer, options: CrawlOptions) -> SharedFrontier:
        return SharedFrontier(
            run.pages,
            BackgroundCalls(run.executor, lambda error: ErrorReport.of(self.crawler).report(error)),
            duration=_lease_duration(self.crawler.settings["FRONTIER_LEASE_SECONDS"]),
            patience=options.patience,
            adopt=archive.frontier.adopt,
            counts_backfill=options.backfill is not None,
        )

    def _shared_run(self, options: CrawlOptions, sources: Sequence[Source]) -> SharedRun | None:
        """Return the run in the shared frontier, if there is one, which ends with the crawl."""
        run = shared_run_of(self.crawler) or keep_open(self.crawler, shared_run(options, sources))
        if run:
            give_gate(self.crawler, GateCalls(run.gate, run.executor))
        return run

    def _prepared(
        self, archive: Writer, frontier: FrontierPages, options: CrawlOptions, keys: Sequence[PageKey]
    ) -> CrawlOptions:
        """Prepare the frontier, and return options that keep to the budget."""
        if warning := prepare_frontier(archive, frontier, options, keys):
            self.logger.warning("%s", warning)
        return within_budget(archive, options, now=clock.utc_now())

    def _set_arguments(self, crawler: Crawler) -> None:
        """Turn arguments into settings."""
        for name, value in self._arguments.items():
            if name.startswith("_"):  # scrapyd's own: "_job"
                continue
            if name not in ARGUMENTS:
                raise SourceError(f"unknown argument -a {name}=…: use {', '.join(ARGUMENTS)}")
            if not value.strip():
                raise SourceError(f"-a {name}= has no value: add one, or leave the argument out")
            crawler.settings.set(ARGUMENTS[name], value, priority="cmdline")

    async def start(self) -> AsyncIterator[Request]:
        """Begin with no request: :class:`crawler.scheduler.FrontierScheduler` asks for those that are due."""
        if not self.pages:
            self._end(SourceError("no archive is named: use -a archive=taz.db"))
        self.has_started = True
        none: tuple[Request, ...] = ()
        for request in none:
            yield request

    def request(self, fetch: Fetch) -> Request:
        """Return the request for a page at a source."""
        meta: dict[str, Any] = {"key": fetch.key, "fetch": fetch}
        if fetch.probe:  # a single try, which also fetches robots.txt again
            meta |= {"probe": True, "max_retry_times": 0}
        return Request(
            fetch.source.url(fetch.key),
            callback=self.parse,
            errback=self.miss,
            meta=meta,
            dont_filter=True,  # the frontier leases no page twice, but a failed page may be due again
        )

    def parse(self, response: Response, **_: Any) -> PageItem | ArticleItem | MenuItem | None:
        """Return the capture of a response, whatever its status; without an archive, what it shows."""
        problem = problem_of(response)
        outcome = Outcome.FAILED if problem else Outcome.OK
        item = self._item(self._fetch(response), response.url, response.body, outcome, problem)
        return item if self.pages else self._shown(item)

    def _shown(self, item: PageItem) -> ArticleItem | MenuItem | None:
        """Return the article or menu of a page, or warn that it has neither."""
        item.parsed = read_capture(item.capture)
        shown = parsed_item(item)
        if not shown:
            self.logger.warning("%s: %s", item.capture.url, item.parsed.problem or item.parsed.outcome.value)
        return shown

    def miss(self, failure: Failure) -> PageItem | None:
        """Return the capture of a failed or forbidden request."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        error = failure.value
        assert error is not None
        if self._is_unsent(error, request) or ErrorReport.of(self.crawler).is_error_of_code(error, request):
            return None
        outcome = OUTCOMES.get(type(error), Outcome.FAILED)
        problem = str(error) or type(error).__name__
        return self._item(request.meta["fetch"], request.url, kept_body(error), outcome, problem)

    def _is_unsent(self, error: BaseException, request: Request) -> bool:
        """Put a page back that no request was sent for; return whether that was so.

        Without the shared frontier no further one is sent.
        """
        is_unsent = isinstance(error, RequestNotSentError | FrontierError)
        if is_unsent and self.pages:
            self.pages.note_unsent(request.meta["fetch"])
        if isinstance(error, FrontierError):
            ErrorReport.of(self.crawler).report(error)
        return is_unsent

    def _fetch(self, response: Response) -> Fetch:
        """Return what was fetched. ``scrapy parse`` gives a URL only."""
        if fetch := response.meta.get("fetch"):
            assert isinstance(fetch, Fetch)
            return fetch
        source, key = source_at(response.url)
        return Fetch(WantedPage(key), source)

    def _item(self, fetch: Fetch, url: str, body: bytes, outcome: Outcome, problem: str | None) -> PageItem:
        """Return the item of a fetch that has just ended."""
        capture = Capture(
            source=fetch.source.name,
            url=url,
            captured_at=clock.utc_now(),
            key=fetch.key,
            body=body or None,
            outcome=outcome,
            problem=problem,
            rendition=fetch.source.rendition,
        )
        more_follow = self.pages is not None and self.pages.note_answer(has_failed=outcome is Outcome.FAILED)
        return PageItem(capture=capture, fetch=fetch, more_follow=more_follow)


def _lease_duration(seconds: str | float) -> timedelta:
    """Return how long pages are leased. Raise :exc:`ValueError` for a setting that is not valid."""
    try:
        duration = timedelta(seconds=float(seconds))
    except (ValueError, OverflowError):
        duration = timedelta(0)
    if not MIN_LEASE <= duration <= MAX_LEASE:
        raise ValueError(f'FRONTIER_LEASE_SECONDS: invalid number of seconds "{seconds}": use 1 to 86400')
    return duration


def _check_delay(sources: Sequence[Source], options: CrawlOptions) -> None:
    """Raise :exc:`SourceError` that names the setting, for a delay that is not allowed."""
    try:
        check_delay(sources, options.delay)
    except SourceError as error:
        raise SourceError(f"{SETTINGS['delay']}: {error}") from error
