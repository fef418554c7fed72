"""The identifier of an editorial wording: the same for the same text in every archive. Pure.

``docs/identifiers.md`` specifies the canonical form, so that programs in other languages can compute it.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

from archive.model import Article
from archive.text.indexed_text import body_words

_DIGITS = re.compile(r"[0-9a-f]{16,64}")  # no article's number has 16 digits
FIRST_LINE = "taz-archive wording 1"  # the number changes if the canonical form ever does


def wording_digest(article: Article) -> bytes:
    """Return the SHA-256 of the canonical form of an article's wording, 32 bytes."""
    return sha256(canonical_wording(article).encode()).digest()


def complete_wording_digest(article: Article) -> bytes | None:
    """Return the digest of a reading's wording; None if the reading is truncated or transliterated.

    Two complete readings have the same digest if and only if they are of one wording
    (:func:`archive.reading.same_wording.same_wording`).
    """
    return None if article.truncations or article.transliterated else wording_digest(article)


def canonical_wording(article: Article) -> str:
    """Return the canonical form of an article's wording: lines that end with a line feed.

    Each part that the article has is a line: its name, a space, and its words with one space between them.
    The dateline is part of the text, since not every source shows where it ends.
    """
    return "".join(f"{line}\n" for line in (FIRST_LINE, *_lines(article)))


def digest_digits(text: str) -> str | None:
    """Return the digits of a digest as people write it, of which 16 are enough; None for any other text."""
    digits = text.strip().removeprefix("sha256:").lower()
    return digits if _DIGITS.fullmatch(digits) else None


def _lines(article: Article) -> Iterator[str]:
    for name in ("title", "lead", "caption"):
        if part := getattr(article, name):
            yield f"{name} {' '.join(part.split())}"
    if article.published:
        yield f"published {article.published.isoformat()}"
    yield from (f"author {' '.join(author.name.split())}" for author in article.authors)
    yield " ".join(["text", *body_words(f"{article.dateline or ''} {article.text}")])
