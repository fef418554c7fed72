"""``scrapy crawl``, which reports a mistake in the settings in one line."""

from typing import Any, ClassVar

from scrapy.commands import crawl

from crawler.options import EXIT_AFTER_MISTAKE


class CrawlCommand(crawl.Command):
    """Scrapy's command, which would log a traceback."""

    default_settings: ClassVar[dict[str, Any]] = {
        **crawl.Command.default_settings,
        EXIT_AFTER_MISTAKE: True,
    }
