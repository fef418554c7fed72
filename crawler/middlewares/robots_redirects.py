"""Redirects of ``robots.txt`` over HTTP, the only ones that are followed.

RFC 9309, section 2.3.1.2, has crawlers follow at least five of them, to other hosts too; the rules hold for
the server that was asked first. A redirect must not make the crawler send requests to its own network:
another host needs a name that resolves to a public address. If a redirect is not followed, the rules are
unknown, so no page is requested.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast
from urllib.parse import SplitResult, urljoin, urlsplit

from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.error import DNSLookupError

from archive.dump.grammar import clean
from archive.gateways import bare_host

if TYPE_CHECKING:
    from twisted.internet.base import ReactorBase

MAX_ROBOTS_REDIRECTS = 5
REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_SCHEMES = ("http", "https")
MAX_QUOTED_URL = 120  # characters of a URL that a message quotes


class RedirectError(Exception):
    """A redirect that is not followed; says where it leads and why."""


async def follow(response: Response, home: str, download: Callable[[str], Awaitable[Response]]) -> Response:
    """Return the response that redirects lead to; ``response`` itself if it is not a redirect.

    ``home`` is the host that was asked first, which may be a private one: it was configured. Raises
    :exc:`RedirectError` for a redirect that must not be followed, and for more than MAX_ROBOTS_REDIRECTS.
    """
    for _ in range(MAX_ROBOTS_REDIRECTS):
        location = _location(response)
        if location is None:
            return response
        response = await download(await _allowed(location, response.url, home))
    if _location(response) is not None:
        raise RedirectError(f"it redirects more than {MAX_ROBOTS_REDIRECTS} times")
    return response


def _location(response: Response) -> str | None:
    header = response.headers.get("Location") if response.status in REDIRECTS else None
    return None if header is None else header.decode("latin-1").strip()


async def _allowed(location: str, base: str, home: str) -> str:
    """Return the whole URL of a redirect. Raises :exc:`RedirectError` if it must not be followed."""
    shown = f'it redirects to "{clean(location)[:MAX_QUOTED_URL]}"'
    try:
        url = urljoin(base, location)
        parts = urlsplit(url)
        host = bare_host(parts.hostname or "")
        is_url = _is_url(parts)
    except ValueError as error:  # an open bracket, a port that is not a number
        raise RedirectError(f"{shown}, which is not a URL") from error
    if not is_url:
        raise RedirectError(f"{shown}; expected an http or https URL without a user")
    if host != bare_host(home) and not await _is_public(host):
        raise RedirectError(f"{shown}, which is not the name of a public host")
    return url


def _is_url(parts: SplitResult) -> bool:
    return bool(parts.scheme in _SCHEMES and parts.hostname and parts.port != 0 and parts.username is None)


async def _is_public(host: str) -> bool:
    """Return whether a host has a name, and the name resolves to a public address.

    Scrapy's resolver caches the address, so that it is the one that is connected to.
    """
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one, and Scrapy chooses which

    if _is_address(host):
        return False
    try:
        found = await maybe_deferred_to_future(cast("ReactorBase", reactor).resolve(host))
    except (DNSLookupError, UnicodeError):
        return False
    return is_public(found)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Return whether an address is public."""
    known = ip_address(address)
    return known.is_global and not known.is_multicast
