"""``changes``: recent changes to all articles."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.cli.options import (
    CheckedCommand,
    archive_argument,
    json_option,
    language_option,
    refuse_reversed,
    section_option,
    utc_time,
    zone_option,
)
from archive.cli.output.diffs import amount, brief
from archive.cli.output.printing import (
    count,
    print_json_rows,
    print_none,
    print_page,
    print_text,
    print_zone,
    when,
)
from archive.cli.output.reports.atom_feed import write_atom
from archive.cli.output.reports.csv_rows import Row, edit_rows, write_csv
from archive.cli.output.reports.html_page import write_html
from archive.cli.output.reports.markdown_report import write_report
from archive.cli.output.reports.posts import PostSelection, print_posts
from archive.cli.output.reports.report import (
    REPORTED_KINDS,
    ChangeFilter,
    Period,
    Report,
    ReportedChange,
    reported_changes,
)
from archive.cli.posts.post_options import DEFAULT_POSTS, PostOptions, check_posts, post_options
from archive.libraries import needing
from archive.store import ArticleEvent, Reader, open_reader
from archive.text.word_diff import FieldChange

_WRITERS = {"markdown": write_report, "html": write_html, "atom": write_atom}
DEFAULT_LIMIT = 50
_EVENT_STYLES = {"new": "green", "edited": "yellow", "gone": "red", "back": "cyan"}


def _check(given: Mapping[str, Any]) -> None:
    form = given["form"]
    if given["as_json"] and form not in ("text", "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other; give one of them")
    refuse_reversed(given["since"], given["until"])
    if form == "csv" and "edited" not in given["kinds"]:
        raise click.UsageError("csv is about edits; leave out --only, or add --only edited")
    check_posts(given)


@click.command(cls=CheckedCommand, check=_check)
@archive_argument
@click.option(
    "--since", type=utc_time(), help="Changes at this time or later.  [default: 24 hours before --until]"
)
@click.option("--until", type=utc_time(end=True), help="Changes up to the end of this time.  [default: now]")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"At most N; 0 is all.  [default: {DEFAULT_LIMIT}; all in documents; {DEFAULT_POSTS} with --post]",
)
@click.option(
    "--only",
    "kinds",
    multiple=True,
    type=click.Choice(REPORTED_KINDS),
    default=REPORTED_KINDS,
    help="Only this kind; repeatable.",
)
@click.option("--headlines", "headline", is_flag=True, help="Only edits that change the title.")
@click.option(
    "--min-words",
    "words",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    help="Only edits that add or remove at least N words.",
)
@click.option(
    "--no-typography",
    "typography",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Skip edits that change only quotation marks, dashes, ellipses or spaces.",
)
@section_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *_WRITERS, "csv", "post", "json"]),
    default="text",
    show_default=True,
    help="text is brief; markdown, html and atom show what edits changed; csv has a row per edited field;"
    " post is one text per edit.",
)
@post_options
@language_option()
@zone_option
@json_option
def changes(
    archive: Path,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    form: str,
    as_json: bool,
    language: str,
    **others: Any,
) -> None:
    """List recent changes to articles, newest first.

    An article is new, edited, gone or back. Edits are shown in brief, as
    [-old-]{+new+} without colours; `diff` shows them in full. --json prints an array
    with one object a line. Markdown suits a mail, and is empty if nothing changed.
    `--since yesterday --until yesterday` is one whole day.
    --format csv has the columns at, id, version, field, old, new, added, removed
    (words), sections and url; with --headlines only rows of titles.
    --format post prints a short German text for each headline edit, as a bot
    would post it; posts are separated by empty lines. --post sends them to
    Mastodon or Bluesky, each once: see docs/follow.md.

    \b
      taz-archive changes taz.db --since 2025-04-10 --limit 0
      taz-archive changes taz.db --since yesterday --headlines --only edited
      taz-archive changes taz.db --since 7d --format html > changes.html
      taz-archive changes taz.db --since 30d --headlines --section Berlin \\
        --format csv > headlines.csv
      taz-archive changes taz.db --format post --pictures edits/
      taz-archive changes taz.db --post mastodon --dry-run
      taz-archive changes taz.db --json | jq '.[] | select(.event == "gone")'
    """
    posts = PostOptions(**{name: others.pop(name) for name in PostOptions._fields})
    wanted = ChangeFilter(**others)
    if posts.services or form == "post":
        _write_or_send(PostSelection(archive, since, until, limit, wanted, posts))
        return
    if as_json:
        form = "json"
    if limit is None:
        limit = 0 if form in (*_WRITERS, "csv") else DEFAULT_LIMIT
    now = datetime.now(UTC)
    period = Period(since or (until or now) - timedelta(days=1), until)
    with open_reader(archive) as opened:
        found = list(islice(reported_changes(opened, period, wanted), limit or None))
        rows = [_event_fields(opened, *change) for change in found] if form == "json" else []
        cells = list(edit_rows(opened, found, headline=wanted.headline)) if form == "csv" else []
    if form == "csv":
        _print_csv(cells)
        return
    if form == "json":
        print_json_rows(rows)
    elif form == "text":
        _print_changes(found, period)
    else:
        report = Report(str(archive), period, now, found, language)
        print_page(_WRITERS[form](report))
    if found and len(found) == limit:
        click.echo(f"The latest {limit}; --limit 0 shows all.", err=True)


def _write_or_send(posts: PostSelection) -> None:
    if not posts.options.services:
        print_posts(posts, now=datetime.now(UTC))
        return
    with needing("--post", "httpx", "PIL", "font_source_sans_pro"):
        from archive.cli.posts.sending import send_posts  # noqa: PLC0415 - not in every installation

    send_posts(posts)


def _print_csv(rows: Iterable[Row]) -> None:
    text, formulas = write_csv(rows)
    click.echo(text, nl=False)
    if formulas:
        cells = count(formulas, "cell begins", "cells begin")
        click.echo(f"{cells} like a formula, which a spreadsheet may run.", err=True)


def _print_changes(found: Sequence[ReportedChange], period: Period) -> None:
    for event, edits, _ in found:
        _print_event(event, edits)
    if found:
        print_zone()
    else:
        print_none(f"changes {period}")


def _event_fields(
    archive: Reader, event: ArticleEvent, edits: Sequence[FieldChange], typography: bool
) -> dict[str, object]:
    is_text = any(edit.field == "text" for edit in edits)
    sentences = archive.edits.sentences_of_version(event.article, event.number) if is_text else None
    return {
        "at": event.at,
        "event": event.what,
        "id": event.article,
        "version": event.number,
        "title": event.title,
        "typography_only": typography,
        "changed": {edit.field: _brief_fields(edit) for edit in edits},
        "sentences": sentences and sentences.counts,
    }


def _brief_fields(edit: FieldChange) -> dict[str, object]:
    wordings = {} if edit.field == "text" else {"old": edit.old, "new": edit.new}
    return {"added": edit.added, "removed": edit.removed, **wordings}


def _print_event(event: ArticleEvent, edits: Sequence[FieldChange]) -> None:
    what = (f"{event.what:<6}", _EVENT_STYLES[event.what])
    print_text(
        Text.assemble(when(event.at), "  ", what, "  ", (f"!{event.article}", "dim"), "  ", event.title)
    )
    for edit in edits:
        print_text(Text.assemble((edit.field, "cyan"), f" {amount(edit)}: ", brief(edit)), indent=4)
