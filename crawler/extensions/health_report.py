"""Report the health of the archive after a crawl, as ``taz-archive crawl --notify --prometheus`` does."""

import logging
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.cli.monitoring.monitors import Monitors
from archive.cli.monitoring.notification_targets import target
from archive.cli.output.health import check_up
from archive.errors import StoreError
from archive.policy.health import TOLERANCE
from crawler import clock
from crawler.extensions.errors import ErrorReport
from crawler.opened_archive import has_archive

logger = logging.getLogger(__name__)


class HealthReport:
    """Reports whether the archive is healthy.

    ``HEALTH_NOTIFY`` is notified once when the archive becomes unhealthy, and once when it is healthy again:
    a URL, a shell command, ``-`` or ``@FILE``, or a list of these. Metrics are written to the file
    ``HEALTH_PROMETHEUS``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        notify, prometheus = crawler.settings["HEALTH_NOTIFY"], crawler.settings["HEALTH_PROMETHEUS"]
        if not (notify or prometheus) or not has_archive(crawler):
            raise NotConfigured
        targets = [notify] if isinstance(notify, str) else notify or ()  # a comma may be part of a command
        self._monitors = Monitors([target(each) for each in targets], prometheus and Path(prometheus))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        report = cls(crawler)
        crawler.signals.connect(report.engine_stopped, signals.engine_stopped)
        return report

    def engine_stopped(self) -> None:
        """Check the archive, which is closed by now, and report its health."""
        path, problem = Path(self._crawler.settings["ARCHIVE_PATH"]), ErrorReport.of(self._crawler).problem
        failure = problem if isinstance(problem, StoreError) else None
        checkup = check_up(path, now=clock.utc_now(), tolerance=TOLERANCE, failure=failure)
        for line in self._monitors.report(checkup):
            logger.warning("%s", line)
