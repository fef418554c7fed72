"""``scrapy fetch``, for gopher and gemini too."""

from argparse import Namespace
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.commands import fetch
from scrapy.utils.spider import DefaultSpider

from crawler.scrapy_commands.single_page import is_page, leave_archive_closed


class FetchCommand(fetch.Command):
    """Scrapy's command, which refuses URLs other than those of the web and of files.

    It does not record the page.
    """

    def process_options(self, args: list[str], opts: Namespace) -> None:
        super().process_options(args, opts)
        leave_archive_closed(self.settings)

    def run(self, args: list[str], opts: Namespace) -> None:
        """Print the body of a page, or its headers."""
        if not is_page(args):
            super().run(args, opts)
            return
        request = Request(args[0], callback=self._print_response, cb_kwargs={"opts": opts}, dont_filter=True)
        assert self.crawler_process
        loaded = self.crawler_process.spider_loader.load(opts.spider) if opts.spider else DefaultSpider
        self.crawler_process.crawl(_fetching(loaded, request))
        self.crawler_process.start()
        if self.crawler_process.bootstrap_failed:
            self.exitcode = 1


def _fetching(spider: type[Spider], request: Request) -> type[Spider]:
    """Return a spider that makes only one request."""

    async def start(_spider: Spider) -> AsyncIterator[Any]:
        yield request

    return type(spider.__name__, (spider,), {"start": start})
