"""What ``verify`` found, printed as lines or as JSON fields."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import NamedTuple

import click

from archive.cli.output.printing import PENDING, count
from archive.cli.output.progress import abridged, print_warning
from archive.dump.grammar import clean
from archive.shell_commands import command
from archive.store import Fault, FaultKind, VerifyPlan

MAX_FAULTS_LISTED = 20  # of each part
_FACT_PARTS = (FaultKind.FILE, FaultKind.PAYLOADS, FaultKind.CAPTURES, FaultKind.WITNESSES)
_HINTS = {
    FaultKind.PAYLOADS: "the bytes of pages are lost: `taz-archive merge {path} BACKUP.db` restores them from"
    " any archive that has them; `taz-archive crawl {path}` fetches the pages as they are now",
    FaultKind.CAPTURES: "captures were changed, removed or inserted after they had been added: an earlier"
    " backup has them as they were. If only published roots differ, are they of this archive?",
    FaultKind.WITNESSES: "records of published roots, or their stamps, are not as they were written: compare"
    " them with the published ones; `taz-archive verify {path} --root FILE` checks those",
    FaultKind.FILE: "the file itself is damaged: `taz-archive verify --repair {path}` rebuilds it if all"
    " captures and pages are intact; otherwise `taz-archive merge NEW.db {path}` rescues what is readable",
}
_REPAIR_HINT = "`taz-archive verify --repair {path}` restores the schema and derives all other rows again"


class Verification(NamedTuple):
    """What was verified, the faults found, and the additions of users to the schema.

    ``unchanged`` counts, by part, what was found sound before and not checked again.
    """

    planned: VerifyPlan
    found: list[Fault]
    added: list[str]
    unchanged: Counter[str]

    @property
    def derived(self) -> int:
        """The number of articles derived again."""
        return len(self.planned.articles) - self.unchanged[FaultKind.ARTICLES]


def verification_fields(checked: Verification, done: Counter[str]) -> dict[str, object]:
    return {
        "sound": not checked.found,
        "payloads": len(checked.planned.payloads),
        "articles": checked.planned.all_articles,
        "articles_derived": checked.derived,
        "pending": checked.planned.pending,
        "articles_unchanged": checked.unchanged[FaultKind.ARTICLES],
        "faults": [asdict(fault) for fault in checked.found],
        "added": checked.added,
        "repaired": dict(done),
    }


def print_verification(path: Path, checked: Verification, done: Counter[str]) -> None:
    for what, number in done.items():
        click.echo(f"repaired: {what}" + (f": {number:,}" if number > 1 else ""))
    print_faults(checked.found, checked.added)
    if checked.planned.pending:
        pending = count(checked.planned.pending, "pending page")
        print_warning(f"not checked: {PENDING.format(pending)}")
    scope = f"{count(len(checked.planned.payloads), 'page')} stored, {_articles(path, checked)}"
    if not checked.found:
        click.echo(f"sound: {scope}")
        return
    click.echo(f"{count(len(checked.found), 'fault')}: {scope}")
    print_hints(path, checked.found)


def print_faults(found: Sequence[Fault], added: Sequence[str]) -> None:
    """Print the first faults of each part, and what users added to the schema."""
    for part in dict.fromkeys(fault.part for fault in found):
        lines = [fault.what for fault in found if fault.part is part]
        for line in abridged(lines, "faults", limit=MAX_FAULTS_LISTED):
            click.echo(f"{part}: {clean(line)}")
    if added:
        click.echo(f"kept, though not part of an archive: {_listed(added)}")


def print_hints(path: Path, found: Sequence[Fault]) -> None:
    """Print what can be done about faults."""
    for hint in _hints(found):
        print_warning(hint.format(path=quote(str(path))))


def _listed(added: Sequence[str]) -> str:
    more = len(added) - MAX_FAULTS_LISTED
    return clean(", ".join(added[:MAX_FAULTS_LISTED])) + (f", and {more:,} more" if more > 0 else "")


def _articles(path: Path, checked: Verification) -> str:
    there, unchanged = checked.planned.all_articles, checked.unchanged[FaultKind.ARTICLES]
    if there and not checked.planned.articles:
        return f"{count(there, 'article')} not derived again: run `{command('reparse', path)}` first"
    rest = f", {unchanged:,} unchanged since they were found sound" if unchanged else ""
    return f"{checked.derived:,} of {count(there, 'article')} derived again{rest}"


def _hints(found: Sequence[Fault]) -> list[str]:
    parts = {fault.part for fault in found}
    hints = [hint for part, hint in _HINTS.items() if part in parts]
    return hints + ([_REPAIR_HINT] if parts.isdisjoint({FaultKind.FILE}) and parts - set(_FACT_PARTS) else [])
