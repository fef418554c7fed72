"""``log``: the history of an article."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import click
from rich.text import Text

from archive.cli.options import (
    ALLOW_NEGATIVE_IDS,
    archive_argument,
    article_argument,
    json_option,
    zone_option,
)
from archive.cli.output.diffs import amount, brief
from archive.cli.output.printing import count, print_json_rows, print_text, when
from archive.model import PageKey
from archive.store import Absence, Reader, Sightings, VersionRow, open_reader
from archive.text.word_diff import FieldChange
from archive.timestamps import zone


@click.command(context_settings=ALLOW_NEGATIVE_IDS)
@archive_argument
@article_argument
@zone_option
@json_option
def log(archive: Path, key: PageKey, as_json: bool) -> None:
    """List the versions of an article and what each one changed.

    The newest comes first. A version lasts from its first to its last capture.
    Periods in which the article was gone are listed too. --json prints an array
    with one object a line; "event" is "version" or "gone".

    \b
      taz-archive log taz.db 6081430
      taz-archive log taz.db '!6081430' --json | jq '.[].first_seen'
    """
    with open_reader(archive) as opened:
        known = opened.versions.all(key.number)
        seen = opened.history.sightings(key.number)
        absences = opened.history.absences(key.number)
        changed = dict(_edits(opened, known))
    if as_json:
        entries: list[dict[str, object]] = [
            _version_fields(row, seen[row.id], changed.get(row.number, [])) for row in known
        ]
        entries += [{"event": "gone", "first_seen": gap.since, **gap._asdict()} for gap in absences]
        entries.sort(key=lambda entry: str(entry["first_seen"]), reverse=True)
        print_json_rows(entries)
        return
    _print_log_head(known, seen)
    happened: list[VersionRow | Absence] = [*known, *absences]
    for entry in sorted(happened, key=_began, reverse=True):
        if isinstance(entry, Absence):
            _print_absence(entry)
        else:
            _print_version(entry, seen[entry.id], changed.get(entry.number, []))


def _began(entry: VersionRow | Absence) -> str:
    return entry.since if isinstance(entry, Absence) else entry.first_seen


def _edits(opened: Reader, known: Sequence[VersionRow]) -> Iterator[tuple[int, list[FieldChange]]]:
    """Yield the number of each version but the first, and what it changed."""
    for before, after in pairwise(known):
        yield after.number, opened.edits.changes(before, after)


def _version_fields(row: VersionRow, seen: Sightings, changed: Sequence[FieldChange]) -> dict[str, object]:
    return {
        "event": "version",
        "version": row.number,
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
        "title": row.title,
        "words": row.words,
        "truncation_count": row.truncation_count,
        "captures": seen.captures,
        "sources": seen.sources,
        "changed": {edit.field: {"added": edit.added, "removed": edit.removed} for edit in changed},
    }


def _print_log_head(known: Sequence[VersionRow], seen: dict[int, Sightings]) -> None:
    captures = sum(sighting.captures for sighting in seen.values())
    print_text(Text.assemble((f"!{known[-1].article_id}", "dim"), "  ", (known[-1].title, "bold")))
    print_text(Text(f"{count(len(known), 'version')}, {count(captures, 'capture')}; time zone {zone()}"))
    print_text(Text())


def _print_version(row: VersionRow, seen: Sightings, changed: Sequence[FieldChange]) -> None:
    facts = [f"{count(seen.captures, 'capture')} ({', '.join(seen.sources)})", count(row.words, "word")]
    if row.truncation_count:
        facts.append(f"{count(row.truncation_count, 'truncation')} not healed")
    span = f"{when(row.first_seen)} – {when(row.last_seen)}"
    print_text(Text.assemble((f"version {row.number:<3}", "bold"), f"  {span}  ", (", ".join(facts), "dim")))
    for edit in changed:
        what: str | Text = amount(edit) if edit.field == "text" else brief(edit)
        print_text(Text.assemble((edit.field, "cyan"), ": ", what), indent=4)


def _print_absence(gap: Absence) -> None:
    until = when(gap.back) if gap.back else "now".ljust(len(when(gap.since)))
    evidence = f"not found by {count(gap.captures, 'capture')}"
    print_text(
        Text.assemble(("gone       ", "bold red"), f"  {when(gap.since)} – {until}  ", (evidence, "dim"))
    )
