"""What ``--via`` and ``--seed`` say: whom to ask, in which order, and where to begin."""

from collections.abc import Sequence

from archive.errors import SourceError
from archive.model import PageKey
from archive.pagekey import ROOT
from archive.sources import Source
from crawler.sources.registry import source_kinds, source_of

Seeded = tuple[list[Source], list[PageKey]]


def choose_sources(via: Sequence[str], seeds: Sequence[str] = ()) -> Seeded:
    """The sources of a run in order, and the pages that the seeds name; without seeds the sources' own.

    ``via`` are names of :func:`crawler.sources.registry.source_kinds`, or ``NAME=URL`` where a source is not
    at its home.
    With one source that is given no URL, the seeds say where it is; else each is to be a URL of one of them.
    Raises :exc:`SourceError` for what is unknown, given twice, or no URL of what it should be.
    """
    named = [_named(word) for word in via]
    names = [name for name, _ in named]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SourceError(f"{twice} is given twice; a source is asked once for a page")
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
    """``gopher`` or ``gopher=gopher://127.0.0.1:7070/`` → name and URL."""
    name, is_placed, url = word.partition("=")
    if name not in source_kinds():
        raise SourceError(f'"{name}" is no source; there are {", ".join(source_kinds())}')
    if is_placed and not url:
        raise SourceError(f'"{word}" gives no URL; write {name} alone, or {name}={source_kinds()[name].home}')
    return name, url if is_placed else None


def _page_of(seed: str, sources: Sequence[Source]) -> PageKey:
    """The page that a seed names, as a URL of the first of ``sources`` that it is one of."""
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
    asked = ", ".join(f"{source.name} ({source.url(ROOT)})" for source in sources)
    raise SourceError(f"{seed}: is no URL of what is asked: {asked}")
