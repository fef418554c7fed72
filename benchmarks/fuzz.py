"""Fuzzing of the page readers: ``python -m benchmarks.fuzz SECONDS SEED FOLDER``.

Randomly damaged pages are read in their own or another rendition. Reading must give a consistent page or one
of our errors, also when compared with a reading of the undamaged page, within a number of function calls that
grows with the page. Pages that fail are printed and stored in FOLDER, to become samples in ``tests/fuzz``.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from time import process_time

from archive.dump.grammar import MISSING, clean
from archive.dump.writer import write_dump
from archive.errors import PageError
from archive.model import Article, Kind, Link, Page, PageKey, Teaser
from archive.pagekey import ROOT, page_key
from archive.reading.history import Reading, derive_versions
from archive.reading.same_wording import same_wording
from archive.renditions.decode import RENDITIONS, read_page, renditions
from benchmarks.broken_pages import broken, sound_pages
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START
from tests.support.running.call_counter import calls

SECONDS = 30.0
ARTICLES = 12
KEYS = (ROOT, PageKey(Kind.ARTICLE, 5))
MAX_CALLS, MAX_CALLS_PER_BYTE = 20_000, 60  # a few times those of the costliest page of 7,000


def main() -> None:
    """Print how many pages were read, and how many failed."""
    fuzz(SECONDS, Random(1), None)


def fuzz(seconds: float, random: Random, folder: Path | None) -> None:
    """Read random pages for ``seconds`` of CPU time; store those that fail in ``folder``."""
    pages = sound_pages(ARTICLES)
    started, read, failed = process_time(), 0, 0
    while process_time() < started + seconds:
        read += 1
        page, rendition, sound = draw(pages, random)
        try:
            check(page, rendition, sound)
        except Exception as error:  # noqa: BLE001 - any exception is a failure
            failed += 1
            _keep(page, rendition, error, folder)
    show("damaged pages", read, "pages", f"{process_time() - started:,.0f} s")
    show("  that failed", failed, "pages")


def _keep(page: bytes, rendition: str | None, error: Exception, folder: Path | None) -> None:
    name = f"{rendition or 'detected'}-{sha256(page).hexdigest()[:12]}"
    print(f"{name}: {type(error).__name__}: {str(error)[:200]!r}", flush=True)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(page)


def draw(pages: list[tuple[str, bytes]], random: Random) -> tuple[bytes, str | None, Article | None]:
    """Return a damaged page, the rendition to read it in (None: detect it), and the undamaged article."""
    rendition, body = random.choice(pages)
    page = broken(body, random, [other for _, other in pages])
    as_rendition = random.choice([rendition, rendition, rendition, None, random.choice([*RENDITIONS])])
    return page, as_rendition, article_of(body, rendition)


def check(body: bytes, rendition: str | None, sound: Article | None = None) -> None:
    """Read a page as a menu and as an article. Raise AssertionError if this is inconsistent or costly."""
    renditions()  # loads plugins once, which is no part of reading a page
    made = calls(partial(_check_read, body, rendition, sound))
    assert made < MAX_CALLS + MAX_CALLS_PER_BYTE * len(body), f"{len(body)} bytes took {made} calls"


def _check_read(body: bytes, rendition: str | None, sound: Article | None) -> None:
    for key in KEYS:
        check_consistent(page_of(body, key, rendition))
    article = article_of(body, rendition)
    if article:
        check_same_wording(article)
        check_versions([reading for reading in (sound, article, sound) if reading])


def page_of(body: bytes, key: PageKey, rendition: str | None) -> Page | None:
    """Return the page; None if it cannot be read, with an error that is one clean line."""
    try:
        return read_page(body, key=key, rendition=rendition)
    except PageError as error:
        message = str(error)
    assert message == clean(message)
    return None


def article_of(body: bytes, rendition: str | None) -> Article | None:
    page = page_of(body, KEYS[1], rendition)
    assert page is None or isinstance(page, Article)
    return page


def check_consistent(page: Page | None) -> None:
    """Check that text is clean, link offsets fit the text, and each truncation is at a ``…``."""
    if isinstance(page, Article):
        texts, teasers = _texts(page), page.related
        _check_links(page)
        _check_truncations(page)
    elif page:
        texts, teasers = iter([page.title or ""]), page.entries
    else:
        return
    for text in (*texts, *(text for teaser in teasers for text in (teaser.title, teaser.text or ""))):
        assert text == clean(text), f"not clean: {text!r}"
        assert MISSING not in text
    _check_targets(teasers)


def _texts(article: Article) -> Iterator[str]:
    yield from (article.title, article.lead or "", article.caption or "", article.dateline or "")
    yield from (line for block in article.blocks for line in block.text.split("\n"))
    yield from (author.name for author in article.authors)
    yield from (tag.name for tag in article.tags)


def _check_links(article: Article) -> None:
    _check_targets(article.links)
    for link in article.links:
        if link.start is not None:
            assert link.text
            assert article.text[link.start : link.end] == link.text


def _check_targets(links: Iterable[Link | Teaser]) -> None:
    for target in (link.target for link in links if link.target is not None):
        assert target == clean(target), f"not clean: {target!r}"
        assert target.encode()
        page_key(target)


def _check_truncations(article: Article) -> None:
    for cut in article.truncations:
        if cut.field in ("title", "lead", "caption", "text"):
            shown = getattr(article, cut.field) or ""
            assert shown[cut.offset : cut.offset + 1] == "…"
        assert cut.max_missing is None or cut.max_missing >= 0


def check_same_wording(article: Article) -> None:
    """Check that an article equals itself, can be written, and repeated captures of it are one version."""
    assert same_wording(article, article)
    assert write_dump(article)
    (version,) = derive_versions([_reading(0, article), _reading(1, article)])
    assert version.article == article


def check_versions(articles: list[Article]) -> None:
    """Check that each reading is in one version, and that each version's article is consistent."""
    found = derive_versions([_reading(hour, article) for hour, article in enumerate(articles)])
    assert [hour for version in found for hour in version.capture_ids] == [*range(len(articles))]
    for version in found:
        check_consistent(version.article)
        for words in version.healed_ranges:
            assert 0 <= words.start < words.end <= len(getattr(version.article, words.field))


def _reading(hour: int, article: Article) -> Reading:
    return Reading(captured_at=START + timedelta(hours=hour), capture_id=hour, article=article)


if __name__ == "__main__":
    if len(sys.argv) != len(usage := ("SECONDS", "SEED", "FOLDER")) + 1:
        sys.exit(f"usage: python -m benchmarks.fuzz {' '.join(usage)}")
    fuzz(float(sys.argv[1]), Random(int(sys.argv[2])), Path(sys.argv[3]))
