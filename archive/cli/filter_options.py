"""The options that filter and sort articles: those of ``search`` and ``list``."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click

from archive.cli.options import Command, refuse_reversed, section_option, utc_time
from archive.store import ArticleFilter, ArticleOrder
from archive.timestamps import day_of

_FILTERS = (
    click.option("--since", type=utc_time(), help="Only articles published on this day or later."),
    click.option("--until", type=utc_time(end=True), help="Only articles published on this day or before."),
    click.option("--state", type=click.Choice(["present", "gone"]), help="Only articles in this state."),
    click.option("--edited", is_flag=True, help="Only articles with more than one version."),
    click.option("--author", metavar="NAME", help="Only articles by an author: part of the name."),
    click.option("--topic", metavar="NAME", help="Only articles that ever had a topic: part of its name."),
    section_option,
)


def article_filters(command: Command) -> Command:
    """Add the options that :func:`article_filter` takes to a command."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def article_filter(
    *, since: datetime | None, until: datetime | None, topic: str | None, **others: Any
) -> ArticleFilter:
    """Return the filter that the options name. Raise :exc:`click.UsageError` for days in reverse order."""
    refuse_reversed(since, until)
    return ArticleFilter(
        since=since and day_of(since), until=until and day_of(until), tag=topic or None, **others
    )


def order_option(orders: Sequence[ArticleOrder], meaning: str) -> Callable[[Command], Command]:
    """Return ``--order``; the first of its choices is the default."""
    return click.option(
        "--order",
        type=click.Choice([order.value for order in orders]),
        default=orders[0].value,
        show_default=True,
        callback=lambda _context, _option, value: ArticleOrder(value),
        help=meaning,
    )
