"""A request for a page: a route, in an archive, at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.republish.routes import Route
from archive.store import Reader, Section
from archive.timestamps import stamp


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request. Nothing after ``at`` is shown; None means now. ``words`` are those of a search."""

    archive: Reader
    place: Route
    at: datetime | None
    sections: Sequence[Section]
    words: str

    @property
    def prefix(self) -> str:
        return self.place.prefix

    @property
    def stamp(self) -> str | None:
        """Return ``at`` as a stamp."""
        return stamp(self.at) if self.at else None
