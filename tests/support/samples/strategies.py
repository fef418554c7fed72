"""Generated articles, and what of an article a page can hold."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TypeVar

from hypothesis import strategies as st

from archive.dump.grammar import DATELINE, GENDERED_WORD, LINE_WIDTH, parse_date
from archive.dump.wrapping import wrap
from archive.dump.writer import write_dump
from archive.model import Article, Author, Block, Link, Paragraph, Subhead, Tag, Teaser, block_text

Named = TypeVar("Named", Author, Tag)
PLAIN = st.text("abdeghiklmnorstuäöüßéABDGKMSTÄÖÜ", min_size=1, max_size=14)
# Words that look like parts of the page, or break lines in their own way.
MARKS = [
    "|",
    "##",
    ">",
    "[sic]",
    "[",
    "]",
    "[1][",
    "…",
    "„Ja“",
    "–",
    "Bild:",
    "a:",
    "+++",
    "Dr.",
    "2,5",
    "taz",
]
LONG = ["Wissenschaftler:innen", "LeserInnen", "Donaudampfschifffahrts" * 5, "https://x.de/a?b=c"]
ODD = st.sampled_from([*MARKS, *LONG, "taz |", "8 Oct 2020", "# taz.de"])
WORDS = st.one_of(PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, ODD)
NAME = st.lists(PLAIN, min_size=1, max_size=3).map(" ".join)


def running(most: int) -> st.SearchStrategy[str]:
    return st.lists(WORDS, min_size=1, max_size=most).map(lambda words: " ".join(" ".join(words).split()))


VERSE = st.lists(st.lists(PLAIN, min_size=1, max_size=3).map(" ".join), min_size=2, max_size=6).map("\n".join)
BLOCK = st.one_of(
    running(80).map(Paragraph),
    running(12).map(Paragraph),
    VERSE.map(Paragraph),
    running(8).map(Subhead),
    st.just(Subhead("")),
)
TARGET = st.sampled_from(["/Ein-Thema/!t5008005", "/Artikel/!6073064", "https://example.org/a", "/!6081430"])
TEASER = st.builds(Teaser, title=running(10), text=st.none() | running(30), target=TARGET)


def distinct(names: st.SearchStrategy[str], kind: type[Named]) -> st.SearchStrategy[tuple[Named, ...]]:
    numbered = st.builds(kind, name=names, number=st.none() | st.integers(1, 99999))
    return st.lists(numbered, max_size=4, unique_by=lambda named: named.name).map(tuple)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    blocks = tuple(draw(st.lists(BLOCK, max_size=6)))
    return Article(
        title=draw(running(12)),
        lead=draw(st.none() | running(30)),
        caption=draw(st.none() | running(15)),
        dateline=draw(
            st.none()
            | st.sampled_from(["Berlin taz", "taz", "BERLIN taz", "Bozen/Tunis taz", "St. Gallen taz"])
            | st.sampled_from(["ISTANBUL ap", "GAZA afp/taz", "dpa", "Berlin (taz)"])
        ),
        blocks=blocks,
        published=draw(st.none() | st.dates(date(1986, 1, 1), date(2035, 1, 1))),
        links=draw(links(blocks)),
        authors=draw(distinct(NAME, Author)),
        tags=draw(distinct(NAME, Tag)),
        related=tuple(draw(st.lists(TEASER, max_size=4))),
    )


@st.composite
def links(draw: st.DrawFn, blocks: tuple[Block, ...]) -> tuple[Link, ...]:
    """References to a few runs of words, none across blocks, numbered as they come."""
    found: list[Link] = []
    start = 0
    for block in blocks:
        shown = block_text(block)
        words = [
            at
            for at in range(3 if isinstance(block, Subhead) else 0, len(shown))
            if shown[at - 1 : at] in ("", " ")
        ]
        if draw(st.booleans()) and words:
            first = draw(st.sampled_from(words))
            end = shown.find(" ", first + draw(st.integers(0, 60)))
            text = shown[first : end if end > first else len(shown)]
            target = draw(st.none() | TARGET)
            found.append(Link(len(found) + 1, target, text, start + first, start + first + len(text)))
        start += len(shown) + 2
    if draw(st.booleans()):
        found.append(Link(len(found) + 1, draw(TARGET)))
    return tuple(found)


def canonical(article: Article) -> bool:
    """Whether the page can hold the article: none of its text looks like a part of the page."""
    paragraphs = [block.text for block in article.blocks if isinstance(block, Paragraph)]
    if paragraphs and not article.dateline and DATELINE.match(paragraphs[0]):
        return False
    heads = [
        block.text for block in article.blocks[:1] if isinstance(block, Paragraph) and not article.dateline
    ]
    if any(text.startswith(("> ", "Bild:")) or text == ">" for text in heads):
        return False
    if not all(map(_breaks_show, paragraphs)):
        return False
    teasers = [teaser.text for teaser in article.related if teaser.text]
    if not article.published and any(parse_date(line) for line in _lines(teasers)):
        return False
    bracketed = [*map(block_text, article.blocks), *(link.text or "" for link in article.links)]
    return all(map(_brackets_pair, bracketed)) and _written_as_meant(article)


def _brackets_pair(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            return False
    return depth == 0 and "][" not in text


def _lines(paragraphs: list[str]) -> list[str]:
    return [line for text in paragraphs for verse in text.split("\n") for line in wrap(verse)]


def _breaks_show(text: str) -> bool:
    """Whether the wrap rule sees the ends of verse lines, with a dateline and brackets on them too."""
    rooms = (
        LINE_WIDTH - len(verse) - len(after.split(" ")[0]) for verse, after in pairwise(text.split("\n"))
    )
    return all(room > len("Bozen/Tunis taz | [1][]") for room in rooms) and not (
        "\n" in text and GENDERED_WORD.search(text)
    )


def _written_as_meant(article: Article) -> bool:
    """Whether no line of its running text begins as a subhead does, or is a date."""
    links = tuple(replace(link, target=None) for link in article.links)
    body = replace(article, published=None, links=links, authors=(), tags=(), related=())
    marks = [
        line.text for line in write_dump(body) if f"{line.text} ".startswith("## ") or parse_date(line.text)
    ]
    return len(marks) == sum(isinstance(block, Subhead) for block in article.blocks)
