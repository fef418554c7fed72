"""Options of ``crawl`` that bound how many pages are fetched, which ones, and at what hours."""

import click

from archive.store import ONLY_SHARD, Shard
from crawler.run.limits import Hours

_DEFAULT_BACKFILL_PAGES = 1000  # less than twenty minutes at one page a second


class ShardOf(click.ParamType[Shard]):
    """A share of the articles: ``2/3`` is the second of three."""

    name = "shard"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        if isinstance(value, Shard):
            return value
        try:
            return Shard.named(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class HoursOfDay(click.ParamType[Hours]):
    """Hours of the day: ``22:00-06:30``, or ``22-6``."""

    name = "hours"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Hours:
        if isinstance(value, Hours):
            return value
        try:
            return Hours.of(str(value))
        except ValueError:
            self.fail(f'invalid hours "{value}": use 22-6 or 22:00-06:30', param, ctx)


shard_option = click.option(
    "--shard",
    type=ShardOf(),
    metavar="K/N",
    default=ONLY_SHARD,
    help="Crawl only share K of N, each with its own archive; `merge` joins them.",
)
budget_option = click.option(
    "--budget",
    type=click.IntRange(min=1),
    metavar="N",
    help="Fetch at most N pages in 24 hours, in all runs; pages become due less often.",
)
backfill_option = click.option(
    "--backfill",
    type=click.IntRange(min=1),
    metavar="[N]",
    is_flag=False,
    flag_value=_DEFAULT_BACKFILL_PAGES,
    help="After all due pages, fetch N older articles, newest first;"
    f" N is {_DEFAULT_BACKFILL_PAGES:,} if not given.",
)
quiet_option = click.option(
    "--quiet-hours",
    type=HoursOfDay(),
    metavar="HH-HH",
    help="Send no requests in these hours (local time): 22-6 or 22:00-06:30.",
)
