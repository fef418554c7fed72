"""Same wording or not, and the versions any set of captures amounts to. Pure.

A version's identity is its editorial wording: title, lead, caption, dateline, date, authors and the
words of the body. Wrapping, paragraph breaks, related articles, tags and link targets are not part of
it; a cut is a wildcard of bounded length.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from archive.dump.grammar import CUT
from archive.model import Article, Author, Cut, Kind, Tag, Teaser
from archive.pagekey import page_key

Wording = tuple[object, ...]
Stretch = tuple[int, int]  # of places in a text, both ends in it
MOST_CUTS = 400  # in one field; a page of 10,000 words has some 100
MOST_PLACES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one capture says of its article. ``capture`` is the capture's id, ``at`` its time."""

    at: datetime
    capture: int
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A stretch of time in which every reading says the same. ``article`` is the best of them."""

    first_seen: datetime
    last_seen: datetime
    article: Article
    captures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """When something that drifts was first and last on the page."""

    first_seen: datetime
    last_seen: datetime


def versions(readings: Sequence[Reading]) -> list[Version]:
    """The versions of one article, oldest first. ``readings`` are in order of time.

    What does not differ from the version before extends it, so A→B→A is three versions.
    """
    found: list[Version] = []
    for reading in readings:
        if found and same_wording(found[-1].article, reading.article):
            found[-1] = extended(found[-1], reading)
        else:
            found.append(
                Version(
                    first_seen=reading.at,
                    last_seen=reading.at,
                    article=reading.article,
                    captures=(reading.capture,),
                )
            )
    return found


def extended(version: Version, reading: Reading) -> Version:
    """``version`` seen once more."""
    return Version(
        first_seen=version.first_seen,
        last_seen=reading.at,
        article=better(version.article, reading.article),
        captures=(*version.captures, reading.capture),
    )


def better(known: Article, new: Article) -> Article:
    """Of two readings of one wording the one that lost less; the known one if they are as good."""
    return new if len(new.cuts) < len(known.cuts) else known


def same_wording(known: Article, new: Article) -> bool:
    """Whether two readings can be of one wording. A cut place stands for what it may have lost."""
    if not known.cuts and not new.cuts:
        return wording(known) == wording(new)
    whole = known.published == new.published and known.dateline == new.dateline
    return (
        whole
        and all(_fits(field, known, new) for field in ("title", "lead", "caption", "text"))
        and (_names_cut(known, new) or _names(known) == _names(new))
    )


def wording(article: Article) -> Wording:
    """What must be equal for two whole readings to be of one version."""
    return (
        article.title,
        article.lead,
        article.caption,
        article.dateline,
        article.published,
        _names(article),
        body_words(article.text),
    )


def body_words(text: str) -> list[str]:
    """The words of a body; how they fall into lines, paragraphs and subheads is not wording."""
    return [word for word in text.split() if word != "##"]


def _names(article: Article) -> list[str]:
    return [author.name for author in article.authors]


def _names_cut(*articles: Article) -> bool:
    return any(cut.field == "authors" for article in articles for cut in article.cuts)


def _fits(field: str, known: Article, new: Article) -> bool:
    if max(len(_cuts(known, field)), len(_cuts(new, field))) > MOST_CUTS:
        return False
    known_text, known_limits = marked(known, field)
    new_text, new_limits = marked(new, field)
    if known_text == new_text:
        return True
    if known_limits and new_limits:
        return False
    if new_limits:
        return fits(new_text, new_limits, known_text)
    return bool(known_limits) and fits(known_text, known_limits, new_text)


def _cuts(article: Article, field: str) -> list[Cut]:
    return [cut for cut in article.cuts if cut.field == field]


def marked(article: Article, field: str) -> tuple[str, list[int | None]]:
    """A field's words with :data:`CUT` for the ``…`` of each cut, and how much each can have lost."""
    text = getattr(article, field) or ""
    cuts = _cuts(article, field)
    ends = [0, *(cut.offset + 1 for cut in cuts)]
    pieces = [text[end : cut.offset] for end, cut in zip(ends, cuts, strict=False)]
    return " ".join(body_words(CUT.join([*pieces, text[ends[-1] :]]))), [cut.most for cut in cuts]


def fits(cut_text: str, limits: Sequence[int | None], whole: str) -> bool:
    """Whether ``whole`` is ``cut_text`` with up to ``limits`` characters at each :data:`CUT`.

    Follows every place a fragment can end at, so no early match hides a later one; in a text made to
    have more such places than any real one, nothing fits.
    """
    first, *rest = cut_text.split(CUT)
    ends = [(len(first), len(first))] if whole.startswith(first) else []
    for fragment, most in zip(rest, limits, strict=True):
        begins = _widened(ends, most, len(whole))
        ends = list(islice(_matches(fragment, begins, whole), MOST_PLACES))
    return any(low <= len(whole) <= high for low, high in ends)


def _widened(ends: Iterable[Stretch], most: int | None, length: int) -> Iterator[Stretch]:
    """The places within ``most`` after any of ``ends``, each in one stretch; both in order."""
    reached = -1
    for low, high in ends:
        last = length if most is None else min(high + most, length)
        if last > reached:
            yield max(low, reached + 1), last
            reached = last


def _matches(fragment: str, begins: Iterable[Stretch], whole: str) -> Iterator[Stretch]:
    """Where ``fragment`` ends if it begins in one of these stretches."""
    for low, high in begins:
        if not fragment:
            yield low, high
            continue
        at = whole.find(fragment, low, high + len(fragment))
        while at >= 0:
            yield at + len(fragment), at + len(fragment)
            at = whole.find(fragment, at + 1, high + len(fragment))


def tag_spans(readings: Sequence[Reading]) -> dict[str, tuple[Tag, Span]]:
    """Every tag the article ever had, by name."""
    spans: dict[str, tuple[Tag, Span]] = {}
    for reading in readings:
        for tag in reading.article.tags:
            known, span = spans.get(tag.name, (tag, Span(reading.at, reading.at)))
            spans[tag.name] = (
                known if known.number is not None else tag,
                Span(span.first_seen, reading.at),
            )
    return spans


def authors(readings: Iterable[Reading]) -> dict[str, Author]:
    """Every author any reading names, with the number of their page if one tells it."""
    found: dict[str, Author] = {}
    for reading in readings:
        for author in reading.article.authors:
            if author.name not in found or found[author.name].number is None:
                found[author.name] = author
    return found


def related_spans(readings: Sequence[Reading]) -> dict[int | str, tuple[Teaser, Span]]:
    """Every related article, by number where a link tells it, else by title; each as last worded."""
    spans: dict[int | str, tuple[Teaser, Span]] = {}
    for reading in readings:
        for teaser in reading.article.related:
            number = article_number(teaser.target)
            name = teaser.title if number is None else number
            _, span = spans.get(name, (teaser, Span(reading.at, reading.at)))
            spans[name] = (teaser, Span(span.first_seen, reading.at))
    return spans


def article_number(target: str | None) -> int | None:
    """The article a link leads to, or None."""
    key = page_key(target) if target else None
    return key.number if key and key.kind is Kind.ARTICLE else None
