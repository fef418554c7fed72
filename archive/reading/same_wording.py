"""What must be the same for two readings to be of one version, and all that readings tell of it. Pure.

A version's identity is its editorial wording: title, lead, caption, dateline, date, authors and the
words of the body. Wrapping, paragraph breaks, related articles, tags and link targets are not part of
it. A cut is a wildcard; where one of two readings has its umlauts written out, both are compared so.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from archive.dump.grammar import MISSING
from archive.model import Article, Truncation
from archive.reading.alignment import Pattern
from archive.reading.truncation_match import merge_patterns

WORDING_FIELDS = ("title", "lead", "caption", "text")
FieldPatterns = dict[str, Pattern]  # by name; those a page does not have are empty
Name = str

TRANSLITERATIONS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"}
_FOLDS = str.maketrans(TRANSLITERATIONS)
# Whether Ü is written Ue or UE in capitals nobody has seen: both are the same here, and so is NEUE, NEUe.
_CAPITALS = re.compile(r"(?<=[AOU])E")


@dataclass(frozen=True, slots=True)
class Wording:
    """All that readings of one wording tell of it.

    ``exact`` is what those tell that spell as the paper does, ``folds`` what all of them tell with the
    umlauts written out; None if there is no such reading. ``authors`` is None if a cut took some. It is not
    ``sure`` if its fields could be put together of two readings in other ways, of which this is one.
    """

    published: date | None
    authors: tuple[Name, ...] | None
    as_spelled: FieldPatterns | None
    transliterated: FieldPatterns | None
    is_certain: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to be known."""
        return self.as_spelled is not None and all(
            field_pattern.is_complete for field_pattern in self.as_spelled.values()
        )


def wording_of(article: Article) -> Wording:
    """What one reading tells."""
    fields = {field: field_pattern(article, field) for field in WORDING_FIELDS}
    names = tuple(author.name for author in article.authors)
    return Wording(
        published=article.published,
        authors=None if any(cut.field == "authors" for cut in article.truncations) else names,
        as_spelled=None if article.transliterated else fields,
        transliterated=_folded(fields) if article.transliterated else None,
    )


def same_wording(one: Article, other: Article) -> bool:
    """Whether two readings can be of one wording."""
    return merge_wordings(wording_of(one), wording_of(other)) is not None


def merge_wordings(one: Wording, other: Wording) -> Wording | None:
    """What both tell together; None if they cannot be of one wording."""
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
        found = _joined_fields(_as_folds(one), _as_folds(other))
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
    """The fields that fit both, and whether no others do."""
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


def _as_folds(one: Wording) -> FieldPatterns:
    fields = one.transliterated or _folded(one.as_spelled or {})
    assert fields, "every reading tells one or the other"
    return fields


def _folded(fields: FieldPatterns) -> FieldPatterns:
    return {field: transliterate_pattern(told) for field, told in fields.items()}


def transliterate_pattern(told: Pattern) -> Pattern:
    """A pattern with its umlauts written out. What it lost may have been nothing else, so twice as long."""
    return Pattern(transliterate(told.text), tuple(limit and 2 * limit for limit in told.limits))


def transliterate(text: str) -> str:
    """``text`` with its umlauts and ß written out: ``Größe`` → ``Groesse``."""
    return _CAPITALS.sub("e", text.translate(_FOLDS))


def field_pattern(article: Article, field: str) -> Pattern:
    """A field's words with :data:`MISSING` for the ``…`` of each cut, and how much each can have lost.

    The text is taken with its dateline: where that ends cannot be told in every spelling.
    """
    text = getattr(article, field) or ""
    cuts = truncations_of(article, field)
    ends = [0, *(cut.offset + 1 for cut in cuts)]
    pieces = [text[end : cut.offset] for end, cut in zip(ends, cuts, strict=False)]
    words = body_words(MISSING.join([*pieces, text[ends[-1] :]]))
    place = (article.dateline or "").split() if field == "text" else []
    return Pattern(" ".join(place + words), tuple(cut.max_missing for cut in cuts))


def truncations_of(article: Article, field: str) -> list[Truncation]:
    """The cuts of one field, in its order."""
    return sorted((cut for cut in article.truncations if cut.field == field), key=lambda cut: cut.offset)


def body_words(text: str) -> list[str]:
    """The words of a body; how they fall into lines, paragraphs and subheads is not wording."""
    words = text.split()
    return [word for word in words if word != "##"] if "##" in text else words
