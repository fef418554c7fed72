"""Log formatter: one line for an error of a component, and for a page that it drops."""

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult

from crawler.items import PageItem


class OneLineLogFormatter(LogFormatter):
    """Gives tracebacks the level DEBUG; :mod:`crawler.extensions.errors` logs one line for each."""

    def dropped(self, item: Any, *args: Any, **kwargs: Any) -> LogFormatterResult:
        """Name a page by its URL; Scrapy would log its bytes."""
        shown = item.capture.url if isinstance(item, PageItem) else item
        return super().dropped(shown, *args, **kwargs)

    def item_error(self, *args: Any, **kwargs: Any) -> LogFormatterResult:
        return super().item_error(*args, **kwargs) | {"level": logging.DEBUG}

    def spider_error(self, *args: Any, **kwargs: Any) -> LogFormatterResult:
        return super().spider_error(*args, **kwargs) | {"level": logging.DEBUG}
