"""What an annotation of a row type says of its column.

``lead: Annotated[str | None, "The paragraph under the title."]`` is a column of text that may be NULL, with
its meaning. The aliases below are the types that SQLite does not have, and keys of other tables.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from inspect import getdoc
from types import NoneType, UnionType
from typing import Annotated, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

_Note = TypeVar("_Note")


class ColumnType(StrEnum):
    """The type of a column's values: the name that a table schema of Frictionless Data gives it."""

    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    BYTES = "bytes"
    BOOLEAN = "boolean"  # stored as 0 or 1
    TIME = "datetime"  # stored as text: UTC, with milliseconds
    DAY = "date"  # stored as text
    LIST = "array"  # stored as JSON


PLAIN_TYPES = {
    int: ColumnType.INTEGER,
    float: ColumnType.NUMBER,
    str: ColumnType.STRING,
    bytes: ColumnType.BYTES,
}
SQL_TYPES = {
    ColumnType.INTEGER: "INTEGER",
    ColumnType.BOOLEAN: "INTEGER",
    ColumnType.NUMBER: "REAL",
    ColumnType.BYTES: "BLOB",
}


@dataclass(frozen=True, slots=True)
class References:
    """The table whose ``id`` a column holds."""

    table: str


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a column's numbers, as Datasette abbreviates it."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """The type of the elements of a column's JSON lists: a dataclass, or ``str``."""

    element: type


@dataclass(frozen=True, slots=True)
class MeaningOf:
    """A row type whose column of the same name has the same meaning."""

    row_type: type


class Unique:
    """No two rows have the same value."""


Flag = Annotated[int, ColumnType.BOOLEAN]
Stamp = Annotated[str, ColumnType.TIME]
Day = Annotated[str, ColumnType.DAY]
Bytes = Annotated[int, Unit("B")]
Name = Annotated[str, Unique()]
Digest = Annotated[bytes, Unique()]

ArticleId = Annotated[int, References("articles")]
AuthorId = Annotated[int, References("authors")]
CaptureId = Annotated[int, References("captures")]
CrawlId = Annotated[int, References("crawls")]
DictionaryId = Annotated[int, References("dictionaries")]
PageId = Annotated[int, References("pages")]
PayloadId = Annotated[int, References("payloads")]
SectionId = Annotated[int, References("sections")]
TagId = Annotated[int, References("tags")]
VersionId = Annotated[int, References("versions")]


class Column(NamedTuple):
    """A column. ``element`` is the type of the elements of a list, None for other types."""

    name: str
    value_type: ColumnType
    nullable: bool
    meaning: str
    references: str | None
    unit: str | None
    unique: bool
    element: type | None

    @property
    def sql_type(self) -> str:
        """The type that SQLite stores."""
        return SQL_TYPES.get(self.value_type, "TEXT")


@cache
def columns_of(row_type: type) -> dict[str, Column]:
    """Return the columns of a row type by name, in order."""
    hints = get_type_hints(row_type, include_extras=True)
    return {name: _column(name, tuple(_notes(hint))) for name, hint in hints.items()}


def meaning_of(row_type: type) -> str:
    """Return what one row of a row type is: its docstring, as one line."""
    return " ".join((getdoc(row_type) or "").split())


def _notes(hint: object) -> Iterator[object]:
    """Yield the plain types and the notes of an annotation, those of an alias first."""
    if get_origin(hint) is Annotated:
        of, *notes = get_args(hint)
        yield from (*_notes(of), *notes)
    elif get_origin(hint) in (Union, UnionType):
        for of in get_args(hint):
            yield from _notes(of)
    else:
        yield hint


def _column(name: str, notes: tuple[object, ...]) -> Column:
    references, unit, elements = _note(References, notes), _note(Unit, notes), _note(ListOf, notes)
    same = _note(MeaningOf, notes)
    return Column(
        name=name,
        value_type=ColumnType.LIST if elements else _note(ColumnType, notes) or _plain_type(notes),
        nullable=NoneType in notes,
        meaning=columns_of(same.row_type)[name].meaning if same else _meaning(notes),
        references=references.table if references else None,
        unit=unit.name if unit else None,
        unique=_note(Unique, notes) is not None,
        element=elements.element if elements else None,
    )


def _note(kind: type[_Note], notes: Iterable[object]) -> _Note | None:
    return next((note for note in notes if isinstance(note, kind)), None)


def _plain_type(notes: Iterable[object]) -> ColumnType:
    return next(PLAIN_TYPES[note] for note in notes if isinstance(note, type) and note in PLAIN_TYPES)


def _meaning(notes: Iterable[object]) -> str:
    return next((note for note in notes if isinstance(note, str) and not isinstance(note, ColumnType)), "")
