"""Print results: tables and colours on a terminal, plain text in a pipe, JSON for programs.

Text of pages is never read as markup of rich, and text in a pipe is neither truncated nor wrapped. Control
characters in an archive are never printed, except line ends and tabs.
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import starmap
from typing import NamedTuple

import click
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from archive.dump.grammar import without_controls
from archive.timestamps import minute_of, stamp, zone


class TableColumn(NamedTuple):
    """A column. A ``wide`` one is truncated to fit the terminal; ``right`` aligns numbers."""

    name: str
    right: bool = False
    wide: bool = False


Cell = str | int | None
PENDING = "{}, left by an interrupted merge or repair; the next command that writes derives them"
_GAP = "  "
_C1_CONTROLS = re.compile(r"[\x7f-\x9f]")  # 9b begins a terminal command


def terminal() -> Console | None:
    """Return stdout's terminal; None if stdout is a pipe or file."""
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    return console if console.is_terminal else None


def coloured() -> bool:
    """Return whether to use colours: on a terminal that has them, unless NO_COLOR is set."""
    console = terminal()
    return console is not None and console.color_system is not None and not console.no_color


def print_table(columns: Sequence[TableColumn], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows below the names of their columns."""
    cells = [[column.name for column in columns], *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(cell_len(row[at]) for row in cells) for at in range(len(columns))]
    console = terminal()
    if console:
        widths = _fitted(columns, widths, console.width)
    for row in cells:
        line = _GAP.join(starmap(_cell, zip(columns, row, widths, strict=True))).rstrip()
        if console:
            console.print(
                Text(line, style="bold" if row is cells[0] else ""), no_wrap=True, overflow="ellipsis"
            )
        else:
            click.echo(line)


def _fitted(columns: Sequence[TableColumn], widths: Sequence[int], room: int) -> list[int]:
    """Return ``widths``, those of wide columns reduced to fit, but not below the width of their names."""
    missing = sum(widths) + len(_GAP) * (len(columns) - 1) - room
    return [
        max(width - max(missing, 0), len(column.name)) if column.wide else width
        for column, width in zip(columns, widths, strict=True)
    ]


def _cell(column: TableColumn, text: str, width: int) -> str:
    cell = Text(text)
    cell.truncate(width, overflow="ellipsis")
    cell.align("right" if column.right else "left", width)
    return cell.plain


def _plain(cell: Cell) -> str:
    return "" if cell is None else without_controls(str(cell))


def print_text(text: Text, *, indent: int = 0) -> None:
    """Print text: wrapped and coloured on a terminal, as one line in a pipe."""
    text.plain = without_controls(text.plain)  # keeps the length, and so the places of styles
    if console := terminal():
        console.print(Padding(text, (0, 0, 0, indent), expand=False))
    else:
        click.echo(" " * indent + text.plain)


def print_page(text: str) -> None:
    """Print a document that ends with a line end."""
    click.echo(without_controls(text), nl=False)


def print_json(value: object) -> None:
    click.echo(_written(value, indent=2))


def print_json_rows(rows: Iterable[object]) -> None:
    """Print a JSON array, one row a line, as sqlite-utils does."""
    click.echo("[" + ",\n ".join(map(_written, rows)) + "]")


def _written(value: object, indent: int | None = None) -> str:
    """Return JSON in which all control characters are escaped; json escapes only those of ASCII."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_json)
    return _C1_CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _json(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")


def print_none(what: str) -> None:
    """Print on stderr that a command found nothing, which is not an error: the exit code is 0."""
    click.echo(f"No {what}.", err=True)


def print_zone() -> None:
    """Print on stderr in which zone the times are that a command printed."""
    click.echo(f"Time zone: {zone()}.", err=True)


def when(time: str | None) -> str:
    """Return a stamp as ``2025-04-10 14:00``; empty for None."""
    return minute_of(time) if time else ""


def count(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 version``, ``1,200 versions``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Return a number of bytes as ``812 B``, ``4.2 MB``."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 - units of a thousand
            break
        amount /= 1000
    return f"{amount:.0f} B" if unit == "B" else f"{amount:,.1f} {unit}"
