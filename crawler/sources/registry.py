"""The sources that a crawl can name. A source turns a page key into a URL, and no other URL is fetched.

A link on a page never decides where a request goes: it gives a page key, and the source gives the URL.
So no page can send the crawler to another host or port.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, unquote, urlsplit

from archive.errors import SourceError
from archive.gateways import DEFAULT_PORTS, bare_host, gateways
from archive.model import PageKey
from archive.pagekey import ROOT, key_in, selector
from archive.paper import GEMINI_URL, GOPHER_URL
from archive.plugins import with_plugins
from archive.sources import Source, SourceKind
from crawler.sources.gateways import source_kind


@dataclass(frozen=True, slots=True)
class Gopher:
    """The paper's own gopher server, or one with the same selectors. ``scheme`` is gopher or gophers."""

    scheme: str
    host: str
    port: int = DEFAULT_PORTS["gopher"]

    name = "gopher"
    rendition = "gopher"
    truncates = False
    transliterates = False

    def url(self, key: PageKey) -> str:
        """Return the URL of a page: ``gopher://taz.de/1/!6081430``."""
        return f"{self.scheme}://{_authority(self.host, self.port, self.scheme)}/1{selector(key)}"


@dataclass(frozen=True, slots=True)
class Gemini:
    """The paper's own gemini server, or one with the same paths."""

    host: str
    port: int = DEFAULT_PORTS["gemini"]

    name = "gemini"
    rendition = "gemini"
    truncates = False
    transliterates = False

    def url(self, key: PageKey) -> str:
        """Return the URL of a page: ``gemini://taz.de/!6081430``."""
        return f"gemini://{_authority(self.host, self.port, 'gemini')}{selector(key) or '/'}"


def _authority(host: str, port: int, scheme: str) -> str:
    """Return host and port as in a URL: an IPv6 host in brackets, without the scheme's default port."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == DEFAULT_PORTS[scheme] else f"{shown}:{port}"


def server_of(source: Source) -> str:
    """Return scheme, host and port of a source, default port included: ``gopher://taz.de:70``."""
    parts = urlsplit(source.url(ROOT))
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def healers(sources: Sequence[Source]) -> tuple[Source, ...]:
    """Return the sources that complete what others truncated or transliterated.

    These are the sources that do neither, or without any, those that do not truncate.
    """
    complete = [source for source in sources if not source.truncates]
    return tuple([source for source in complete if not source.transliterates] or complete)


def source_of(seeds: Sequence[str], *, via: str = "gopher") -> tuple[Source, list[PageKey]]:
    """Return the source that all seeds are on and the pages they name; without seeds the paper's front page.

    Raise :exc:`SourceError` for a seed that is not a URL of that source or names no page, and for seeds on
    different hosts.
    """
    found = [source_kinds()[via].read_seed(url) for url in seeds or [source_kinds()[via].home]]
    sources = {source for source, _ in found}
    if len(sources) > 1:
        raise SourceError("the seeds are on different hosts; one crawl asks one host")
    return sources.pop(), [key for _, key in found]


def gopher_seed(url: str) -> tuple[Gopher, PageKey]:
    """Return the server that a gopher URL is on, and the page it names."""
    parts, key = _seed(url, ("gopher", "gophers"), example=f"{GOPHER_URL}1/!6081430")
    return Gopher(parts.scheme, bare_host(parts.hostname or ""), parts.port or DEFAULT_PORTS["gopher"]), key


def gemini_seed(url: str) -> tuple[Gemini, PageKey]:
    """Return the server that a gemini URL is on, and the page it names."""
    parts, key = _seed(url, ("gemini",), example=f"{GEMINI_URL}!6081430")
    return Gemini(bare_host(parts.hostname or ""), parts.port or DEFAULT_PORTS["gemini"]), key


def _seed(url: str, schemes: Sequence[str], *, example: str) -> tuple[SplitResult, PageKey]:
    """Parse a URL without a user. Raise :exc:`SourceError` for any other scheme, or if it names no page."""
    try:
        parts = urlsplit(url)
        is_valid = bare_host(parts.hostname or "") and parts.port != 0 and parts.username is None
    except ValueError as error:
        raise SourceError(f"{url}: not a URL: {error}") from error
    if parts.scheme not in schemes or not is_valid:
        raise SourceError(f"{url}: expected a {schemes[0]} URL such as {example}")
    key = key_in(unquote(opaque_path(parts)))
    if key is None:
        raise SourceError(
            f"{url}: does not name a page; expected !6081430, !t5008005, !p4611 or !a22350 in the URL"
        )
    return parts, key


def opaque_path(parts: SplitResult) -> str:
    """Return item type and selector of a gopher URL, where ``?`` does not start a query (RFC 4266, 2.1)."""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def source_at(url: str) -> tuple[Source, PageKey]:
    """Return the source that a URL is on, and the page it names. Raise :exc:`SourceError` without one."""
    for kind in source_kinds().values():
        with suppress(SourceError):
            return kind.read_seed(url)
    raise SourceError(f"{url}: not a page of any source: {', '.join(source_kinds())}")


@cache
def source_kinds() -> Mapping[str, SourceKind]:
    """Return the choices of ``--via`` by name, those of plugins too. Raise :exc:`PluginError`."""
    kinds = (
        SourceKind(name="gopher", home=GOPHER_URL, read_seed=gopher_seed),
        SourceKind(name="gemini", home=GEMINI_URL, read_seed=gemini_seed),
        *map(source_kind, gateways().values()),
    )
    return with_plugins({kind.name: kind for kind in kinds}, "register_sources", SourceKind)


def choose_sources(via: Sequence[str], seeds: Sequence[str] = ()) -> tuple[list[Source], list[PageKey]]:
    """Return the sources in order, and the pages that the seeds name; without seeds, the sources' roots.

    ``via`` holds names of :func:`source_kinds`, or ``NAME=URL`` for one elsewhere.
    If there is one source without URL, the seeds give its address; otherwise each seed must be a URL of one
    of the sources. Raise :exc:`SourceError` for unknown or repeated sources and for other URLs.
    """
    named = [_named(word) for word in via]
    names = [name for name, _ in named]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SourceError(f"source {twice} is given twice; give it once")
    if seeds and len(named) == 1 and named[0][1] is None:
        source, keys = source_of(seeds, via=names[0])
        return [source], keys
    placed = [
        source_kinds()[name].read_seed(source_kinds()[name].home if url is None else url)
        for name, url in named
    ]
    sources = [source for source, _ in placed]
    if not seeds:
        return sources, list(dict.fromkeys(key for _, key in placed))
    return sources, [_page_of(seed, sources) for seed in seeds]


def _named(word: str) -> tuple[str, str | None]:
    """Split ``gopher=gopher://127.0.0.1:7070/`` into name and URL; the URL is optional."""
    name, is_placed, url = word.partition("=")
    if name not in source_kinds():
        raise SourceError(f'unknown source "{name}": use one of {", ".join(source_kinds())}')
    if is_placed and not url:
        raise SourceError(f'"{word}" has no URL: use {name}, or {name}={source_kinds()[name].home}')
    return name, url if is_placed else None


def _page_of(seed: str, sources: Sequence[Source]) -> PageKey:
    """Return the page that a seed names, which must be a URL of one of the sources."""
    problems = []
    for source in sources:
        try:
            found, key = source_kinds()[source.name].read_seed(seed)
        except SourceError as error:
            problems.append(str(error))
            continue
        if found == source:
            return key
    if len(problems) == len(sources) == 1:
        raise SourceError(problems[0])
    urls = ", ".join(f"{source.name} ({source.url(ROOT)})" for source in sources)
    raise SourceError(f"{seed}: expected a URL of one of the sources: {urls}")
