"""Accuracy of each rendition (fields, words, paragraphs), and how much healing restores.

The truth is the sample newspaper's own article. A truncated field does not count for its source; healing is
measured separately. If umlauts are transliterated, both sides are before they are compared.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from archive.model import Article, Teaser
from archive.pagekey import page_key
from archive.reading.healing import BestReading, heal
from archive.reading.history import Reading, derive_versions
from archive.reading.same_wording import field_pattern, transliterate
from benchmarks.all_sources import (
    SOURCES,
    SOURCES_WITHOUT_BLANK_LINES,
    TRANSLITERATING_SOURCE,
    TRUNCATING_SOURCE,
    pages,
    read,
    written,
)
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START, Newspaper

ARTICLES = 2000
Counts = Counter[str]


def _related(teaser: Teaser) -> tuple[str, str | None, object]:
    return teaser.title, teaser.text, page_key(teaser.target or "")


# The value compared for each field, by the field's name in truncations.
FIELDS: dict[str, Callable[[Article], Any]] = {
    "title": lambda article: article.title,
    "lead": lambda article: article.lead,
    "caption": lambda article: article.caption,
    "dateline": lambda article: article.dateline,
    "date": lambda article: article.published,
    "authors": lambda article: [author.name for author in article.authors],
    "tags": lambda article: [tag.name for tag in article.tags],
    "links": lambda article: [(link.position, link.target) for link in article.links],
    "link text": lambda article: [link.text for link in article.links],
    "related": lambda article: [_related(teaser) for teaser in article.related],
}
TRUNCATED_WITH = {"link text": "text"}


def main() -> None:
    newspaper = Newspaper(seed=7, articles=ARTICLES, daily=0)
    for source in SOURCES:
        _show(source, _compared(newspaper, source))
    for source in ("gopher", "miga", TRANSLITERATING_SOURCE):
        _show_healing(source, _healed(newspaper, source))


def _compared(newspaper: Newspaper, source: str) -> Counts:
    counts: Counts = Counter()
    for edition, key, page in pages(newspaper, START):
        said = read(source, key, written(source, edition, key, page))
        truncated = {place.field for place in said.truncations}
        for field, value in FIELDS.items():
            if not truncated & {field, TRUNCATED_WITH.get(field, field)}:
                counts[f"{field} carried"] += 1
                counts[field] += _same(value(said), value(page), transliterated=said.transliterated)
        # Truncations are filled first: all other words must be right, and in the right paragraphs.
        filled = heal(BestReading(said, 0), page, 1).article
        counts += _words(filled, page, transliterated=said.transliterated)
        counts += _breaks(filled, page)
    return counts


def _same(one: Any, other: Any, *, transliterated: bool) -> bool:
    return one == other or (transliterated and transliterate(repr(one)) == transliterate(repr(other)))


def _words(said: Article, true: Article, *, transliterated: bool) -> Counts:
    """Count words that differ from the truth at their position."""
    words, right = (
        (transliterate(text) if transliterated else text).split() for text in (said.text, true.text)
    )
    wrong = sum(one != other for one, other in zip(words, right, strict=False)) + abs(len(words) - len(right))
    return Counter({"words": len(right), "words wrong": wrong})


def _breaks(said: Article, true: Article) -> Counts:
    """Compare the ends of blocks, as counts of the words before them."""
    found, right = set(_ends(said)), set(_ends(true))
    return Counter({"breaks": len(right), "found": len(found), "hit": len(found & right)})


def _ends(article: Article) -> Iterator[int]:
    words = 0
    for block in article.blocks:
        words += len(block.text.split())
        yield words


def _show(source: str, counts: Counts) -> None:
    for field in FIELDS:
        carried = counts[f"{field} carried"]
        note = "" if counts[field] == carried else f"{carried - counts[field]} wrong"
        show(f"{source}, {field} exactly right", 100 * counts[field] / carried, f"% of {carried:,}", note)
    show(f"{source}, words wrong", 100 * counts["words wrong"] / counts["words"], f"% of {counts['words']:,}")
    kind = "inferred" if source in SOURCES_WITHOUT_BLANK_LINES else "original"
    show(f"{source}, paragraph ends, precision", 100 * counts["hit"] / counts["found"], "%", kind)
    show(f"{source}, paragraph ends, recall", 100 * counts["hit"] / counts["breaks"], "%", kind)


def _healed(newspaper: Newspaper, source: str) -> Counts:
    """Count truncations of the truncating gateway's page that remain with one capture of another source."""
    counts: Counts = Counter()
    for edition, key, page in pages(newspaper, START):
        articles = [
            read(name, key, written(name, edition, key, page)) for name in (TRUNCATING_SOURCE, source)
        ]
        lost = sum(
            truncation.field in ("title", "lead", "caption", "text") for truncation in articles[0].truncations
        )
        history = derive_versions(
            [Reading(captured_at=START, capture_id=n, article=said) for n, said in enumerate(articles)]
        )
        counts["truncated"] += lost
        counts["versions"] += len(history) > 1
        best = history[0].article
        counts["left"] += sum(
            truncation.field in ("title", "lead", "caption", "text") for truncation in best.truncations
        )
        for field in ("title", "lead", "caption", "text"):
            one, other = field_pattern(best, field).text, field_pattern(page, field).text
            counts["wrong"] += (
                (transliterate(one) != transliterate(other)) if best.transliterated else one != other
            )
    return counts


def _show_healing(source: str, counts: Counts) -> None:
    restored = counts["truncated"] - counts["left"]
    show(
        f"{TRUNCATING_SOURCE} with {source}, truncations restored",
        100 * restored / counts["truncated"],
        f"% of {counts['truncated']:,}",
    )
    show("  wrong fields after healing", counts["wrong"], "fields")
    show("  articles with a false edit", counts["versions"], "articles")
