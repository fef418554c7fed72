"""When the pages of assembled parts are due, as an archive would say after their last check. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from archive.model import Kind, PageKey
from archive.policy.revisit import ChangeRates, appearance_time, next_due
from archive.store.bulk.part_rows import PartChangeRate, PartPage
from archive.store.frontier.known_pages import INITIAL_PRIORITIES, Priority
from archive.store.frontier.schedule import CheckedPage, history_of, priority_after
from archive.timestamps import parse_stamp, stamp


class PageSchedule(NamedTuple):
    """When a page is due (a stamp), and with which priority."""

    priority: Priority
    due_at: str


def schedule_of(page: PartPage, rates: ChangeRates) -> PageSchedule:
    """Return when a page is due after all of its checks. ``rates`` are those of all articles."""
    key = PageKey(Kind(page.kind), page.number)
    if page.checked_at is None:
        return PageSchedule(INITIAL_PRIORITIES[key.kind], page.discovered_at)
    at = parse_stamp(page.checked_at)
    seen = parse_stamp(page.first_seen) if page.first_seen else None
    published = date.fromisoformat(page.published) if page.published else None
    checked = CheckedPage(
        discovered_at=parse_stamp(page.discovered_at),
        checked_at=at,
        check_count=page.check_count,
        change_count=page.change_count,
        change_score=page.change_score,
        failure_count=page.failure_count,
    )
    history = history_of(checked, born=seen and appearance_time(published, seen), first_seen=seen)
    due = next_due(key.kind, history, now=at, change_rates=rates)
    return PageSchedule(priority_after(key, history, at), stamp(due))


def summed_rates(rows: Iterable[PartChangeRate]) -> list[PartChangeRate]:
    """Return the change rates of several parts together, added up in the order of the parts."""
    sums: dict[float, PartChangeRate] = {}
    for row in rows:
        before = sums.get(row.age_hours, PartChangeRate(row.age_hours, 0.0, 0.0))
        sums[row.age_hours] = PartChangeRate(
            row.age_hours,
            before.change_count + row.change_count,
            before.observed_hours + row.observed_hours,
        )
    return sorted(sums.values())
