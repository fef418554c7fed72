"""What a run may fetch, where that is bounded by the day; and how far it has come."""

from dataclasses import replace
from datetime import datetime, timedelta

from archive.store.archive import Archive
from archive.store.frontier import Reach
from crawler.limits import Limits


def within(archive: Archive, limits: Limits, budget: int | None, *, now: datetime) -> Limits:
    """The limits of a run that keeps to so many pages in 24 hours, those of earlier runs included."""
    if budget is None:
        return limits
    left = max(budget - archive.fetched(since=now - timedelta(days=1)), 0)
    pages = left if limits.pages is None else min(left, limits.pages)
    return replace(limits, pages=pages, patience=archive.patience(budget, now=now))


def how_far(reach: Reach, slice_: int) -> str:
    """``1,200 of 5,000 articles known so far were fetched (24 %), back to 2019-04-02; about 4 more runs``."""
    left = reach.known - reach.checked
    share = 100 * reach.checked // max(reach.known, 1)
    line = f"{reach.checked:,} of {reach.known:,} articles known so far were fetched ({share} %)"
    if reach.oldest:
        line += f", back to {reach.oldest}"
    if not left:
        return f"{line}; none is left"
    runs = -(-left // slice_)
    return f"{line}; about {runs:,} more {'run' if runs == 1 else 'runs'}"
