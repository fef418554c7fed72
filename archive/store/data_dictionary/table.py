"""Origins of tables, and the description of a table."""

from dataclasses import dataclass
from enum import StrEnum

from archive.store.data_dictionary.column import Column, columns_of, meaning_of


class Origin(StrEnum):
    """Where a table's rows come from, and whether they can be rebuilt."""

    FACT = "facts"  # as received; cannot be rebuilt
    DERIVED = "derived"  # computed from captures; can be rebuilt
    STATE = "state"  # the frontier and the history of runs and checks
    INTERNAL = "internal"  # tables of SQLite and sqlite-utils


ORIGINS = {
    Origin.FACT: "Facts, as received. All other tables about the paper are derived from them.",
    Origin.DERIVED: "Derived from captures: the same captures give the same rows in every archive.",
    Origin.STATE: "The frontier and the history of runs and checks, which later runs continue from.",
    Origin.INTERNAL: "Search index and migrations.",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view. ``key`` has the columns of the primary key; empty: it has none."""

    origin: Origin
    row_type: type
    key: tuple[str, ...] = ("id",)

    @property
    def rows(self) -> str:
        """What one row is."""
        return meaning_of(self.row_type)

    @property
    def columns(self) -> dict[str, Column]:
        """The columns by name, in the table's own order."""
        return columns_of(self.row_type)
