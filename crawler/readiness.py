"""Checks before a run: the daily budget, quiet hours, back-off, and the progress of a backfill."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from archive.cli.idle_crawl import nothing_due
from archive.cli.output.printing import count
from archive.model import PageKey
from archive.sources import Source
from archive.store import ONLY_SHARD, BackfillProgress, RefetchSources, Writer
from archive.timestamps import display_time
from crawler import clock
from crawler.failover.backoff import stored_backoff
from crawler.frontier.interface import FrontierPages
from crawler.options import CrawlOptions
from crawler.sources.registry import healers

CLOCK_WAS_AHEAD = (
    "the clock was ahead: {pages} were checked in the future and are due again; captures of that time stay"
    " the latest until the clock reaches it"
)
OTHERS_FETCHED = (
    "{pages} were left to other machines before, by --frontier or --shard; this crawl fetches them too, with"
    " a pause of its own"
)


def prepare_frontier(
    archive: Writer, frontier: FrontierPages, options: CrawlOptions, keys: Sequence[PageKey]
) -> str | None:
    """Prepare the frontier for a crawl that begins with some pages; return a warning, if there is one.

    Pages that were given as seeds are due now.
    """
    ahead = archive.frontier.reset_future_checks(at=clock.utc_now())
    taken_back = archive.frontier.assign_shard(options.own_shard)
    if options.seeds:
        frontier.seed(keys)
    else:
        frontier.discover(keys)
    warnings = [CLOCK_WAS_AHEAD.format(pages=count(ahead, "page"))] if ahead else []
    if taken_back and options.own_shard == ONLY_SHARD:
        warnings.append(OTHERS_FETCHED.format(pages=count(taken_back, "page")))
    return "; ".join(warnings) or None


def within_budget(archive: Writer, options: CrawlOptions, *, now: datetime) -> CrawlOptions:
    """Return options that keep to the budget, of which earlier runs have used a part."""
    if (budget := options.budget) is None:
        return options
    left = max(budget - archive.runs.count_fetched(since=now - timedelta(days=1)), 0)
    pages = left if options.pages is None else min(left, options.pages)
    return replace(options, pages=pages, patience=archive.frontier.patience_for_budget(budget, now=now))


def why_idle(
    archive: Writer, frontier: FrontierPages, sources: list[Source], options: CrawlOptions, *, now: datetime
) -> str | None:
    """Return why there is nothing to do now, without loading Scrapy; None if there is."""
    if options.quiet_hours and options.quiet_hours.has(now):
        return "Quiet hours: no requests are sent now."
    if options.pages == 0:
        return "The budget for 24 hours is used up."
    return (
        None
        if options.ignore_schedule or _any_due(archive, frontier, sources, now)
        else nothing_due(archive.path)
    )


def _any_due(archive: Writer, frontier: FrontierPages, sources: list[Source], now: datetime) -> bool:
    whole = [source.name for source in healers(sources)]
    return frontier.any_due() or bool(
        archive.frontier.truncated_articles(1, RefetchSources(whole, since=now))
    )


def why_backed_off(
    archive: Writer, sources: Sequence[Source], options: CrawlOptions, *, now: datetime
) -> str | None:
    """Return why no source may be asked now, as earlier runs stored it; None if one may be."""
    reason = None
    for source in sources:
        backoff = stored_backoff(archive, source, again=options.ignore_schedule, now=now)
        if backoff is None:
            return None
        until = display_time(backoff.until)
        reason = reason or f"{source.name} is skipped until {until}: {backoff.problem}"
    return reason


def backfill_line(reach: BackfillProgress, slice_: int) -> str:
    """Return "1,200 of 5,000 articles known so far fetched (24 %), back to 2019-04-02; about 4 more runs"."""
    left = reach.known - reach.checked
    share = 100 * reach.checked // max(reach.known, 1)
    line = f"{reach.checked:,} of {count(reach.known, 'article')} known so far fetched ({share} %)"
    if reach.oldest:
        line += f", back to {reach.oldest}"
    if not left:
        return f"{line}; none is left"
    runs = -(-left // slice_)
    return f"{line}; about {count(runs, 'more run')}"
