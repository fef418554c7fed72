"""Log formatter: tracebacks of components are for debugging."""

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult


class OneLineLogFormatter(LogFormatter):
    """Gives tracebacks the level DEBUG; :mod:`crawler.extensions.errors` logs one line for each."""

    def item_error(self, *args: Any, **kwargs: Any) -> LogFormatterResult:
        return super().item_error(*args, **kwargs) | {"level": logging.DEBUG}

    def spider_error(self, *args: Any, **kwargs: Any) -> LogFormatterResult:
        return super().spider_error(*args, **kwargs) | {"level": logging.DEBUG}
