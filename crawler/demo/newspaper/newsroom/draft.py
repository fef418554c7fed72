"""The text of an article before publication, with references in brackets."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from archive.model import Article, Author, Block, Link, Paragraph, block_text
from crawler.demo.newspaper.newsroom.plan import author_name

# "[1][europäische „Koalition“]": texts contain no other such brackets, and no nested ones.
REFERENCE = re.compile(r"\[(?P<n>\d+)\]\[(?P<text>[^\]]*)\]")
MAX_SLUG_LENGTH = 60
SLUG_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of an article. ``targets`` are its LINKS by number, None for a missing one."""

    kicker: str | None
    headline: str
    lead: str | None
    caption: str | None
    dateline: str | None
    blocks: tuple[Block, ...]
    targets: tuple[str | None, ...]
    authors: tuple[int, ...]
    published: date | None

    @property
    def title(self) -> str:
        return f"{self.kicker}: {self.headline}" if self.kicker else self.headline

    def article(self) -> Article:
        """Return the article without related articles and tags."""
        blocks, refs = _read(self.blocks)
        mentioned = {n for n, _, _, _ in refs}
        links = [Link(n, self.targets[n - 1], text, start, end) for n, text, start, end in refs]
        links += [Link(n, target) for n, target in enumerate(self.targets, 1) if n not in mentioned]
        return Article(
            title=self.title,
            lead=self.lead,
            caption=self.caption,
            dateline=self.dateline,
            blocks=blocks,
            published=self.published,
            links=tuple(links),
            authors=tuple(Author(author_name(number), number) for number in self.authors),
        )


def _read(marked: tuple[Block, ...]) -> tuple[tuple[Block, ...], list[tuple[int, str, int, int]]]:
    """Return the blocks without brackets, and each reference with its range of the text."""
    blocks: list[Block] = []
    refs = []
    at = 0
    for block in marked:
        gone = 0  # characters of brackets removed so far
        for ref in REFERENCE.finditer(block.text):
            start = at + ref.start() - gone
            refs.append((int(ref["n"]), ref["text"], start, start + len(ref["text"])))
            gone += len(ref[0]) - len(ref["text"])
        blocks.append(
            Paragraph(REFERENCE.sub(r"\g<text>", block.text)) if isinstance(block, Paragraph) else block
        )
        at += len(block_text(blocks[-1])) + len("\n\n")
    return tuple(blocks), refs


def slug(text: str) -> str:
    """``Streit um die Wärmepumpe`` → ``Streit-um-die-Waermepumpe``: the decoration of a URL."""
    plain = unicodedata.normalize("NFKD", text.translate(SLUG_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub("[^A-Za-z0-9]+", "-", plain)[:MAX_SLUG_LENGTH]
