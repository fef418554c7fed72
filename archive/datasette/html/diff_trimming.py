"""Prepares two versions of a field for comparison: drops the paragraphs at both ends that are equal.

An edit leaves most of a long text unchanged. A field that is still too long is not compared at all, since
splitting it into words takes the most time and memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archive.model import Article
from archive.store import EditedField, Reader, VersionRow

CONTEXT_PARAGRAPHS = 2  # unchanged paragraphs shown before and after a changed one
MAX_SCANNED_CHARACTERS = 10_000_000  # of both texts; longer ones are not split into paragraphs
MAX_COMPARED_WORDS = 100_000  # of both versions: about a second. The longest known article has 15,000
MAX_COMPARED_TRUNCATIONS = 2_000  # of both versions; each is compared with many words


@dataclass(frozen=True, slots=True)
class TrimmedField:
    """Two versions of a field. ``head`` and ``tail`` are the paragraphs that were dropped from both."""

    field: str
    old: Article
    new: Article
    head: Sequence[str] = ()
    tail: Sequence[str] = ()


def trim_field(reader: Reader, edited: EditedField, max_characters: int) -> TrimmedField | None:
    """Return the two versions of a field, trimmed; None if they exceed a limit."""
    field, old, new = edited
    if field == "text":
        trim = _trimmed_text(reader, old, new, max_characters)
    else:
        trim = _small_field(reader, edited, max_characters)
    if trim is None or len(trim.old.truncations) + len(trim.new.truncations) > MAX_COMPARED_TRUNCATIONS:
        return None
    return trim


def _small_field(reader: Reader, edited: EditedField, max_characters: int) -> TrimmedField | None:
    field, *rows = edited
    old, new = (reader.versions.wording(row._replace(text="")) for row in rows)
    texts = [str(getattr(article, field) or "") for article in (old, new)]
    return None if _are_too_long(texts, max_characters) else TrimmedField(field, old, new)


def _are_too_long(texts: Sequence[str], max_characters: int) -> bool:
    words = sum(len(text.split()) for text in texts)
    return sum(map(len, texts)) > max_characters or words > MAX_COMPARED_WORDS


def _trimmed_text(
    reader: Reader, old: VersionRow, new: VersionRow, max_characters: int
) -> TrimmedField | None:
    if len(old.text) + len(new.text) > MAX_SCANNED_CHARACTERS:
        return None
    olds, news = (row.text.split("\n\n") if row.text else [] for row in (old, new))
    head, tail = _same_ends(olds, news)
    old_end, new_end = len(olds) - tail, len(news) - tail
    inner = ["\n\n".join(olds[head:old_end]), "\n\n".join(news[head:new_end])]
    if _are_too_long(inner, max_characters):
        return None
    start = sum(len(paragraph) + len("\n\n") for paragraph in news[:head])
    first, second = (_inner(reader, row, text, start) for row, text in zip((old, new), inner, strict=True))
    return TrimmedField("text", first, second, news[:head], news[new_end:])


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many paragraphs at the start and at the end need no comparison."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    return max(head - CONTEXT_PARAGRAPHS, 0), max(tail - CONTEXT_PARAGRAPHS, 0)


def _inner(reader: Reader, row: VersionRow, text: str, start: int) -> Article:
    """Return a version with the part of its text that begins at ``start``, and the truncations in it."""
    article = reader.versions.wording(row._replace(text=text))
    cuts = (
        replace(cut, offset=cut.offset - start)
        for cut in article.truncations
        if cut.field == "text" and start <= cut.offset < start + len(text)
    )
    return replace(article, truncations=tuple(cuts))
