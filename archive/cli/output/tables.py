"""How results look: tables and colour on a terminal, plain text in a pipe, JSON for programs.

Nothing of a page is ever read as markup of rich's, and nothing in a pipe is cut or wrapped. A stranger's
archive can hold any character; no control character of it is written but line ends and tabs.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import starmap
from typing import NamedTuple, TypeVar

import click
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from archive.dump.grammar import without_controls
from archive.timestamps import stamp

Command = TypeVar("Command", bound=Callable[..., object])


class Column(NamedTuple):
    """``wide`` takes what room there is, and is cut where there is none; ``right`` is for numbers."""

    name: str
    right: bool = False
    wide: bool = False


Cell = str | int | None
GAP = "  "
BEYOND_ASCII = re.compile(r"[\x7f-\x9f]")  # control characters; 9b begins a command of a terminal


def limit_option(default: int) -> Callable[[Command], Command]:
    """``--limit``: how many results."""
    return click.option(
        "--limit", type=click.IntRange(min=0), default=default, show_default=True, help="How many; 0 for all."
    )


def terminal() -> Console | None:
    """The terminal that stdout is, or None if it is a pipe or file."""
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    return console if console.is_terminal else None


def coloured() -> bool:
    """Whether colours tell anything: on a terminal that has some, where NO_COLOR does not forbid it."""
    console = terminal()
    return console is not None and console.color_system is not None and not console.no_color


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Rows under their columns' names."""
    cells = [[column.name for column in columns], *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(cell_len(row[at]) for row in cells) for at in range(len(columns))]
    console = terminal()
    if console:
        widths = _fitted(columns, widths, console.width)
    for row in cells:
        line = GAP.join(starmap(_cell, zip(columns, row, widths, strict=True))).rstrip()
        if console:
            console.print(
                Text(line, style="bold" if row is cells[0] else ""), no_wrap=True, overflow="ellipsis"
            )
        else:
            click.echo(line)


def _fitted(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """``widths`` with those of wide columns made to fit, but never narrower than their names."""
    missing = sum(widths) + len(GAP) * (len(columns) - 1) - room
    return [
        max(width - max(missing, 0), len(column.name)) if column.wide else width
        for column, width in zip(columns, widths, strict=True)
    ]


def _cell(column: Column, text: str, width: int) -> str:
    cell = Text(text)
    cell.truncate(width, overflow="ellipsis")
    cell.align("right" if column.right else "left", width)
    return cell.plain


def _plain(cell: Cell) -> str:
    return "" if cell is None else without_controls(str(cell))


def print_text(text: Text, *, indent: int = 0) -> None:
    """A line of text: on a terminal wrapped and in colour, in a pipe as it is, on one line."""
    text.plain = without_controls(text.plain)  # of the same length, so that styles stay in place
    if console := terminal():
        console.print(Padding(text, (0, 0, 0, indent), expand=False))
    else:
        click.echo(" " * indent + text.plain)


def print_page(text: str) -> None:
    """A whole document, which ends with its own line end."""
    click.echo(without_controls(text), nl=False)


def print_json(value: object) -> None:
    """One value, indented."""
    click.echo(_written(value, indent=2))


def print_json_rows(rows: Iterable[object]) -> None:
    """An array, one row a line, as sqlite-utils prints it."""
    click.echo("[" + ",\n ".join(map(_written, rows)) + "]")


def _written(value: object, indent: int | None = None) -> str:
    """JSON in which control characters are escaped; json leaves those beyond ASCII as they are."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_json)
    return BEYOND_ASCII.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _json(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    assert isinstance(value, date), f"{value!r} has no form in JSON"
    return value.isoformat()


def print_none(what: str) -> None:
    """Say that a command found nothing: a result, and no failure. Stdout stays empty, and the exit code 0."""
    click.echo(f"No {what}.", err=True)


def when(time: str | None) -> str:
    """A stamp → ``2025-04-10 12:00``; nothing for none."""
    return f"{time[:10]} {time[11:16]}" if time else ""


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 version``, ``1,200 versions``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Bytes as people read them: ``812 B``, ``4.2 MB``."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 - units of a thousand
            break
        amount /= 1000
    return f"{amount:.0f} B" if unit == "B" else f"{amount:,.1f} {unit}"
