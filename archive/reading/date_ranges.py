"""Date ranges of what changes on a page without an edit: tags and related articles. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.model import Author, Kind, Tag, Teaser
from archive.pagekey import page_key
from archive.reading.history import Reading


@dataclass(frozen=True, slots=True)
class DateRange:
    """When a tag or related article was first and last on the page."""

    first_seen: datetime
    last_seen: datetime


def tag_ranges(readings: Sequence[Reading]) -> dict[str, tuple[Tag, DateRange]]:
    """Return every tag that any reading has, with its date range, by name."""
    spans: dict[str, tuple[Tag, DateRange]] = {}
    for reading in readings:
        for tag in reading.article.tags:
            known, first_seen = tag, reading.captured_at
            if before := spans.get(tag.name):
                known, first_seen = before[0] if before[0].number is not None else tag, before[1].first_seen
            spans[tag.name] = known, DateRange(first_seen, reading.captured_at)
    return spans


def authors_by_name(readings: Iterable[Reading]) -> dict[str, Author]:
    """Return every author that any reading names, by name, with the number of their page if known."""
    found: dict[str, Author] = {}
    for reading in readings:
        for author in reading.article.authors:
            if author.name not in found or found[author.name].number is None:
                found[author.name] = author
    return found


def related_ranges(readings: Sequence[Reading]) -> dict[int | str, tuple[Teaser, DateRange]]:
    """Return every related article with its date range, by number or else by title, as last worded."""
    spans: dict[int | str, tuple[Teaser, DateRange]] = {}
    for reading in readings:
        for teaser in reading.article.related:
            number = article_number(teaser.target)
            name = teaser.title if number is None else number
            whole, first_seen = teaser, reading.captured_at
            if before := spans.get(name):
                whole, first_seen = restore_truncated(before[0], teaser), before[1].first_seen
            spans[name] = whole, DateRange(first_seen, reading.captured_at)
    return spans


def restore_truncated(known: Teaser, new: Teaser) -> Teaser:
    """Return ``new`` with each truncated part replaced by the known one that it fits."""
    title, text = untruncated(known.title, new.title), untruncated(known.text, new.text)
    assert title is not None
    return replace(new, title=title, text=text)


def untruncated(known: str | None, new: str | None) -> str | None:
    """Return ``known`` if it fits ``new`` with each ``…`` filled, else ``new``."""
    if known is None or new is None or "…" not in new:
        return new
    first, *middle, last = (piece.strip("\ufffd ") for piece in new.split("…"))
    if not (known.startswith(first) and known.endswith(last)):
        return new
    at = len(first)
    for piece in middle:
        at = known.find(piece, at) + len(piece)
        if at < len(piece):  # not found
            return new
    return known if at <= len(known) - len(last) else new


def article_number(target: str | None) -> int | None:
    """Return the number of the article that a link leads to, or None."""
    key = page_key(target) if target else None
    return key.number if key and key.kind is Kind.ARTICLE else None
