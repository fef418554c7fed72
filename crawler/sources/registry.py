"""Where the paper is fetched from: a source turns a page key into a URL, and nothing else is ever asked.

That a page links somewhere never makes us go there: links give keys, and the source says where a key
is. So no page can send the crawler to another host or port.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from archive.errors import SourceError
from archive.gateways import bare_host
from archive.hosts import DEFAULT_PORTS
from archive.model import PageKey
from archive.pagekey import ROOT, key_in, selector
from archive.paper import GEMINI_URL, GOPHER_URL
from crawler.sources.gateways.cortex import Cortex
from crawler.sources.gateways.fuckup import Fuckup
from crawler.sources.gateways.kroovy import Kroovy
from crawler.sources.gateways.meulie import Meulie
from crawler.sources.gateways.miga import Miga
from crawler.sources.gateways.mills import Mills
from crawler.sources.gateways.nicfab import Nicfab
from crawler.sources.gateways.phoxy import Phoxy
from crawler.sources.gateways.web import Gateway


class Source(Protocol):
    """One way to the paper's pages: one host, asked in one protocol. A value: equal ones are one source."""

    @property
    def name(self) -> str:
        """What captures say they are from; the choice of ``--via`` too."""

    @property
    def rendition(self) -> str:
        """The form of the bytes it sends: a name of :data:`archive.renditions.decode.DECODERS`."""

    @property
    def cuts(self) -> bool:
        """Whether it loses text of long lines, so that a whole copy is worth asking another source for."""

    @property
    def folds(self) -> bool:
        """Whether it writes umlauts out, so that a copy as it is spelled is worth asking another for."""

    @property
    def host(self) -> str:
        """Who is asked, and all that are asked."""

    def url(self, key: PageKey) -> str:
        """The URL of a page: the one place where URLs are made."""


@dataclass(frozen=True, slots=True)
class Gopher:
    """The paper's own server, or one that serves the same selectors. ``scheme`` is gopher or gophers."""

    scheme: str
    host: str
    port: int = DEFAULT_PORTS["gopher"]

    name = "gopher"
    rendition = "gopher"
    cuts = False
    folds = False

    def url(self, key: PageKey) -> str:
        """The URL of a page: ``gopher://taz.de/1/!6081430``."""
        return f"{self.scheme}://{_place(self.host, self.port, self.scheme)}/1{selector(key)}"


@dataclass(frozen=True, slots=True)
class Gemini:
    """The paper in geminispace: the same keys, over TLS."""

    host: str
    port: int = DEFAULT_PORTS["gemini"]

    name = "gemini"
    rendition = "gemini"
    cuts = False
    folds = False

    def url(self, key: PageKey) -> str:
        """The URL of a page: ``gemini://taz.de/!6081430``."""
        return f"gemini://{_place(self.host, self.port, 'gemini')}{selector(key) or '/'}"


def _place(host: str, port: int, scheme: str) -> str:
    """Host and port as a URL has them: an IPv6 host in brackets, the usual port left out."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == DEFAULT_PORTS[scheme] else f"{shown}:{port}"


def server_of(source: Source) -> str:
    """Scheme, host and port of a source, the port always told: ``gopher://taz.de:70``."""
    parts = urlsplit(source.url(ROOT))
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


AnySource = TypeVar("AnySource", bound=Source)


def healers(sources: Sequence[Source]) -> tuple[Source, ...]:
    """Whom to ask for what others lost: who neither cuts nor folds; if there is none, who does not cut."""
    whole = [source for source in sources if not source.cuts]
    return tuple([source for source in whole if not source.folds] or whole)


def source_of(seeds: Sequence[str], *, via: str = "gopher") -> tuple[Source, list[PageKey]]:
    """The source that seeds are on, and the pages they name; without seeds the paper's own root.

    Raises :exc:`SourceError` if a seed is no URL of that sort or names no page, or if they are on two hosts.
    """
    found = [SOURCES[via](url) for url in seeds or [HOMES[via]]]
    sources = {source for source, _ in found}
    if len(sources) > 1:
        raise SourceError("the seeds are on different hosts; one crawl asks one host")
    return sources.pop(), [key for _, key in found]


def gopher_seed(url: str) -> tuple[Gopher, PageKey]:
    """The server a gopher URL is on, and the page it names."""
    return _seed(url, _gopher, example=f"{GOPHER_URL}1/!6081430")


def gemini_seed(url: str) -> tuple[Gemini, PageKey]:
    """The server a gemini URL is on, and the page it names."""
    return _seed(url, _gemini, example=f"{GEMINI_URL}!6081430")


def _seed(
    url: str, source_on: Callable[[SplitResult], AnySource | None], *, example: str
) -> tuple[AnySource, PageKey]:
    try:
        parts = urlsplit(url)
        source = source_on(parts)
    except ValueError as error:
        raise SourceError(f"{url}: not a URL: {error}") from error
    if source is None:
        raise SourceError(f"{url}: expected a {urlsplit(example).scheme} URL, as {example}")
    key = key_in(unquote(opaque_path(parts)))
    if key is None:
        raise SourceError(
            f"{url}: names no page of the paper; expected !6081430, !t5008005, !p4611, !a22350 in it"
        )
    return source, key


def _gopher(parts: SplitResult) -> Gopher | None:
    host = bare_host(parts.hostname or "")
    if parts.scheme not in ("gopher", "gophers") or not host or parts.port == 0:
        return None
    return Gopher(parts.scheme, host, parts.port or DEFAULT_PORTS["gopher"])


def _gemini(parts: SplitResult) -> Gemini | None:
    host = bare_host(parts.hostname or "")
    if parts.scheme != "gemini" or not host or parts.port == 0 or "@" in parts.netloc:
        return None
    return Gemini(host, parts.port or DEFAULT_PORTS["gemini"])


def opaque_path(parts: SplitResult) -> str:
    """Item type and selector of a gopher URL: a ``?`` starts no query in it (RFC 4266, section 2.1)."""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


GATEWAYS: tuple[type[Gateway], ...] = (Meulie, Mills, Cortex, Fuckup, Kroovy, Miga, Phoxy, Nicfab)
# Where each source has the paper's root, if nobody says otherwise.
HOMES: Mapping[str, str] = {
    "gopher": GOPHER_URL,
    "gemini": GEMINI_URL,
    **{gateway.name: gateway.home for gateway in GATEWAYS},
}
# The choices of --via. Each reads a seed: the source it is on, and the page it names.
SOURCES: Mapping[str, Callable[[str], tuple[Source, PageKey]]] = {
    "gopher": gopher_seed,
    "gemini": gemini_seed,
    **{gateway.name: gateway.from_url for gateway in GATEWAYS},
}
