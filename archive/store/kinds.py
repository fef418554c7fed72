"""The kinds of tables there are in an archive, and what is said of each table."""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a table's rows come from, and so what losing them would mean."""

    FACT = "facts"  # as received; nothing can bring it back
    DERIVED = "derived"  # follows from captures alone, and can be rebuilt from them
    STATE = "state"  # what the program needs to go on: the frontier and the run history
    INTERNAL = "internal"  # SQLite's and sqlite-utils' own


ORIGINS = {
    Origin.FACT: "Facts, as received. All else that is known of the paper follows from them.",
    Origin.DERIVED: "Derived from captures by pure code: the same captures give the same rows anywhere.",
    Origin.STATE: "The frontier and the run history: what a crawl needs to go on where the last one stopped.",
    Origin.INTERNAL: "Search index and migrations.",
}


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` says what one row is; ``columns`` are in the table's own order."""

    origin: Origin
    rows: str
    columns: dict[str, str]
