"""What all web gateways have in common: one host, asked over HTTP for pages of the paper's own server."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import SplitResult, urlsplit

from archive.errors import SourceError
from archive.gateways import Place, bare_host
from archive.hosts import DEFAULT_PORTS
from archive.model import PageKey
from archive.pagekey import ROOT, key_in, selector
from archive.paper import HOSTS

SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Gateway(ABC):
    """A gateway, or a server on loopback that has the same URLs. ``port`` None is the scheme's own."""

    scheme: str
    host: str
    port: int | None = None

    name: ClassVar[str]
    rendition: ClassVar[str]
    cuts: ClassVar[bool] = False
    folds: ClassVar[bool] = False
    # Where the gateway is.
    home: ClassVar[str]

    @staticmethod
    @abstractmethod
    def place(parts: SplitResult) -> Place | None:
        """What one of its URLs stands for."""

    @abstractmethod
    def url(self, key: PageKey) -> str:
        """The URL of a page."""

    @property
    def base(self) -> str:
        """The URL of the gateway's own page, without what says where it is on its host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")

    @classmethod
    def from_url(cls, url: str) -> tuple[Self, PageKey]:
        """The gateway a URL is on, and the page it stands for: the root, if it is the gateway's own page.

        Raises :exc:`SourceError` if it is no URL of a gateway's, or stands for no page of the paper.
        """
        try:
            parts = urlsplit(url)
            source = cls._at(parts)
            key = cls.key(parts)
        except ValueError as error:
            raise SourceError(f"{url}: not a URL: {error}") from error
        if source is None:
            raise SourceError(f"{url}: expected a URL of {cls.name}, as {cls.home}")
        if key is None:
            raise SourceError(
                f"{url}: stands for no page of the paper; expected one as {cls('http', 'host').url(ROOT)}"
            )
        return source, key

    @classmethod
    def _at(cls, parts: SplitResult) -> Self | None:
        host = bare_host(parts.hostname or "")
        if parts.scheme not in SCHEMES or not host or parts.port == 0 or parts.username is not None:
            return None
        return cls(parts.scheme, host, None if parts.port == DEFAULT_PORTS[parts.scheme] else parts.port)

    @classmethod
    def key(cls, parts: SplitResult) -> PageKey | None:
        """The page a URL stands for; None if it is none of the paper's."""
        if place := cls.place(parts):
            return key_in(place.selector) if place.leads_to(HOSTS) else None
        is_own = parts.path in ("", "/", urlsplit(cls.home).path) and not parts.query
        return ROOT if is_own else None


def selector_or_root(key: PageKey) -> str:
    """A selector as gateways have it in their URLs: the root's is ``/``."""
    return selector(key) or "/"
