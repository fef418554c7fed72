"""What ``verify --budget`` checked, printed as lines or as JSON fields."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import click

from archive.cli.output.printing import PENDING, count, when
from archive.cli.output.progress import print_warning
from archive.cli.output.runs import duration_words
from archive.cli.output.verification import print_faults, print_hints
from archive.shell_commands import command
from archive.store import CheckRun


class CheckedSlice(NamedTuple):
    """A run with a budget, how long it took, and the additions of users to the schema."""

    run: CheckRun
    took: timedelta
    added: Sequence[str]
    is_recorded: bool

    @property
    def runs_for_all(self) -> int:
        """About how many such runs check all parts."""
        return -(-len(self.run.units) // max(1, self.run.done))


def slice_fields(checked: CheckedSlice) -> dict[str, object]:
    """Return the fields of JSON."""
    run = checked.run
    payloads, articles, sections = run.read
    return {
        "sound": not run.faults,
        "parts": len(run.units),
        "parts_checked": run.done,
        "parts_checked_by_kind": dict(Counter(unit.kind for unit in run.done_units)),
        "parts_never_checked": run.never,
        "oldest_check": run.oldest,
        "runs_for_all_parts": checked.runs_for_all,
        "payloads": payloads,
        "articles": articles,
        "sections": sections,
        "unchanged": run.unchanged,
        "seconds": checked.took.total_seconds(),
        "recorded": checked.is_recorded,
        "faults": [asdict(fault) for fault in run.faults],
        "added": checked.added,
    }


def print_slice(path: Path, checked: CheckedSlice) -> None:
    """Print the faults, what was checked, and how much of the whole that is."""
    run = checked.run
    print_faults(run.faults, checked.added)
    if run.pending:
        print_warning(f"not checked: {PENDING.format(count(len(run.pending), 'part'))}")
    if run.waits_for_reparse:
        print_warning(f"articles and sections are not checked: run `{command('reparse', path)}` first")
    result = count(len(run.faults), "fault") if run.faults else "sound"
    took = duration_words(checked.took.total_seconds())
    click.echo(f"{result}: {run.done:,} of {count(len(run.units), 'part')} checked in {took}; {_read(run)}")
    if checked.is_recorded:
        click.echo(_coverage(checked))
    print_hints(path, run.faults)


def _read(run: CheckRun) -> str:
    payloads, articles, sections = run.read
    things = f"{count(payloads, 'page')}, {count(articles, 'article')} and {count(sections, 'section')} read"
    return f"{things}, {run.unchanged:,} unchanged since they were found sound" if run.unchanged else things


def _coverage(checked: CheckedSlice) -> str:
    """Say how old the oldest check is, and how many runs check everything."""
    run = checked.run
    never = f"{count(run.never, 'part')} not found sound yet" if run.never else "all parts were found sound"
    oldest = f", the oldest at {when(run.oldest)}" if run.oldest else ""
    return f"{never}{oldest}; about {count(checked.runs_for_all, 'such run')} for all"
