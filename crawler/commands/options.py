"""Options of ``crawl`` that bound how many pages are fetched, which ones, and at what hours."""

import click

from archive.store import ONLY_SHARD, Shard
from crawler.run.limits import Hours

_DEFAULT_BACKFILL_PAGES = 1000  # less than twenty minutes at one page a second


def hours(text: str) -> Hours:
    """Parse hours of the day: ``22:00-06:30``, or ``22-6``."""
    try:
        return Hours.of(text)
    except ValueError as error:
        raise ValueError(f'invalid hours "{text}": use 22-6 or 22:00-06:30') from error


shard_option = click.option(
    "--shard",
    type=Shard.named,
    metavar="K/N",
    default=str(ONLY_SHARD),
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
    type=hours,
    metavar="HH-HH",
    help="Send no requests in these hours (local time): 22-6 or 22:00-06:30.",
)
