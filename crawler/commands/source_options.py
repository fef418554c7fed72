"""Parse ``--via`` and ``--seed``: the sources of a crawl in order, and the first pages."""

from collections.abc import Sequence

from archive.errors import SourceError
from archive.model import PageKey
from archive.pagekey import ROOT
from archive.sources import Source
from crawler.sources.registry import source_kinds, source_of

_SourcesAndPages = tuple[list[Source], list[PageKey]]


def choose_sources(via: Sequence[str], seeds: Sequence[str] = ()) -> _SourcesAndPages:
    """Return the sources in order, and the pages that the seeds name; without seeds, the sources' roots.

    ``via`` holds names of :func:`crawler.sources.registry.source_kinds`, or ``NAME=URL`` for one elsewhere.
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
