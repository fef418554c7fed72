"""Support for a reverse proxy that serves the site under a prefix, and strips the prefix or keeps it.

Datasette derives links from the request's path and adds the prefix to them, so it must see paths without the
prefix. It routes both, but links from a page whose path has the prefix would have it twice.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def without_prefix(app: App, prefix: str) -> App:
    """Wrap an ASGI application so that paths work with and without ``prefix`` (``/archive/``)."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await app(_stripped(scope, prefix), receive, with_headers(send, partial(_headers, prefix)))

    return answer


def with_headers(send: Send, change: Callable[[Headers], Headers]) -> Send:
    """Return a function that sends messages, the headers of responses changed."""

    async def changed(message: Message) -> None:
        is_start = message["type"] == "http.response.start"
        await send({**message, "headers": change(message.get("headers", ()))} if is_start else message)

    return changed


def _stripped(scope: Scope, prefix: str) -> Scope:
    if not scope.get("path", "").startswith(prefix):
        return scope
    cut = len(prefix) - 1
    raw = scope.get("raw_path")
    return {**scope, "path": scope["path"][cut:], "raw_path": raw[cut:] if raw else raw}


def _headers(prefix: str, headers: Headers) -> Headers:
    """Return response headers; a redirect to a path without the prefix gets it."""
    return [
        (name, _location(value, prefix.encode()) if name.lower() == b"location" else value)
        for name, value in headers
    ]


def _location(url: bytes, prefix: bytes) -> bytes:
    is_bare = url.startswith(b"/") and not url.startswith((b"//", prefix))
    return prefix + url[1:] if is_bare else url
