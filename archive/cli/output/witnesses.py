"""What ``verify`` found of published roots, printed as lines or as JSON fields."""

from collections.abc import Sequence

import click

from archive.cli.output.printing import count
from archive.timestamps import display_stamp
from archive.witness.checking import WitnessCheck
from archive.witness.comparison import PlacedRecord


def print_witnesses(check: WitnessCheck) -> None:
    holding, later = check.compared.holding, check.compared.added_later
    if not holding:
        return
    roots, last = _distinct(holding), display_stamp(holding[-1].record.computed_at)
    rest = f"; {count(later, 'capture')} of earlier times came later" if later > 0 else ""
    click.echo(f"witnessed: {count(roots, 'published root')}, the last of {last}{rest}")


def witness_fields(check: WitnessCheck) -> dict[str, object]:
    holding = check.compared.holding
    return {
        "published_roots": _distinct(check.records),
        "published_roots_holding": _distinct(holding),
        "witnessed_until": holding[-1].record.computed_at if holding else None,
    }


def _distinct(records: Sequence[PlacedRecord]) -> int:
    return len({record.root for _, record in records})
