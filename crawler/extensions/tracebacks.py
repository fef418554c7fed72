"""Read in a traceback which component raised an error, and about which page."""

from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from scrapy import Request
from scrapy.exceptions import IgnoreRequest, UnsupportedURLSchemeError
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.model import PageKey
from crawler.handlers.exchange import FAILURES
from crawler.items import PageItem

# Frames of these call a component; the first other frame is the component's.
_CALLERS = ("scrapy.", "twisted.", "pydispatch.", "asyncio.", "crawler.extensions.errors")
# They raise an error if a middleware returns something other than a request or a response.
_CHAINS = ("scrapy.core.downloader.middleware", "scrapy.core.spidermw")
# Frames of a request: what is raised below these is about the page, even if a middleware sent the request.
_DOWNLOADS = ("scrapy.core.", "crawler.handlers.")
# A middleware that raises one of these wants the page to have failed.
_PAGE_ERRORS: tuple[type[Exception], ...] = (IgnoreRequest, *FAILURES)


def component(error: BaseException) -> str:
    """Return the function of a component that an error passed: ``shop.pipelines.Prices.process_item``."""
    names = [f"{_module(frame)}.{frame.f_code.co_qualname}" for frame in _frames(error.__traceback__)]
    return next((name for name in names if not name.startswith(_CALLERS)), names[-1] if names else "unknown")


def is_error_of_code(error: BaseException, middlewares: list[object]) -> bool:
    """Return whether the error of a request was raised by one of the middlewares, rather than by a server.

    Middlewares of Scrapy and of this project raise errors about pages only.
    """
    if isinstance(error, UnsupportedURLSchemeError):
        return True
    if isinstance(error, _PAGE_ERRORS):
        return False
    modules = [_module(frame) for frame in _frames(error.__traceback__)]
    theirs = {base.__module__ for each in middlewares for base in type(each).__mro__} - {"builtins"}
    theirs = {name for name in theirs if not name.startswith(("scrapy.", "crawler."))}
    origin = next((name for name in reversed(modules) if name in theirs or name.startswith(_DOWNLOADS)), "")
    return origin in theirs or modules[-1:] in ([chain] for chain in _CHAINS)


def is_of_archive(error: BaseException) -> bool:
    """Return whether an error was raised in reading or writing the archive."""
    return any(_module(frame).startswith("archive.store") for frame in _frames(error.__traceback__))


def error_at_start(error: BaseException) -> BaseException:
    """Return what kept Scrapy from starting, rather than what it met in closing an engine half built."""
    *_, module = ("", *(_module(frame) for frame in _frames(error.__traceback__)))
    return (error.__context__ or error) if module == "scrapy.core.engine" else error


def signalled_page(error: BaseException) -> object:
    """Return what Scrapy's signal was about when a receiver raised an error."""
    signalled = (frame.f_locals.get("named") for frame in _frames(error.__traceback__))
    named = next((each for each in signalled if isinstance(each, dict)), {})
    return named.get("response") or named.get("request") or named.get("item")


def page_of(about: Any) -> tuple[str | None, PageKey | None]:
    """Return URL and key of the page that a request, a response or an item is about."""
    if isinstance(about, PageItem):
        return about.capture.url, about.capture.key
    if isinstance(about, Failure):
        about = about.request  # type: ignore[attr-defined]  # Scrapy puts it there
    request = about.request if isinstance(about, Response) else about
    if isinstance(request, Request):
        return request.url, request.meta.get("key")
    return (about.url, None) if isinstance(about, Response) else (None, None)


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))
