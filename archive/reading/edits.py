"""Which fields each version of an article edited. Pure; no other module decides it.

A version edits a field if no text fits both what it shows of the field and what all versions since the
last edit of that field show together. So a truncated title that fits the complete one is unknown, not edited;
and an edit that a truncated version in between could hide is found as soon as a version shows it.

The dateline and the text are compared as one, since not every spelling shows where the dateline ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from archive.model import Article
from archive.reading.alignment import Pattern
from archive.reading.history import merge_into
from archive.reading.same_wording import (
    FieldPatterns,
    Wording,
    field_pattern,
    merge_wordings,
    transliterate,
    transliterate_pattern,
    truncations_of,
    wording_of,
)
from archive.reading.typography import differs_in_marks_only, normalize_marks

EDITORIAL_FIELDS = ("title", "lead", "caption", "dateline", "published", "authors", "text")
# Every 32nd version starts a new stretch, so that the time for one more version does not grow with the
# history.
CHECKPOINT_INTERVAL = 32
_PARTS = ("title", "lead", "caption", "published", "authors", "text")  # the dateline is part of the text


class Edit(NamedTuple):
    """One field that a version edited.

    ``before`` is the index of the version to compare with: of those since the last edit of the field, the one
    that lost least of it, and the latest of equals. ``typography_only``: nothing else differs
    (:mod:`archive.reading.typography`).
    """

    field: str
    before: int
    typography_only: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Versions in a row whose part of the page can be one text.

    ``shown`` is what they show together, ``best`` the index of the one that shows most.
    """

    shown: list[Wording]
    best: int


def find_edits(history: Sequence[Article]) -> list[list[Edit]]:
    """Return the edits of each version, in the order of :data:`EDITORIAL_FIELDS`; none for the first."""
    if len(history) == 1:
        return [[]]
    stretches: dict[str, _Stretch] = {}
    return [
        sorted(_edits_of(history, at, stretches), key=lambda edit: EDITORIAL_FIELDS.index(edit.field))
        for at in range(len(history))
    ]


def history_start(at: int) -> int:
    """Return the index where a history may start, to find the edits of versions from ``at`` on."""
    return max(at - 1, 0) // CHECKPOINT_INTERVAL * CHECKPOINT_INTERVAL


def edited_fields(old: Article, new: Article) -> list[str]:
    """Return the fields that differ between two wordings, in the order of :data:`EDITORIAL_FIELDS`."""
    return [edit.field for edit in find_edits([old, new])[1]]


def _edits_of(history: Sequence[Article], at: int, stretches: dict[str, _Stretch]) -> Iterator[Edit]:
    """Yield the edits of one version, and extend or replace the stretches."""
    shown = wording_of(history[at])
    for part in _PARTS:
        stretch, now = stretches.get(part), _part(shown, part)
        both = merge_into(stretch.shown, now) if stretch else None
        if stretch and both and at % CHECKPOINT_INTERVAL:
            best = min(at, stretch.best, key=lambda version: _loss(history[version], part))
            stretches[part] = _Stretch(both, best)
        else:
            if stretch and not both:
                yield from _edited(history, part, stretch.best, at)
            stretches[part] = _Stretch([now], at)


def _loss(article: Article, part: str) -> tuple[bool, int]:
    return article.transliterated, len(truncations_of(article, part))


def _edited(history: Sequence[Article], part: str, before: int, at: int) -> Iterator[Edit]:
    old, new = history[before], history[at]
    typography = _is_typography(old, new, part)
    if part != "text":
        yield Edit(part, before, typography)
        return
    dateline = not _same_dateline(old, new)
    if dateline:
        yield Edit("dateline", before, typography)
    if not dateline or _texts_differ(old, new):
        yield Edit("text", before, typography)


def _same_dateline(old: Article, new: Article) -> bool:
    one, other = old.dateline or "", new.dateline or ""
    return (
        transliterate(one) == transliterate(other)
        if old.transliterated or new.transliterated
        else one == other
    )


def _texts_differ(old: Article, new: Article) -> bool:
    """Return whether two texts differ, ignoring their datelines."""
    one, other = (_part(wording_of(replace(article, dateline=None)), "text") for article in (old, new))
    return merge_wordings(one, other) is None


def _part(shown: Wording, part: str) -> Wording:
    """Return the wording of one part of a page, with all other parts empty."""
    return Wording(
        published=shown.published if part == "published" else None,
        authors=shown.authors if part == "authors" else (),
        as_spelled=_only(shown.as_spelled, part),
        transliterated=_only(shown.transliterated, part),
        is_certain=shown.is_certain,
    )


def _only(fields: FieldPatterns | None, part: str) -> FieldPatterns | None:
    return fields and {field: shown if field == part else Pattern("") for field, shown in fields.items()}


def _is_typography(old: Article, new: Article, part: str) -> bool:
    if part == "published":
        return False
    if part == "authors":
        one, other = ([normalize_marks(author.name) for author in each.authors] for each in (old, new))
        return one == other
    first, second = field_pattern(old, part), field_pattern(new, part)
    if old.transliterated or new.transliterated:
        first, second = transliterate_pattern(first), transliterate_pattern(second)
    return differs_in_marks_only(first, second)
