"""Checks before a run: the daily budget, quiet hours, back-off, and the progress of a backfill."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from archive.cli.output.printing import count
from archive.shell_commands import command
from archive.sources import Source
from archive.store import BackfillProgress, RefetchSources, Writer
from crawler.limits import Limits
from crawler.sources.registry import healers, server_of

NOTHING_DUE = "Nothing is due. `{status}` shows what is due next; --ignore-schedule fetches all pages now."


def within(archive: Writer, limits: Limits, *, now: datetime) -> Limits:
    """Return limits that keep to the budget, of which earlier runs have used a part."""
    if (budget := limits.budget) is None:
        return limits
    left = max(budget - archive.runs.count_fetched(since=now - timedelta(days=1)), 0)
    pages = left if limits.pages is None else min(left, limits.pages)
    return replace(limits, pages=pages, patience=archive.frontier.patience_for_budget(budget, now=now))


def idle(archive: Writer, sources: list[Source], limits: Limits, *, now: datetime) -> str | None:
    """Return why there is nothing to do now, without loading Scrapy; None if there is."""
    if limits.quiet and limits.quiet.has(now):
        return "Quiet hours: no requests are sent now."
    if limits.pages == 0:
        return "The budget for 24 hours is used up."
    return (
        None
        if limits.again or _any_due(archive, sources, now)
        else NOTHING_DUE.format(status=command("status", archive.path))
    )


def _any_due(archive: Writer, sources: list[Source], now: datetime) -> bool:
    whole = [source.name for source in healers(sources)]
    return archive.frontier.any_due(now=now) or bool(
        archive.frontier.truncated_articles(1, RefetchSources(whole, since=now))
    )


def resting(archive: Writer, sources: Sequence[Source], limits: Limits, *, now: datetime) -> str | None:
    """Return why no source may be asked now, as earlier runs stored it; None if one may be."""
    reason = ""
    for source in sources:
        rest = archive.hosts.backoff(server_of(source))
        if rest is None or rest.until <= now or (limits.again and not rest.asked):
            return None
        reason = reason or f"{source.name} is skipped until {rest.until:%Y-%m-%d %H:%M} UTC: {rest.problem}"
    return reason


def how_far(reach: BackfillProgress, slice_: int) -> str:
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
