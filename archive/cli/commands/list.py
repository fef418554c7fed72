"""``list``: articles, filtered, in order of publication."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from archive.cli.options import (
    archive_argument,
    json_option,
    limit_option,
    refuse_reversed,
    section_option,
    utc_time,
)
from archive.cli.output.printing import TableColumn, print_json_rows, print_none, print_table
from archive.store import ArticleFilter, open_reader
from archive.timestamps import day_of

_COLUMNS = (
    TableColumn("id", right=True),
    TableColumn("published"),
    TableColumn("versions", right=True),
    TableColumn("state"),
    TableColumn("title", wide=True),
)


@click.command("list")
@archive_argument
@limit_option(50)
@click.option("--since", type=utc_time(), help="Only articles published on this day or later.")
@click.option("--until", type=utc_time(end=True), help="Only articles published on this day or before.")
@click.option("--state", type=click.Choice(["present", "gone"]), help="Only articles in this state.")
@click.option("--edited", is_flag=True, help="Only articles with more than one version.")
@click.option("--author", metavar="NAME", help="Only articles by an author whose name contains NAME.")
@click.option("--tag", metavar="NAME", help="Only articles that ever had a tag whose name contains NAME.")
@section_option
@json_option
def list_articles(
    archive: Path,
    limit: int,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """List articles, the most recently published first.

    --json prints an array with one object a line.

    \b
      taz-archive list taz.db --limit 10
      taz-archive list taz.db --edited --since 2025-04-01
      taz-archive list taz.db --tag Klima --json | jq -r '.[].title'
    """
    refuse_reversed(since, until)
    wanted = ArticleFilter(since=since and day_of(since), until=until and day_of(until), **filters)
    with open_reader(archive) as opened:
        found = opened.articles.listed(wanted, limit=limit)
    if as_json:
        print_json_rows(article._asdict() for article in found)
    elif found:
        rows = ((row.id, row.published, row.version_count, row.state, row.title) for row in found)
        print_table(_COLUMNS, rows)
    if not found:
        print_none("articles found")
    if limit and len(found) == limit:
        click.echo(f"The first {limit}; --limit 0 shows all.", err=True)
