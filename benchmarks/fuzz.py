"""Pages broken at random, and what reading them must never do; for longer: ``python -m benchmarks.fuzz``.

Each is read in a rendition of its own or another's. It gives a page or one of our errors, soon, and what
it gives holds together, alone and beside a sound reading. What does not is printed, and kept in FOLDER, to
become a sample in ``tests/fuzz``.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from time import process_time

from archive.dump.grammar import CUT, clean
from archive.dump.writer import write_dump
from archive.errors import PageError
from archive.model import Article, Kind, Link, Page, PageKey, Teaser
from archive.pagekey import ROOT, page_key
from archive.reading.history import Reading, versions
from archive.reading.same_wording import same_wording
from archive.renditions.decode import RENDITIONS, read_page
from benchmarks.broken_pages import broken, sound_pages
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START

SECONDS = 30.0
ARTICLES = 12
KEYS = (ROOT, PageKey(Kind.ARTICLE, 5))
SOON, PER_BYTE = 0.2, 10e-6  # seconds a page may take


def main() -> None:
    """Print how many pages were read, and how many of them broke something."""
    fuzz(SECONDS, Random(1), None)


def fuzz(seconds: float, random: Random, folder: Path | None) -> None:
    """Read pages for so many seconds of processor time."""
    pages = sound_pages(ARTICLES)
    started, read, failed = process_time(), 0, 0
    while process_time() < started + seconds:
        read += 1
        page, rendition, sound = draw(pages, random)
        try:
            check(page, rendition, sound)
        except Exception as error:  # noqa: BLE001 - whatever breaks is what is looked for
            failed += 1
            _keep(page, rendition, error, folder)
    show("pages broken at random", read, "pages", f"{process_time() - started:,.0f} s")
    show("  that broke what reads them", failed, "pages")


def _keep(page: bytes, rendition: str | None, error: Exception, folder: Path | None) -> None:
    name = f"{rendition or 'guessed'}-{sha256(page).hexdigest()[:12]}"
    print(f"{name}: {type(error).__name__}: {str(error)[:200]!r}", flush=True)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(page)


def draw(pages: list[tuple[str, bytes]], random: Random) -> tuple[bytes, str | None, Article | None]:
    """A broken page, the rendition to read it in (None: guess it), and what it said when it was sound."""
    rendition, body = random.choice(pages)
    page = broken(body, random, [other for _, other in pages])
    as_rendition = random.choice([rendition, rendition, rendition, None, random.choice([*RENDITIONS])])
    return page, as_rendition, article_of(body, rendition)


def check(body: bytes, rendition: str | None, sound: Article | None = None) -> None:
    """Read a page as a menu and as an article. AssertionError if what that gives does not hold together."""
    started = process_time()
    for key in KEYS:
        holds_together(page_of(body, key, rendition))
    article = article_of(body, rendition)
    if article:
        is_of_its_own_wording(article)
        amounts_to_something([reading for reading in (sound, article, sound) if reading])
    seconds = process_time() - started
    assert seconds < SOON + PER_BYTE * len(body), f"{len(body)} bytes took {seconds:.2f} s"


def page_of(body: bytes, key: PageKey, rendition: str | None) -> Page | None:
    """None if it cannot be read, which is told in a line fit for a terminal."""
    try:
        return read_page(body, key=key, rendition=rendition)
    except PageError as error:
        told = str(error)
    assert told == clean(told)
    return None


def article_of(body: bytes, rendition: str | None) -> Article | None:
    page = page_of(body, KEYS[1], rendition)
    assert page is None or isinstance(page, Article)
    return page


def holds_together(page: Page | None) -> None:
    """All text is clean, links are where they say, and a cut is where a ``…`` is."""
    if isinstance(page, Article):
        texts, teasers = _texts(page), page.related
        _links_are_there(page)
        _cuts_are_there(page)
    elif page:
        texts, teasers = iter([page.title or ""]), page.entries
    else:
        return
    for text in (*texts, *(text for teaser in teasers for text in (teaser.title, teaser.text or ""))):
        assert text == clean(text), f"not clean: {text!r}"
        assert CUT not in text
    _lead_somewhere(teasers)


def _texts(article: Article) -> Iterator[str]:
    yield from (article.title, article.lead or "", article.caption or "", article.dateline or "")
    yield from (line for block in article.blocks for line in block.text.split("\n"))
    yield from (author.name for author in article.authors)
    yield from (tag.name for tag in article.tags)


def _links_are_there(article: Article) -> None:
    _lead_somewhere(article.links)
    for link in article.links:
        if link.start is not None:
            assert link.text
            assert article.text[link.start : link.end] == link.text


def _lead_somewhere(links: Iterable[Link | Teaser]) -> None:
    for target in (link.target for link in links if link.target is not None):
        assert target == clean(target), f"not clean: {target!r}"
        assert target.encode()
        page_key(target)


def _cuts_are_there(article: Article) -> None:
    for cut in article.truncations:
        if cut.field in ("title", "lead", "caption", "text"):
            shown = getattr(article, cut.field) or ""
            assert shown[cut.offset : cut.offset + 1] == "…"
        assert cut.max_missing is None or cut.max_missing >= 0


def is_of_its_own_wording(article: Article) -> None:
    """And can be written down."""
    assert same_wording(article, article)
    assert write_dump(article)
    (version,) = versions([_reading(0, article), _reading(1, article)])
    assert version.article == article


def amounts_to_something(articles: list[Article]) -> None:
    """Each reading is in one version, and each version's article holds together."""
    found = versions([_reading(hour, article) for hour, article in enumerate(articles)])
    assert [hour for version in found for hour in version.captures] == [*range(len(articles))]
    for version in found:
        holds_together(version.article)
        for words in version.healed:
            assert 0 <= words.start < words.end <= len(getattr(version.article, words.field))


def _reading(hour: int, article: Article) -> Reading:
    return Reading(at=START + timedelta(hours=hour), capture=hour, article=article)


if __name__ == "__main__":
    if len(sys.argv) != len(usage := ("SECONDS", "SEED", "FOLDER")) + 1:
        sys.exit(f"usage: python -m benchmarks.fuzz {' '.join(usage)}")
    fuzz(float(sys.argv[1]), Random(int(sys.argv[2])), Path(sys.argv[3]))
