"""Run Scrapy in this process, for one crawl."""

import gc
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from archive.dump.grammar import clean
from crawler import clock, settings
from crawler.extensions.errors import ErrorReport
from crawler.extensions.run_history import RunHistory
from crawler.failover.policy import source_names
from crawler.opened_archive import OpenedArchive, archive_of, close_archive, give_archive
from crawler.options import EXIT_AFTER_MISTAKE, CrawlOptions
from crawler.pipelines import ArchivePipeline
from crawler.sharing.shared_run import SharedRun, give_shared_run
from crawler.sources.registry import choose_sources
from crawler.spiders.taz import TazSpider


class CrawlResult(NamedTuple):
    """How a crawl has ended. ``has_problems``: a page failed at all sources, or a layout has changed."""

    is_unreachable: bool
    has_problems: bool


def run_spider(
    options: Mapping[str, Any], opened: OpenedArchive | None = None, run: SharedRun | None = None
) -> CrawlResult:
    """Crawl with some settings until nothing is due or a limit is reached.

    The crawl closes its archive, which may be ``opened`` already. Its ``run`` in a shared frontier may have
    begun.

    SIGINT, SIGTERM and the end of the run's time finish the current page; a second signal aborts it. All
    fetched pages are recorded. Raise an error of code, not of a page.
    """
    _collect_less()
    process = AsyncCrawlerProcess(settings_for({**options, EXIT_AFTER_MISTAKE: True}))
    crawler = process.create_crawler(TazSpider)
    if opened:
        give_archive(crawler, opened)
    if run:
        give_shared_run(crawler, run)
    try:
        crawling = process.crawl(crawler)
        process.start()
    except SystemExit as stop:
        raise stop.__cause__ or stop from None
    if crawling.done() and (error := crawling.exception()):
        with suppress(Exception):  # what kept Scrapy from starting may keep this from being recorded
            _record_failed_start(crawler, error)
        raise error
    return _result(crawler)


def _record_failed_start(crawler: Crawler, error: BaseException) -> None:
    """Record that Scrapy could not start, so that a check of the archive's health notices it."""
    runs, options = archive_of(crawler).runs, CrawlOptions.from_settings(crawler.settings)
    sources, _ = choose_sources(options.sources, options.seeds)
    problem = clean(str(error)) or type(error).__name__
    runs.record_failed(source=source_names(sources), at=clock.utc_now(), problem=problem)
    close_archive(crawler, None)


def _collect_less() -> None:
    """Look for garbage less often, and never in what was imported: that takes a tenth of a fast crawl."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _result(crawler: Crawler) -> CrawlResult:
    history, errors = crawler.get_extension(RunHistory), ErrorReport.of(crawler)
    assert history
    if not history.has_ended and not errors.has_error:
        _abort(crawler, history, errors)
    if errors.problem:
        raise errors.problem
    return CrawlResult(history.is_unreachable, history.has_problems or bool(history.layout_changes))


def _abort(crawler: Crawler, history: RunHistory, errors: ErrorReport) -> None:
    """End a crawl whose engine was not stopped in order: record what was fetched."""
    pipeline = crawler.get_item_pipeline(ArchivePipeline)
    assert pipeline
    pipeline.record_now()
    history.spider_closed("shutdown")
    errors.engine_stopped()


def settings_for(options: Mapping[str, Any]) -> Settings:
    """Return the project's settings, changed by those of one crawl."""
    changed = Settings()
    changed.setmodule(settings, priority="project")
    changed.setdict(options, priority="cmdline")
    return changed
