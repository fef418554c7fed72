"""What must be the same for two readings to be of one version, and all that readings tell of it. Pure.

A version's identity is its editorial wording: title, lead, caption, dateline, date, authors and the
words of the body. Wrapping, paragraph breaks, related articles, tags and link targets are not part of
it. A cut is a wildcard; where one of two readings has its umlauts written out, both are compared so.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from archive.dump.grammar import CUT
from archive.model import Article, Truncation
from archive.reading.alignment import Pattern
from archive.reading.truncation_match import join

FIELDS = ("title", "lead", "caption", "text")
Fields = dict[str, Pattern]  # by name; those a page does not have are empty
Name = str

UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"}
_FOLDS = str.maketrans(UMLAUTS)
# Whether Ü is written Ue or UE in capitals nobody has seen: both are the same here, and so is NEUE, NEUe.
_CAPITALS = re.compile(r"(?<=[AOU])E")


@dataclass(frozen=True, slots=True)
class Known:
    """All that readings of one wording tell of it.

    ``exact`` is what those tell that spell as the paper does, ``folds`` what all of them tell with the
    umlauts written out; None if there is no such reading. ``authors`` is None if a cut took some. It is not
    ``sure`` if its fields could be put together of two readings in other ways, of which this is one.
    """

    published: date | None
    authors: tuple[Name, ...] | None
    exact: Fields | None
    folds: Fields | None
    sure: bool = True

    @property
    def whole(self) -> bool:
        """Whether nothing is left to be known."""
        return self.exact is not None and all(pattern.whole for pattern in self.exact.values())


def known(article: Article) -> Known:
    """What one reading tells."""
    fields = {field: pattern(article, field) for field in FIELDS}
    names = tuple(author.name for author in article.authors)
    return Known(
        published=article.published,
        authors=None if any(cut.field == "authors" for cut in article.truncations) else names,
        exact=None if article.transliterated else fields,
        folds=_folded(fields) if article.transliterated else None,
    )


def same_wording(one: Article, other: Article) -> bool:
    """Whether two readings can be of one wording."""
    return joined(known(one), known(other)) is not None


def joined(one: Known, other: Known) -> Known | None:
    """What both tell together; None if they cannot be of one wording."""
    if one.published != other.published or not _same_authors(one, other):
        return None
    authors = other.authors if one.authors is None or (one.exact is None and other.exact) else one.authors
    exact, folds, sure = one.exact or other.exact, None, True
    if one.exact and other.exact:
        found = _joined_fields(one.exact, other.exact)
        if found is None:
            return None
        exact, sure = found
    if one.folds or other.folds:
        found = _joined_fields(_as_folds(one), _as_folds(other))
        if found is None:
            return None
        folds, sure = found[0], sure and found[1]
    both = Known(one.published, authors, exact, folds, sure)
    return replace(both, folds=None) if both.whole else both


def _same_authors(one: Known, other: Known) -> bool:
    if one.authors is None or other.authors is None or one.authors == other.authors:
        return True
    return bool(one.folds or other.folds) and [*map(fold, one.authors)] == [*map(fold, other.authors)]


def _joined_fields(one: Fields, other: Fields) -> tuple[Fields, bool] | None:
    """The fields that fit both, and whether no others do."""
    if one == other:
        return one, True
    fields: Fields = {}
    sure = True
    for field in FIELDS:
        both = join(one[field], other[field])
        if both is None:
            return None
        fields[field] = both.pattern
        sure = sure and both.sure
    return fields, sure


def _as_folds(one: Known) -> Fields:
    fields = one.folds or _folded(one.exact or {})
    assert fields, "every reading tells one or the other"
    return fields


def _folded(fields: Fields) -> Fields:
    return {field: folded(told) for field, told in fields.items()}


def folded(told: Pattern) -> Pattern:
    """A pattern with its umlauts written out. What it lost may have been nothing else, so twice as long."""
    return Pattern(fold(told.text), tuple(limit and 2 * limit for limit in told.limits))


def fold(text: str) -> str:
    """``text`` with its umlauts and ß written out: ``Größe`` → ``Groesse``."""
    return _CAPITALS.sub("e", text.translate(_FOLDS))


def pattern(article: Article, field: str) -> Pattern:
    """A field's words with :data:`CUT` for the ``…`` of each cut, and how much each can have lost.

    The text is taken with its dateline: where that ends cannot be told in every spelling.
    """
    text = getattr(article, field) or ""
    cuts = cuts_of(article, field)
    ends = [0, *(cut.offset + 1 for cut in cuts)]
    pieces = [text[end : cut.offset] for end, cut in zip(ends, cuts, strict=False)]
    words = body_words(CUT.join([*pieces, text[ends[-1] :]]))
    place = (article.dateline or "").split() if field == "text" else []
    return Pattern(" ".join(place + words), tuple(cut.max_missing for cut in cuts))


def cuts_of(article: Article, field: str) -> list[Truncation]:
    """The cuts of one field, in its order."""
    return sorted((cut for cut in article.truncations if cut.field == field), key=lambda cut: cut.offset)


def body_words(text: str) -> list[str]:
    """The words of a body; how they fall into lines, paragraphs and subheads is not wording."""
    words = text.split()
    return [word for word in words if word != "##"] if "##" in text else words
