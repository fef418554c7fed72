"""A stamp that was checked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive.witness.kept_records import KeptRecord


@dataclass(frozen=True, slots=True)
class CheckedStamp:
    """A sound stamp of a record: who made it, and when, a stamp of time, if it says so.

    ``lacks`` says what could not be checked, and what to do; it is empty if all was.
    """

    file: Path
    by: str
    at: str | None
    lacks: str = ""


# Checks the bytes of a file as a stamp of a record. Raises InvalidStamp.
StampChecker = Callable[[KeptRecord, Path, bytes], CheckedStamp]
