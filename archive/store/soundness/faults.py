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


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, described in one line.

    ``id`` is the id of its payload, dictionary or article, or the number of its section.
    """

    part: FaultKind
    what: str
    id: int | None = None
