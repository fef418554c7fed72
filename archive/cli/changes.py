"""``changes``: what happened to all articles lately."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.cli.options import CheckedCommand, UtcTime, archive_argument, json_option, refuse_reversed
from archive.cli.output.diffs import amount, brief
from archive.cli.output.reports.feed import write_atom
from archive.cli.output.reports.happenings import EVENTS, Happening, Report, Span, Wanted, happenings
from archive.cli.output.reports.hypertext import write_html
from archive.cli.output.reports.plaintext import write_report
from archive.cli.output.tables import print_json_rows, print_none, print_page, print_text, when
from archive.store import Event, open_reader
from archive.text.word_diff import Change

WRITERS = {"markdown": write_report, "html": write_html, "atom": write_atom}
MOST_SHOWN = 50
EVENT_STYLES = {"new": "green", "edited": "yellow", "gone": "red", "back": "cyan"}


def _check(given: Mapping[str, Any]) -> None:
    form = given["form"]
    if given["as_json"] and form not in ("text", "json"):
        raise click.UsageError(f"--json and --format {form} are two forms")
    refuse_reversed(given["since"], given["until"])


@click.command("changes", cls=CheckedCommand, check=_check)
@archive_argument
@click.option(
    "--since",
    type=UtcTime(),
    help="From this time on; UTC.  [default: 24 hours before --until, or before now]",
)
@click.option("--until", type=UtcTime(end=True), help="Up to this time; a day is its end, UTC.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help="How many; 0 for all.  [default: 50, and all in markdown, html and atom]",
)
@click.option(
    "--only",
    "kinds",
    multiple=True,
    type=click.Choice(EVENTS),
    help="These alone; more than once for several.",
)
@click.option("--headlines", is_flag=True, help="Of edits, only those that changed the title.")
@click.option("--min-words", type=click.IntRange(min=0), default=0, help="Of edits, only those of so many.")
@click.option(
    "--no-typography",
    is_flag=True,
    help="No edits of quotation marks, dashes, ellipses or the spaces beside them only.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *WRITERS, "json"]),
    default="text",
    show_default=True,
    help="text: in brief; markdown, html and atom: reports by kind with what edits changed.",
)
@json_option
def list_changes(
    archive: Path,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    kinds: tuple[str, ...],
    headlines: bool,
    min_words: int,
    no_typography: bool,
    form: str,
    as_json: bool,
) -> None:
    """List what happened lately, newest first: articles new, edited, gone and back. Times are UTC.

    Edits are shown in brief, [-old-]{+new+} where there are no colours; `diff` shows them whole. --json
    prints an array of objects, one a line. Markdown is fit for a mail, and empty if nothing happened.
    `--since yesterday --until yesterday` is the whole day: one report a day lists each event once.

    \b
      taz-archive changes taz.db
      taz-archive changes taz.db --since 2025-04-10 --limit 0
      taz-archive changes taz.db --since yesterday --headlines --only edited
      taz-archive changes taz.db --since yesterday --until yesterday --format html > changes.html
      taz-archive changes taz.db --since yesterday --json | jq '.[] | select(.event == "gone")'
    """
    if limit is None:
        limit = 0 if form in WRITERS else MOST_SHOWN
    now = datetime.now(UTC)
    span = Span(since or (until or now) - timedelta(days=1), until)
    wanted = Wanted(kinds or EVENTS, headlines, min_words, not no_typography)
    with open_reader(archive) as opened:
        found = list(islice(happenings(opened, span, wanted), limit or None))
    if as_json or form == "json":
        print_json_rows(_event_fields(*happening) for happening in found)
    elif form == "text":
        _print_changes(found, span)
    else:
        report = Report(str(archive), span, now, found)
        print_page(WRITERS[form](report))
    if found and len(found) == limit:
        click.echo(f"The last {limit}; --limit 0 lists all.", err=True)


def _print_changes(found: Sequence[Happening], span: Span) -> None:
    for event, edits, _ in found:
        _print_event(event, edits)
    if not found:
        print_none(f"changes {span}")


def _event_fields(event: Event, edits: Sequence[Change], typography: bool) -> dict[str, object]:
    return {
        "at": event.at,
        "event": event.what,
        "id": event.article,
        "version": event.number,
        "title": event.title,
        "typography_only": typography,
        "changed": {edit.field: _brief_fields(edit) for edit in edits},
    }


def _brief_fields(edit: Change) -> dict[str, object]:
    wordings = {} if edit.field == "text" else {"old": edit.old, "new": edit.new}
    return {"added": edit.added, "removed": edit.removed, **wordings}


def _print_event(event: Event, edits: Sequence[Change]) -> None:
    what = (f"{event.what:<6}", EVENT_STYLES[event.what])
    print_text(
        Text.assemble(when(event.at), "  ", what, "  ", (f"!{event.article}", "dim"), "  ", event.title)
    )
    for edit in edits:
        print_text(Text.assemble((edit.field, "cyan"), f" {amount(edit)}: ", brief(edit)), indent=4)
