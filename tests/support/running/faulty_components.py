"""Components of a Scrapy user, each of which raises an error at the page that ``FAULTY_PAGE`` names."""

import asyncio
import json
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from typing import IO, Any, ClassVar, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive.pagekey import selector
from crawler import settings
from crawler.items import ArticleItem, MenuItem, PageItem
from crawler.signals import pages_recorded
from crawler.spiders.taz import TazSpider
from tests.support.servers.free_ports import free_port

PAGE = os.environ.get("FAULTY_PAGE", "")  # the end of its URL
SETTINGS = ("ITEM_PIPELINES", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS")


def added(setting: str, component: str, order: int) -> tuple[str, str]:
    """Return the words that add a component to those of the project."""
    components = {**getattr(settings, setting, {}), f"{__name__}.{component}": order}
    return "-s", f"{setting}={json.dumps(components)}"


def fail(url: str = PAGE) -> None:
    if url.endswith(PAGE):
        raise KeyError("price")


def _url(item: Any) -> str:
    """Return the end of the URL of a page item, or of an item to export."""
    if isinstance(item, PageItem):
        return selector(item.capture.key) if item.capture.key else ""
    return f"/!{item['id']}"


class Pipeline:
    def process_item(self, item: Any) -> Any:
        fail(_url(item))
        return item


class AsyncPipeline:
    async def process_item(self, item: Any) -> Any:
        await asyncio.sleep(0)
        fail(_url(item))
        return item


class OpeningPipeline(Pipeline):
    def open_spider(self) -> None:
        fail()


class ClosingPipeline:
    def process_item(self, item: Any) -> Any:
        return item

    def close_spider(self) -> None:
        fail()


class DatabasePipeline:
    """Has a database of its own, with an error of its own."""

    def process_item(self, item: Any) -> Any:
        if _url(item).endswith(PAGE):
            with closing(sqlite3.connect(":memory:")) as prices:
                prices.execute("SELECT * FROM prices")
        return item


class Unbuilt:
    def __init__(self) -> None:
        fail()


class RequestMiddleware:
    def process_request(self, request: Request) -> None:
        fail(request.url)


class AsyncRequestMiddleware:
    async def process_request(self, request: Request) -> None:
        await asyncio.sleep(0)
        fail(request.url)


class ResponseMiddleware:
    def process_response(self, request: Request, response: Response) -> Response:
        fail(request.url)
        return response


class InheritingMiddleware(ResponseMiddleware):
    __module__ = "shop.middlewares"


class SilentMiddleware:
    """Forgets to return the response."""

    def process_response(self, request: Request, response: Response) -> Response | None:
        return None if request.url.endswith(PAGE) else response


class LoginMiddleware:
    """Fetches another page first, from a server that is down."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.url.endswith(PAGE) and self._crawler.engine:
            login = Request(f"gopher://127.0.0.1:{free_port()}/", meta={"dont_obey_robotstxt": True})
            await self._crawler.engine.download_async(login)


class PassingMiddleware:
    """Sees all and changes nothing."""

    async def process_request(self, request: Request) -> None:
        await asyncio.sleep(0)

    async def process_response(self, request: Request, response: Response) -> Response:
        await asyncio.sleep(0)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        await asyncio.sleep(0)


class IgnoringMiddleware:
    def process_response(self, request: Request, response: Response) -> Response:
        if request.url.endswith(PAGE):
            raise IgnoreRequest("the price is missing")
        return response


class ExceptionMiddleware:
    def process_exception(self, request: Request, exception: Exception) -> None:
        fail(request.url)


class InputMiddleware:
    def process_spider_input(self, response: Response) -> None:
        fail(response.url)


class OutputMiddleware:
    async def process_spider_output(self, response: Response, result: Any) -> AsyncIterator[Any]:
        fail(response.url)
        async for each in result:
            yield each


class StartMiddleware:
    async def process_start(self, start: Any) -> AsyncIterator[Any]:
        fail()
        async for each in start:
            yield each


class _Extension:
    signal: ClassVar[object]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls()
        crawler.signals.connect(extension.handle, cls.signal)
        return extension

    def handle(self, response: Response | None = None) -> Any:
        fail(response.url if response else PAGE)


class _AsyncExtension(_Extension):
    async def handle(self, response: Response | None = None) -> None:
        await asyncio.sleep(0)
        fail(response.url if response else PAGE)


class OnItemScraped(_Extension):
    signal = signals.item_scraped


class OnItemScrapedLater(_AsyncExtension):
    signal = signals.item_scraped


class OnResponseReceived(_Extension):
    signal = signals.response_received


class OnSpiderOpened(_Extension):
    signal = signals.spider_opened


class OnSpiderOpenedLater(_AsyncExtension):
    signal = signals.spider_opened


class OnSpiderIdle(_Extension):
    signal = signals.spider_idle


class OnSpiderClosed(_Extension):
    signal = signals.spider_closed


class OnSpiderClosedLater(_AsyncExtension):
    signal = signals.spider_closed


class OnEngineStarted(_Extension):
    signal = signals.engine_started


class OnEngineStartedLater(_AsyncExtension):
    signal = signals.engine_started


class OnEngineStopped(_Extension):
    signal = signals.engine_stopped


class OnPagesRecorded(_Extension):
    signal = pages_recorded


class FaultySpider(TazSpider):
    name = "faulty"

    def parse(self, response: Response, **keywords: Any) -> PageItem | ArticleItem | MenuItem | None:
        fail(response.url)
        return super().parse(response, **keywords)


class Storage:
    """A storage of feeds for ``faulty://``."""

    def __init__(self, _uri: str, *, feed_options: object = None) -> None: ...

    def open(self, _spider: object) -> IO[bytes]:
        return tempfile.TemporaryFile()

    def store(self, file: IO[bytes]) -> None:
        file.close()
        fail()


class UnopenedStorage(Storage):
    def open(self, _spider: object) -> IO[bytes]:
        fail()
        return super().open(_spider)


def feed(storage: str) -> tuple[str, ...]:
    """Return the words that export items to a storage."""
    return (
        "-s",
        f"FEED_STORAGES={json.dumps({'faulty': f'{__name__}.{storage}'})}",
        "-O",
        "faulty://x/i.jsonl",
    )
