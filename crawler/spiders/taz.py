"""The spider: make requests for the pages that are due, and yield their captures."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.dump.grammar import clean
from archive.errors import SourceError, TazArchiveError
from archive.model import Capture, Outcome
from archive.store import ONLY_SHARD, Recorded, Shard, open_writer
from crawler.failover.policy import Fetch
from crawler.handlers.exchange import AbsentPageError, kept_body
from crawler.handlers.tofu import Trust
from crawler.limits import Limits
from crawler.middlewares.retry_after import BANS, earliest_retry, problem_of
from crawler.middlewares.robots import Forbidden, RobotsUnavailableError
from crawler.middlewares.robots_cache import ArchivedRobots, RobotsCache, TemporaryRobots
from crawler.run.run import ActiveCrawl
from crawler.sources.registry import choose_sources

# The outcome of a capture by the error of its request; FAILED for any other error.
OUTCOMES: dict[type[BaseException], Outcome] = {Forbidden: Outcome.FORBIDDEN, AbsentPageError: Outcome.ABSENT}


ARGUMENTS = ("archive", "via", "seed", "shard", "backfill")


class TazSpider(Spider):
    """Crawls the paper into an archive.

    ``run`` is the crawl to do. Without one, a run is made from arguments that mean the same as the options of
    ``taz-archive crawl``: ``scrapy crawl taz -a archive=taz.db -a via="meulie gopher" -a shard=2/3``; several
    sources or seeds are separated by spaces. Scrapy would log an error of our own code and continue; here it
    is stored in ``run.problem`` and ends the run, because pages that cannot be recorded must not be
    requested.
    """

    name = "taz"
    # The problem of a page is reported like any other; Scrapy would log it as an error as well.
    custom_settings = {"RETRY_GIVE_UP_LOG_LEVEL": "INFO"}  # noqa: RUF012 - as Scrapy requires
    run: ActiveCrawl

    def __init__(self, run: ActiveCrawl | None = None, **arguments: str) -> None:
        super().__init__()
        self._arguments = arguments
        self._opened = ExitStack()
        self._given = run
        self._robots: RobotsCache = TemporaryRobots()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.run = spider._given or spider._opened_run(crawler)  # noqa: SLF001 - our own
        spider._robots = ArchivedRobots(spider.run.archive)  # noqa: SLF001 - our own
        for handler, signal in (
            (spider.fail, signals.item_error),
            (spider.fail, signals.spider_error),
            (spider.close_run, signals.spider_closed),
        ):
            crawler.signals.connect(handler, signal)
        return spider

    def _opened_run(self, crawler: Crawler) -> ActiveCrawl:
        """Begin a run, or exit with a message of one line, where Scrapy would print a traceback."""
        try:
            return self._open(crawler)
        except (TazArchiveError, ValueError) as error:
            raise SystemExit(f"scrapy crawl {self.name}: {clean(str(error))}") from None

    def _open(self, crawler: Crawler) -> ActiveCrawl:
        """Open the archive that ``-a archive=…`` names and begin a run."""
        archive, via, seed, shard, backfill = (self._arguments.get(name) for name in ARGUMENTS)
        if unknown := sorted(self._arguments.keys() - set(ARGUMENTS)):
            raise SourceError(f"unknown argument -a {unknown[0]}=…: use {', '.join(ARGUMENTS)}")
        if not archive:
            raise SourceError("no archive is named: use -a archive=taz.db")
        limits = Limits(
            delay=timedelta(seconds=crawler.settings.getfloat("DOWNLOAD_DELAY")),
            shard=Shard.named(shard) if shard else ONLY_SHARD,
            past=_count(backfill) if backfill else None,
        )
        sources, keys = choose_sources((via or "gopher").split(), (seed or "").split())
        opened = self._opened.enter_context(open_writer(Path(archive)))
        opened.frontier.assign_shard(limits.shard)
        run = ActiveCrawl(opened, sources, limits=limits, watch=self._log, alarm=self.logger.warning)
        opened.frontier.seed(keys, at=run.now)
        return run

    def _log(self, capture: Capture, done: Recorded) -> None:
        if done.problem and done.ended:
            self.logger.warning("%s: %s: %s", capture.source, capture.url, done.problem)

    async def start(self) -> AsyncIterator[Request]:
        """Begin with no request: :class:`crawler.scheduler.FrontierScheduler` asks for those that are due."""
        none: tuple[Request, ...] = ()
        for request in none:
            yield request

    def due_requests(self) -> Iterator[Request]:
        """Return requests for the next due pages; none after a problem of the run."""
        fetches: Sequence[Fetch] = []
        with self.keeping_problems():
            fetches = self.run.due()
        return map(self._request, fetches)

    def is_waiting(self) -> bool:
        """Return whether pages are due whose sources are all backed off for a short time."""
        try:
            return self.run.is_waiting
        except Exception as error:  # noqa: BLE001 - raised again by the caller of the run
            self.run.problem = self.run.problem or error
            return False

    def _request(self, fetch: Fetch) -> Request:
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

    @property
    def trust(self) -> Trust:
        """The certificates that the gemini handler trusts."""
        return self.run.trust

    @property
    def robots(self) -> RobotsCache:
        """The cache of the robots.txt middleware."""
        return self._robots

    @contextmanager
    def keeping_problems(self) -> Iterator[None]:
        """Store an error in ``run.problem``; the caller of the run raises it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again by the caller of the run
            self.run.problem = self.run.problem or error

    def parse(self, response: Response, **_: Any) -> Iterator[Capture]:
        """Yield the capture of a response, whatever its status."""
        fetch: Fetch = response.meta["fetch"]
        problem = problem_of(response)
        if until := earliest_retry(response, now=self.run.now):
            self.run.backoff.back_off(fetch.source, until=until, problem=problem or "")
        self.run.backoff.record_answer(fetch.source, problem if response.status in BANS else None)
        outcome = Outcome.FAILED if problem else Outcome.OK
        yield self.run.capture(fetch, response.url, body=response.body, outcome=outcome, problem=problem)

    def miss(self, failure: Failure) -> Iterator[Capture]:
        """Yield the capture of a failed or forbidden request."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        error = failure.value
        assert error is not None
        outcome = OUTCOMES.get(type(error), Outcome.FAILED)
        problem = str(error) or type(error).__name__
        if isinstance(error, RobotsUnavailableError) and error.retry_after:
            fetch: Fetch = request.meta["fetch"]
            self.run.backoff.back_off(fetch.source, until=error.retry_after, problem=problem)
        yield self.run.capture(
            request.meta["fetch"], request.url, body=kept_body(error), outcome=outcome, problem=problem
        )

    def fail(self, failure: Failure) -> None:
        """Store an error of our own code."""
        self.run.problem = self.run.problem or failure.value

    def close_run(self, reason: str) -> None:
        """Record the remaining captures and close the run."""
        assert self.crawler.stats
        with self.keeping_problems(), self._opened:
            self.run.finish(reason=reason, stats=self.crawler.stats.get_stats())
        if self.run.problem and not self._given:
            self.logger.critical("%s", self.run.problem)


def _count(text: str) -> int:
    """Return a number of pages. Raise :exc:`ValueError` for text that is not one."""
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f'invalid number of pages "{text}": use 1 or more')
    return int(text)
