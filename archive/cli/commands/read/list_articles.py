"""``list``: articles, filtered and sorted."""

from pathlib import Path
from typing import Any

import click

from archive.cli.filter_options import article_filter, article_filters, order_option
from archive.cli.options import archive_argument, json_option, limit_option, zone_option
from archive.cli.output.printing import TableColumn, print_json_rows, print_table
from archive.cli.output.suggestions import print_suggestions
from archive.store import ArticleOrder, open_reader

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
@order_option(
    (ArticleOrder.NEWEST, ArticleOrder.OLDEST, ArticleOrder.MOST_EDITED),
    "By day of publication or by number of versions.",
)
@article_filters
@zone_option
@json_option
def list_articles(archive: Path, limit: int, order: ArticleOrder, as_json: bool, **filters: Any) -> None:
    """List articles, the most recently published first.

    --since and --until are days of publication; `changes` lists what was edited
    since a day. --json prints an array with one object a line.

    \b
      taz-archive list taz.db --limit 10
      taz-archive list taz.db --since 2025-04-01 --order most-edited
      taz-archive list taz.db --topic Klima --json | jq -r '.[].title'
    """
    wanted = article_filter(**filters)
    with open_reader(archive) as opened:
        found = opened.articles.listed(wanted, limit=limit, order=order)
        nothing = None if found else opened.suggestions.for_nothing("", wanted)
    if as_json:
        print_json_rows(article._asdict() for article in found)
    elif found:
        rows = ((row.id, row.published, row.version_count, row.state, row.title) for row in found)
        print_table(_COLUMNS, rows)
    if nothing:
        print_suggestions(nothing)
    if limit and len(found) == limit:
        click.echo(f"The first {limit}; --limit 0 shows all.", err=True)
