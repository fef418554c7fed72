"""Articles per CPU second from each source's bytes, compared with news parsers and with baselines.

All contenders take turns in rounds, each on pages not read before, after a warm-up on others: recurring text
is cached as in a crawl, pages are not. Ratios are medians over rounds.

``archive`` reads bytes into everything a page holds. trafilatura and newspaper4k are used as documented, on
decoded text: ``trafilatura.extract(html)`` with defaults and with ``fast=True``, ``Article.parse()`` for
German. They return an article's text, and title and tags if they find them. They only read HTML, so gopher
and gemini are compared with them on gateway pages of the same articles, the fastest and the slowest for them.

Baselines: ``lines`` splits a page and strips each line; ``lxml`` parses it.
"""

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from statistics import mean, median
from time import process_time

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from archive.model import PageKey
from archive.renditions.decode import read_page
from benchmarks.all_sources import SOURCES, pages, written
from crawler.demo.newspaper.pages.newspaper import START, Newspaper

WARM_UP, ROUNDS, PER_ROUND = 200, 7, 20  # pages; rounds; pages
SPARE = 50  # additional articles, since some are not published at a given time
FEW = 3  # warm-up pages for slow contenders
BASELINE_TIMES = 10  # passes, since one is too short to measure
NO_HTML = ("gopher", "gemini")
PEERS = ("trafilatura", "fast", "newspaper4k")
BASELINES = ("lines", "lxml")
COLUMNS = ("archive", *PEERS, *BASELINES)

Page = tuple[PageKey, bytes]
Work = Callable[[Sequence[Page]], object]
Rates = dict[str, dict[str, list[float]]]  # pages a second, round by round, by source and contender


def main() -> None:
    newspaper = Newspaper(seed=5, articles=WARM_UP + ROUNDS * PER_ROUND + SPARE, daily=0)
    truth = list(pages(newspaper, START))
    found = {
        source: [(key, written(source, edition, key, page)) for edition, key, page in truth]
        for source in SOURCES
    }
    peers = _peers()
    rates = _rates(found, {source: _contenders(source, peers) for source in SOURCES})
    _show_rates(found, rates)
    if "trafilatura" in peers:
        _show_ratios(rates)


def _rates(found: dict[str, list[Page]], contenders: dict[str, dict[str, Work]]) -> Rates:
    """Warm up, then run the rounds, each with articles of all ages and so of all lengths."""
    for source, works in contenders.items():
        for name, work in works.items():
            work(found[source][: WARM_UP if name == "archive" else FEW])
    rates: Rates = {source: {name: [] for name in works} for source, works in contenders.items()}
    for at in range(ROUNDS):
        for source, works in contenders.items():
            part = found[source][WARM_UP + at : WARM_UP + ROUNDS * PER_ROUND : ROUNDS]
            for name, work in works.items():
                rates[source][name].append(_rate(work, part, BASELINE_TIMES if name in BASELINES else 1))
    return rates


def _rate(work: Work, part: Sequence[Page], times: int) -> float:
    started = process_time()
    for _ in range(times):
        work(part)
    return times * len(part) / (process_time() - started)


def _contenders(source: str, peers: dict[str, Work]) -> dict[str, Work]:
    ours = partial(_read, SOURCES[source][0])
    if source in NO_HTML:
        return {"archive": ours, "lines": _split}
    return {"archive": ours, **peers, "lines": _split, "lxml": _parse}


def _read(rendition: str, found: Sequence[Page]) -> None:
    for key, body in found:
        read_page(body, key=key, rendition=rendition)


def _split(found: Sequence[Page]) -> None:
    for _, body in found:
        [line.strip() for line in body.decode().split("\n")]


def _parse(found: Sequence[Page]) -> None:
    for _, body in found:
        etree.fromstring(body, etree.HTMLParser(encoding="utf-8"))


def _each(extract: Callable[[str], object]) -> Work:
    """Wrap a parser of decoded pages. Decoding takes a hundredth of its time."""

    def work(found: Sequence[Page]) -> None:
        for _, body in found:
            extract(body.decode())

    return work


def _peers() -> dict[str, Work]:
    """Return the parsers that are installed; print how to install the others."""
    peers: dict[str, Work] = {}
    for name, load in (("trafilatura", _trafilatura), ("newspaper4k", _newspaper4k)):
        try:
            peers |= load()
        except ImportError:
            print(f"{name} is not installed: pip install --group bench")
    return peers


def _trafilatura() -> dict[str, Work]:
    extract = importlib.import_module("trafilatura").extract
    return {"trafilatura": _each(extract), "fast": _each(partial(extract, fast=True))}


def _newspaper4k() -> dict[str, Work]:
    newspaper = importlib.import_module("newspaper")

    def extract(html: str) -> None:
        article = newspaper.Article("http://127.0.0.1/", language="de")
        article.download(input_html=html)
        article.parse()

    return {"newspaper4k": _each(extract)}


def _show_rates(found: dict[str, list[Page]], rates: Rates) -> None:
    _show("pages per second", "bytes", *COLUMNS)
    for source, of_source in rates.items():
        size = mean(len(body) for _, body in found[source])
        figures = (median(of_source[name]) if name in of_source else None for name in COLUMNS)
        _show(source, size, *figures)


def _show_ratios(rates: Rates) -> None:
    """Print how many times as fast as each peer we are, and the baselines relative to trafilatura."""
    html = sorted(set(rates).difference(NO_HTML), key=lambda source: median(rates[source]["trafilatura"]))
    _show("times as fast as", *PEERS, *(f"{baseline}:trafil." for baseline in BASELINES))
    for ours, theirs in [*((source, source) for source in html), *product(NO_HTML, (html[0], html[-1]))]:
        to_peers = (_ratio(rates[ours]["archive"], rates[theirs].get(peer)) for peer in PEERS)
        baselines = (
            _ratio(rates[ours].get(baseline), rates[theirs]["trafilatura"]) for baseline in BASELINES
        )
        _show(ours if ours == theirs else f"{ours}, they on {theirs}", *to_peers, *baselines)


def _ratio(rates: list[float] | None, others: list[float] | None) -> float | None:
    if rates is None or others is None:
        return None
    return median(rate / other for rate, other in zip(rates, others, strict=True))


def _show(label: str, *cells: float | str | None) -> None:
    print(f"{label:<24}" + "".join(f"{_cell(cell):>14}" for cell in cells))


def _cell(cell: float | str | None) -> str:
    if cell is None:
        return "–"
    return cell if isinstance(cell, str) else f"{cell:,.{1 if cell < 100 else 0}f}"
