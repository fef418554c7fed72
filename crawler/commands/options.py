"""Options of ``crawl`` that say how much of the paper is fetched, by whom, and at what hours."""

import click

from archive.store import ONLY_SHARD, Shard
from crawler.run.limits import Hours

SLICE = 1000  # pages of the paper's past in one run: under twenty minutes at one a second


class ShardOf(click.ParamType[Shard]):
    """``2/3``: the second of three machines."""

    name = "shard"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        if isinstance(value, Shard):
            return value
        try:
            return Shard.named(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class HoursOfDay(click.ParamType[Hours]):
    """``22:00-06:30``, or ``22-6``."""

    name = "hours"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Hours:
        if isinstance(value, Hours):
            return value
        try:
            return Hours.of(str(value))
        except ValueError:
            self.fail(f'"{value}" are no hours of the day; write 22-6 or 22:00-06:30', param, ctx)


shard_option = click.option(
    "--shard",
    type=ShardOf(),
    metavar="K/N",
    default=ONLY_SHARD,
    help="The K-th of N machines that share the articles by number, each with an archive of its own.",
)
budget_option = click.option(
    "--budget",
    type=click.IntRange(min=1),
    metavar="N",
    help="Fetch at most N pages in 24 hours; pages are looked at again less often, so that it lasts.",
)
backfill_option = click.option(
    "--backfill",
    type=click.IntRange(min=1),
    metavar="[N]",
    is_flag=False,
    flag_value=SLICE,
    help="After what is due of the present, N pages of the paper's past, newest first; say how far that is."
    f" N is {SLICE:,} if not given.",
)
quiet_option = click.option(
    "--quiet-hours",
    type=HoursOfDay(),
    metavar="HH-HH",
    help="Send no requests in these hours, by this machine's clock: 22-6, 22:00-06:30.",
)
