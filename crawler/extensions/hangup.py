"""End a crawl gracefully when its terminal or its session ends."""

import signal
import threading
from types import FrameType
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler


class HangupExtension:
    """Handle SIGHUP as Scrapy handles SIGTERM, unless it is ignored, as under ``nohup``."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls()
        crawler.signals.connect(extension.engine_started, signals.engine_started)
        return extension

    def engine_started(self) -> None:
        in_main_thread = threading.current_thread() is threading.main_thread()  # others cannot handle signals
        if in_main_thread and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(signal.SIGHUP, _terminate)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)
