"""Which hosts a request asks, as the gate names them."""

from collections.abc import Collection
from functools import lru_cache
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.utils.httpobj import urlparse_cached

from archive.gateways import DEFAULT_PORTS, bare_host
from archive.paper import HOST, HOSTS
from crawler.fetch import Fetch

# In the meta of a request for robots.txt: the name of the source whose page it is needed for.
ROBOTS_FOR = "robots_for"


def server_name(url: str) -> str:
    """Return scheme, host and port of a URL, default port included: ``gopher://taz.de:70``."""
    parts = urlsplit(url)
    return _hosts_at(parts.scheme, parts.netloc)[0]


def hosts_of(request: Request, *, caching: Collection[str] = ()) -> tuple[str, ...]:
    """Return the hosts of a request: its server, the machine, and the paper's own host behind a gateway.

    A gateway asks the paper for each page, unless it is among those that are ``caching``.
    """
    parts = urlparse_cached(request)
    hosts = _hosts_at(parts.scheme, parts.netloc)
    source = source_name(request)
    if source is None or source in caching or HOST in hosts:
        return hosts
    return (*hosts, HOST)


def source_name(request: Request) -> str | None:
    """Return the name of the source of the paper that a request is for; None for any other request."""
    fetch = request.meta.get("fetch")
    return fetch.source.name if isinstance(fetch, Fetch) else request.meta.get(ROBOTS_FOR)


@lru_cache(maxsize=256)
def _hosts_at(scheme: str, netloc: str) -> tuple[str, str]:
    """Return server and machine. All names of the paper's host are one machine."""
    parts = urlsplit(f"{scheme}://{netloc}")
    machine = bare_host(parts.hostname or "")
    shown = f"[{parts.hostname}]" if ":" in machine else parts.hostname
    port = parts.port or DEFAULT_PORTS.get(scheme)
    return f"{scheme}://{shown}:{port}", HOST if machine in HOSTS else machine
