"""Faults that ``verify`` finds."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """A part of an archive that can be faulty.

    ``FILE``, ``PAYLOADS`` and ``CAPTURES`` are facts and cannot be repaired. ``WITNESSES`` are files next to
    the archive.
    """

    FILE = "file"
    PAYLOADS = "payloads"
    CAPTURES = "captures"
    SCHEMA = "schema"
    DICTIONARIES = "dictionaries"
    KEYS = "keys"
    FRONTIER = "frontier"
    ARTICLES = "articles"
    SECTIONS = "sections"
    SEARCH = "search"
    WITNESSES = "witnesses"


UNREADABLE = "not all could be checked: "  # with which the fault of a part begins that cannot be read


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, described in one line.

    ``id`` is the id of its payload, dictionary or article, or the number of its section.
    """

    part: FaultKind
    what: str
    id: int | None = None

    @property
    def is_unreadable(self) -> bool:
        """Whether the part could not be read to its end: then the file may be damaged anywhere."""
        return self.what.startswith(UNREADABLE)
