"""Where an article stood, by section: from when to when, and its places over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from archive.store import ArticlePlace

MAX_SHOWN_PLACES = 30  # of a section, on one page


@dataclass(frozen=True, slots=True)
class SectionStay:
    """An article on the page of a section, or on the front page (0). Times are stamps.

    ``places`` are the last ones, up to :data:`MAX_SHOWN_PLACES`; ``hidden`` counts earlier ones.
    """

    section: int
    name: str
    first_seen: str
    last_seen: str
    first: int
    best: int
    last: int
    places: Sequence[ArticlePlace]
    hidden: int


def stays(places: Sequence[ArticlePlace]) -> Iterator[SectionStay]:
    """Yield the stays of an article, from its places ordered by section and time."""
    for section, found in groupby(places, key=lambda place: place.section):
        group = list(found)
        latest = max(group, key=lambda place: place.last_seen)
        yield SectionStay(
            section=section,
            name=group[0].name,
            first_seen=group[0].first_seen,
            last_seen=latest.last_seen,
            first=group[0].position,
            best=min(place.position for place in group),
            last=latest.position,
            places=group[-MAX_SHOWN_PLACES:],
            hidden=max(len(group) - MAX_SHOWN_PLACES, 0),
        )
