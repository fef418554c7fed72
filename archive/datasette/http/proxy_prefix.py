"""Behind a proxy that serves the room under a prefix, whether the proxy strips the prefix or keeps it.

Datasette makes links from the path it is asked for, and puts the prefix before them. So it must see paths
without the prefix; it routes both, but a link made from a path with the prefix has it twice.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def without_prefix(app: App, prefix: str) -> App:
    """An ASGI application that answers alike with and without ``prefix`` (``/archive/``) before a path."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def prefixed(message: Message) -> None:
            await send(
                {**message, "headers": _headers(message["headers"], prefix)}
                if "headers" in message
                else message
            )

        await app(_stripped(scope, prefix), receive, prefixed)

    return answer


def _stripped(scope: Scope, prefix: str) -> Scope:
    if not scope.get("path", "").startswith(prefix):
        return scope
    cut = len(prefix) - 1
    raw = scope.get("raw_path")
    return {**scope, "path": scope["path"][cut:], "raw_path": raw[cut:] if raw else raw}


def _headers(headers: Iterable[tuple[bytes, bytes]], prefix: str) -> list[tuple[bytes, bytes]]:
    """Response headers, the prefix put before the path of a redirect that lacks it."""
    return [
        (name, _location(value, prefix.encode()) if name.lower() == b"location" else value)
        for name, value in headers
    ]


def _location(url: bytes, prefix: bytes) -> bytes:
    is_bare = url.startswith(b"/") and not url.startswith((b"//", prefix))
    return prefix + url[1:] if is_bare else url
