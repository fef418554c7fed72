"""``diff``: what changed between two versions of an article."""

from collections.abc import Sequence
from dataclasses import asdict
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
from archive.cli.output.diffs import print_change
from archive.cli.output.printing import count, print_json, print_none, print_text, when
from archive.errors import NothingFound
from archive.model import PageKey
from archive.reading.edits import EDITORIAL_FIELDS
from archive.store import VersionRow, find_version, open_reader
from archive.text.sentence_edits import SentenceEdits
from archive.text.word_diff import FieldChange, is_changed
from archive.timestamps import zone


@click.command(context_settings=ALLOW_NEGATIVE_IDS)
@archive_argument
@article_argument
@click.argument("older", metavar="[A]", type=int, required=False)
@click.argument("newer", metavar="[B]", type=int, required=False)
@zone_option
@json_option
def diff(archive: Path, key: PageKey, older: int | None, newer: int | None, as_json: bool) -> None:
    """Show word by word what changed between two versions.

    `diff ID` shows the last edit, `diff ID A` what version A changed, `diff ID A B`
    what changed from A to B. On a terminal old words are struck and red, new ones
    green; elsewhere they are written [-old-]{+new+}. Sentences are counted that were
    added, removed, changed and moved; --json lists them.

    \b
      taz-archive diff taz.db 6081430
      taz-archive diff taz.db 6081430 1 3
      taz-archive diff taz.db 6081430 2 --json
    """
    with open_reader(archive) as opened:
        known = opened.versions.all(key.number)
        before, after = _compared(known, older, newer)
        found = opened.edits.changes(before, after)
        sentences = opened.edits.sentences(before, after)
        truncated = opened.edits.truncated_fields(before, after)
    unknown = [field for field in truncated if field not in {each.field for each in found}]
    if as_json:
        print_json(_diff_fields(before, after, found, unknown) | {"sentences": _sentence_fields(sentences)})
    elif found:
        _print_diff(before, after, found, unknown, sentences)
    if not found:
        why = "it has one version" if len(known) == 1 else f"versions {before.number} and {after.number}"
        print_none(f"differences in article {key.number}: {why}")


def _compared(
    known: Sequence[VersionRow], older: int | None, newer: int | None
) -> tuple[VersionRow, VersionRow]:
    if older is not None and newer is not None:
        return find_version(known, older), find_version(known, newer)
    if older is None:
        return known[max(len(known) - 2, 0)], known[-1]
    after = find_version(known, older)
    if older == 1:
        raise NothingFound(
            f"version 1 of article {after.article_id} is the first; there is no earlier one to compare with"
        )
    return find_version(known, older - 1), after


def _diff_fields(
    before: VersionRow, after: VersionRow, found: Sequence[FieldChange], unknown: Sequence[str]
) -> dict[str, object]:
    return {
        "id": after.article_id,
        "from": {"version": before.number, "first_seen": before.first_seen, "last_seen": before.last_seen},
        "to": {"version": after.number, "first_seen": after.first_seen, "last_seen": after.last_seen},
        "changes": [_change_fields(change) for change in found],
        "unknown": unknown,
    }


def _change_fields(change: FieldChange) -> dict[str, object]:
    """Return a changed field; of the text, only its changed paragraphs."""
    return {
        "field": change.field,
        "added": change.added,
        "removed": change.removed,
        **({} if change.field == "text" else {"old": change.old, "new": change.new}),
        "blocks": [
            [{"mark": piece.mark, "text": piece.text} for piece in block]
            for block in change.blocks
            if is_changed(block)
        ],
    }


def _sentence_fields(found: SentenceEdits) -> dict[str, object]:
    """Return the numbers of sentences by what became of them, and those that are not unchanged."""
    return {**found.counts, "edits": [asdict(change) for change in found.changes]}


def _print_diff(
    before: VersionRow,
    after: VersionRow,
    found: Sequence[FieldChange],
    unknown: Sequence[str],
    sentences: SentenceEdits,
) -> None:
    seen = f"{when(before.first_seen)} → {when(after.first_seen)} ({zone()})"
    print_text(Text.assemble((f"!{after.article_id}", "dim"), "  ", (after.title, "bold")))
    print_text(Text(f"version {before.number} → {after.number}, {seen}"))
    for change in found:
        print_text(Text())
        print_change(change, sentences)
    same = [
        field for field in EDITORIAL_FIELDS if field not in {*unknown, *(change.field for change in found)}
    ]
    if same:
        print_text(Text(f"\nunchanged: {', '.join(same)}", style="dim"))
    if unknown:
        print_text(Text(f"unknown, because truncated: {', '.join(unknown)}", style="dim"))
    for row in (before, after):
        if row.truncation_count:
            where = f"version {row.number} is truncated in {count(row.truncation_count, 'place')}"
            click.echo(f"Note: {where}; whether the missing words were edited is unknown.", err=True)
