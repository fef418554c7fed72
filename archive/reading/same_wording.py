"""The editorial wording that identifies a version, and how two readings of it are merged. Pure.

A version's identity is its editorial wording: title, lead, caption, dateline, date, authors and the
words of the body. Wrapping, paragraph breaks, related articles, tags and link targets are not part of
it. A truncation is a wildcard; if one of two readings is transliterated, both are compared so.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from archive.dump.grammar import MISSING
from archive.model import Article, Truncation
from archive.reading.alignment import Pattern
from archive.reading.truncation_merge import merge_patterns
from archive.text.indexed_text import body_words

WORDING_FIELDS = ("title", "lead", "caption", "text")
FieldPatterns = dict[str, Pattern]  # by field; empty for fields that a page lacks
Name = str

TRANSLITERATIONS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"}
_FOLDS = str.maketrans(TRANSLITERATIONS)
# Ü may be Ue or UE among capitals, so both are the same here; NEUE and NEUe are the price.
_CAPITALS = re.compile(r"(?<=[AOU])E")


@dataclass(frozen=True, slots=True)
class Wording:
    """What readings show of one wording.

    ``as_spelled`` has the fields of the readings with umlauts, ``transliterated`` those of all readings,
    transliterated; None if there is no such reading. ``authors`` is None if some were truncated.
    ``is_certain`` is False if two readings can be merged in several ways, of which this is one.
    """

    published: date | None
    authors: tuple[Name, ...] | None
    as_spelled: FieldPatterns | None
    transliterated: FieldPatterns | None
    is_certain: bool = True

    @property
    def is_complete(self) -> bool:
        """Return whether all fields are complete."""
        return self.as_spelled is not None and all(
            field_pattern.is_complete for field_pattern in self.as_spelled.values()
        )


def wording_of(article: Article) -> Wording:
    """Return the wording of one reading."""
    fields = {field: field_pattern(article, field) for field in WORDING_FIELDS}
    names = tuple(author.name for author in article.authors)
    return Wording(
        published=article.published,
        authors=None if any(cut.field == "authors" for cut in article.truncations) else names,
        as_spelled=None if article.transliterated else fields,
        transliterated=_transliterate_fields(fields) if article.transliterated else None,
    )


def same_wording(one: Article, other: Article) -> bool:
    """Return whether two readings can be of one wording."""
    return merge_wordings(wording_of(one), wording_of(other)) is not None


def merge_wordings(one: Wording, other: Wording) -> Wording | None:
    """Return what both show together; None if they cannot be one wording."""
    if one.published != other.published or not _same_authors(one, other):
        return None
    authors = (
        other.authors if one.authors is None or (one.as_spelled is None and other.as_spelled) else one.authors
    )
    exact, folds, sure = one.as_spelled or other.as_spelled, None, True
    if one.as_spelled and other.as_spelled:
        found = _joined_fields(one.as_spelled, other.as_spelled)
        if found is None:
            return None
        exact, sure = found
    if one.transliterated or other.transliterated:
        found = _joined_fields(_transliterated_fields(one), _transliterated_fields(other))
        if found is None:
            return None
        folds, sure = found[0], sure and found[1]
    both = Wording(one.published, authors, exact, folds, sure)
    return replace(both, transliterated=None) if both.is_complete else both


def _same_authors(one: Wording, other: Wording) -> bool:
    if one.authors is None or other.authors is None or one.authors == other.authors:
        return True
    return bool(one.transliterated or other.transliterated) and [*map(transliterate, one.authors)] == [
        *map(transliterate, other.authors)
    ]


def _joined_fields(one: FieldPatterns, other: FieldPatterns) -> tuple[FieldPatterns, bool] | None:
    """Return the merged fields, and whether they are the only ones possible; None if they differ."""
    if one == other:
        return one, True
    fields: FieldPatterns = {}
    sure = True
    for field in WORDING_FIELDS:
        both = merge_patterns(one[field], other[field])
        if both is None:
            return None
        fields[field] = both.pattern
        sure = sure and both.is_certain
    return fields, sure


def _transliterated_fields(one: Wording) -> FieldPatterns:
    return one.transliterated or _transliterate_fields(one.as_spelled or {})


def _transliterate_fields(fields: FieldPatterns) -> FieldPatterns:
    return {field: transliterate_pattern(shown) for field, shown in fields.items()}


def transliterate_pattern(shown: Pattern) -> Pattern:
    """Return a pattern with umlauts transliterated; its limits double, as each missing letter may be one."""
    return Pattern(transliterate(shown.text), tuple(limit and 2 * limit for limit in shown.limits))


def transliterate(text: str) -> str:
    """Return ``text`` with umlauts and ß transliterated: ``Größe`` → ``Groesse``."""
    return _CAPITALS.sub("e", text.translate(_FOLDS))


def field_pattern(article: Article, field: str) -> Pattern:
    """Return the words of a field with :data:`MISSING` at each truncation, and the limits of these.

    The text includes its dateline, since not every spelling shows where that ends.
    """
    text = getattr(article, field) or ""
    cuts = truncations_of(article, field)
    ends = [0, *(cut.offset + 1 for cut in cuts)]
    pieces = [text[end : cut.offset] for end, cut in zip(ends, cuts, strict=False)]
    words = body_words(MISSING.join([*pieces, text[ends[-1] :]]))
    place = (article.dateline or "").split() if field == "text" else []
    return Pattern(" ".join(place + words), tuple(cut.max_missing for cut in cuts))


def truncations_of(article: Article, field: str) -> list[Truncation]:
    """Return the truncations of one field by offset."""
    return sorted((cut for cut in article.truncations if cut.field == field), key=lambda cut: cut.offset)
