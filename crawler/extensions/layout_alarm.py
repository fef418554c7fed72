"""Raise an alarm when the pages of a source no longer look as they did."""

import logging
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from archive.shell_commands import command
from crawler.extensions.run_history import RunHistory
from crawler.opened_archive import archive_of
from crawler.signals import pages_recorded

logger = logging.getLogger(__name__)
_ADVICE = "its layout may have changed; all pages are stored, so a newer release can read them: `{reparse}`"


class LayoutAlarm:
    """Warns once about each source during the crawl, and with advice at its end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._alarmed: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        alarm = cls(crawler)
        crawler.signals.connect(alarm.pages_recorded, pages_recorded)
        crawler.signals.connect(alarm.spider_closed, signals.spider_closed)
        return alarm

    def pages_recorded(self) -> None:
        """Warn about sources with an obvious layout change."""
        crawl = RunHistory.crawl_of(self._crawler)
        changes = archive_of(self._crawler).runs.obvious_layout_changes(crawl) if crawl is not None else {}
        for source, change in changes.items():
            if source not in self._alarmed:
                logger.warning("%s: so far %s; the run continues and stores all pages", source, change)
            self._alarmed.add(source)

    def spider_closed(self) -> None:
        """Warn about sources whose layout seems to have changed, now that all pages are recorded."""
        history = self._crawler.get_extension(RunHistory)
        if history and history.layout_changes:
            advice = _ADVICE.format(reparse=command("reparse", archive_of(self._crawler).path))
            for source, change in history.layout_changes.items():
                logger.warning("%s: %s: %s", source, change, advice)
