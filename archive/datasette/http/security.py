"""Checks the host of every request and adds security headers to every response, including Datasette's own.

A hostile web page can point its own host name to our address, and then read our answers with a visitor's
browser (DNS rebinding). IP addresses and names that an attacker cannot own are safe.
"""

import os
from collections.abc import Collection
from functools import partial
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from archive.datasette.http.proxy_prefix import App, Headers, Receive, Scope, Send, with_headers
from archive.datasette.http.robots import ROBOTS_HEADER, robots_allowed
from archive.dump.grammar import clean

HOSTS_VARIABLE = "TAZ_ARCHIVE_HOSTS"  # environment variable with further names, separated by spaces
# These allow the inline scripts and styles of Datasette's pages and of other plugins.
DEFAULT_HEADERS = (
    (
        b"content-security-policy",
        b"frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
MAX_SHOWN_HOST_CHARACTERS = 100


def with_host_check(app: App) -> App:
    """Wrap an ASGI application: refuse requests for unknown hosts, and add our headers to all responses."""
    names = (gethostname(), *os.environ.get(HOSTS_VARIABLE, "").split())
    defaults = DEFAULT_HEADERS if robots_allowed() else (*DEFAULT_HEADERS, ROBOTS_HEADER)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        headed = with_headers(send, partial(_with_defaults, defaults))
        host = _host(scope)
        if host is None or is_own_name(host, names):
            await app(scope, receive, headed)
        else:
            await _refuse(host, headed)

    return answer


def _host(scope: Scope) -> str | None:
    """Return the Host header; None if the request has no such header (HTTP/1.0) or is not HTTP."""
    hosts = [value for name, value in scope.get("headers", ()) if name.lower() == b"host"]
    return hosts[0].decode("latin-1") if hosts else None


def is_own_name(host: str, names: Collection[str]) -> bool:
    """Return whether a ``Host`` header has an IP address, localhost or one of ``names``, with any port."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return _is_address(name) or name.endswith(".localhost") or name in {"localhost", *map(str.lower, names)}


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _with_defaults(defaults: Headers, given: Headers) -> Headers:
    """Return response headers with those of the defaults that they lack."""
    headers = list(given)
    names = {name.lower() for name, _ in headers}
    return [*headers, *((name, value) for name, value in defaults if name not in names)]


async def _refuse(host: str, send: Send) -> None:
    """Respond with 421 (RFC 9110, section 15.5.20) and how to allow the host."""
    name = clean(host)[:MAX_SHOWN_HOST_CHARACTERS]
    text = (
        f'unknown host "{name}": if it is a name of this server, start it with'
        f" `taz-archive serve --allow-host NAME`, or Datasette with {HOSTS_VARIABLE}=NAME\n"
    )
    head = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 421, "headers": head})
    await send({"type": "http.response.body", "body": text.encode()})
