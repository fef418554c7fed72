"""Articles a second from wire bytes and from each gateway's page, beside news parsers on the same pages.

trafilatura and newspaper4k are asked what they are made for, the text of a page; they are measured on
fewer pages, since they are slow. Install them with the group ``bench``.
"""

import importlib
from collections.abc import Callable, Sequence

from archive.model import PageKey
from archive.renditions.pages import read_page
from benchmarks.spellings import SPELLINGS, pages, written
from benchmarks.timing import per_second, show
from crawler.newspaper.newspaper import START, Newspaper

ARTICLES, FEW, FEWER = 500, 60, 15
Page = tuple[PageKey, bytes]


def main() -> None:
    truth = list(pages(Newspaper(seed=5, articles=ARTICLES, daily=0), START))
    by_source = {
        source: [(key, written(source, edition, key, page)) for edition, key, page in truth]
        for source in SPELLINGS
    }
    ours = {source: _ours(source, found) for source, found in by_source.items()}
    for source, rate in ours.items():
        show(f"parser, {source}", rate, "articles/s")
    for name, extract, count in (
        ("trafilatura", _trafilatura(), FEW),
        ("newspaper4k", _newspaper4k(), FEWER),
    ):
        _show_beside(name, extract, by_source["mills"][:count], ours)


def _ours(source: str, found: Sequence[Page]) -> float:
    rendition = SPELLINGS[source][0]

    def work() -> None:
        for key, body in found:
            read_page(body, key=key, rendition=rendition)

    return per_second(len(found), work)


def _show_beside(
    name: str, extract: Callable[[str], object] | None, found: Sequence[Page], ours: dict[str, float]
) -> None:
    if extract is None:
        print(f"{name} is not installed: pip install --group bench")
        return
    texts = [body.decode() for _, body in found]
    theirs = per_second(len(texts), lambda: [extract(text) for text in texts])
    show(f"{name}, text of the same pages (mills)", theirs, "articles/s")
    for source, rate in ours.items():
        show(f"  {source} to that", rate / theirs, "×")


def _trafilatura() -> Callable[[str], object] | None:
    try:
        return importlib.import_module("trafilatura").extract  # type: ignore[no-any-return]  # not typed
    except ImportError:
        return None


def _newspaper4k() -> Callable[[str], object] | None:
    try:
        newspaper = importlib.import_module("newspaper")
    except ImportError:
        return None

    def extract(html: str) -> object:
        article = newspaper.Article("http://127.0.0.1/", language="de")
        article.download(input_html=html)
        article.parse()
        return article.text

    return extract
