"""What ``verify`` found of published roots, printed as lines or as JSON fields."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import click

from archive.cli.output.printing import count
from archive.cli.output.progress import print_warning
from archive.timestamps import display_stamp
from archive.witness.checking import WitnessCheck
from archive.witness.comparison import PlacedRecord


def print_witnesses(check: WitnessCheck) -> None:
    if check.compared.holding:
        _print_roots(check.compared.holding, check.compared.added_later)
    by = Counter((stamp.by, stamp.lacks) for stamp in check.stamps)
    for (signer, _), number in by.items():
        last = max((one.at for one in check.stamps if one.by == signer and one.at), default=None)
        rest = f", the last on {display_stamp(last)}" if last else ""
        click.echo(f"stamped: {count(number, 'root')} by {signer}{rest}")
    for (signer, lacks), number in by.items():
        if lacks:
            print_warning(f"{count(number, 'stamp')} by {signer}: {lacks}")
    for note in check.notes:
        print_warning(note)


def _print_roots(holding: Sequence[PlacedRecord], later: int) -> None:
    roots, last = _distinct(holding), display_stamp(holding[-1].record.computed_at)
    rest = f"; {count(later, 'capture')} of earlier times came later" if later > 0 else ""
    click.echo(f"witnessed: {count(roots, 'published root')}, the last of {last}{rest}")


def witness_fields(check: WitnessCheck) -> dict[str, object]:
    holding = check.compared.holding
    return {
        "published_roots": _distinct(check.records),
        "published_roots_holding": _distinct(holding),
        "witnessed_until": holding[-1].record.computed_at if holding else None,
        "stamps": [{**asdict(stamp), "file": str(stamp.file)} for stamp in check.stamps],
        "stamps_unchecked": list(check.notes),
    }


def _distinct(records: Sequence[PlacedRecord]) -> int:
    return len({record.root for _, record in records})
