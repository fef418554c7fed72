"""What a page is made of: a place, in an archive, as of a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.republish.routes import Place
from archive.store import Reader, Section
from archive.timestamps import stamp


@dataclass(frozen=True, slots=True)
class Asked:
    """``at`` is the latest time that may be told of, None if that is now; ``words`` are searched."""

    archive: Reader
    place: Place
    at: datetime | None
    sections: Sequence[Section]
    words: str

    @property
    def prefix(self) -> str:
        return self.place.prefix

    @property
    def stamp(self) -> str | None:
        """``at``, as the archive has times."""
        return stamp(self.at) if self.at else None
