"""Web gateways as sources: one host, asked over HTTP for pages of the paper's own server."""

from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, urlsplit

from archive.errors import SourceError
from archive.gateways import DEFAULT_PORTS, WebGateway, bare_host
from archive.model import PageKey
from archive.pagekey import ROOT, key_in, selector
from archive.paper import HOSTS
from archive.sources import SourceKind

_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class GatewaySource:
    """A gateway, or another server with the same URLs. A ``port`` of None is the scheme's default."""

    gateway: WebGateway
    scheme: str
    host: str
    port: int | None = None

    @property
    def name(self) -> str:
        return self.gateway.name

    @property
    def rendition(self) -> str:
        return self.gateway.rendition

    @property
    def truncates(self) -> bool:
        return self.gateway.truncates

    @property
    def transliterates(self) -> bool:
        return self.gateway.transliterates

    def url(self, key: PageKey) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        server = f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")
        return server + urlsplit(self.gateway.home).path + self.gateway.form.write(selector(key) or "/")


def source_kind(gateway: WebGateway) -> SourceKind:
    """Return a gateway as a choice of ``--via``."""
    return SourceKind(name=gateway.name, home=gateway.home, read_seed=partial(read_seed, gateway))


def read_seed(gateway: WebGateway, url: str) -> tuple[GatewaySource, PageKey]:
    """Return the gateway that a URL is on and the page it stands for; its own front page stands for the root.

    Raise :exc:`SourceError` if it is not a URL of the gateway, or does not stand for a page of the paper.
    """
    try:
        parts = urlsplit(url)
        source = _source_at(gateway, parts)
        key = _key_of(gateway, parts)
    except ValueError as error:
        raise SourceError(f"{url}: not a URL: {error}") from error
    if source is None:
        raise SourceError(f"{url}: expected a URL of {gateway.name}, such as {gateway.home}")
    if key is None:
        example = GatewaySource(gateway, "http", "host").url(ROOT)
        raise SourceError(f"{url}: not a page of the paper; expected a URL such as {example}")
    return source, key


def _source_at(gateway: WebGateway, parts: SplitResult) -> GatewaySource | None:
    host = bare_host(parts.hostname or "")
    if parts.scheme not in _SCHEMES or not host or parts.port == 0 or parts.username is not None:
        return None
    port = None if parts.port == DEFAULT_PORTS[parts.scheme] else parts.port
    return GatewaySource(gateway, parts.scheme, host, port)


def _key_of(gateway: WebGateway, parts: SplitResult) -> PageKey | None:
    if place := gateway.form.read(parts):
        return key_in(place.selector) if place.leads_to(HOSTS) else None
    is_front_page = parts.path in ("", "/", urlsplit(gateway.home).path) and not parts.query
    return ROOT if is_front_page else None
