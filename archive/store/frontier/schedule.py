"""When a page is due after a check, and with which priority. Pure."""

from datetime import datetime
from typing import NamedTuple

from archive.model import Kind, PageKey
from archive.policy.revisit import (
    DAY,
    DEFAULT_PATIENCE,
    HOUR,
    ChangeRates,
    PageHistory,
    next_due,
    update_change_score,
)
from archive.store.frontier.known_pages import NEWS_MENUS, Priority

YOUNG_ARTICLE_AGE = 7 * DAY  # until then articles are fetched before menus
MIN_NEWS_SCORE = 0.5  # change score of a menu with recent news


class CheckResult(NamedTuple):
    """The result of a fetch ``at`` a time; ``good``: the page was parsed.

    ``began``: the capture began a version. ``changes`` counts versions after the first, or new pages that a
    menu links to. ``born`` is the estimated time of publication, ``first_seen`` the first good capture;
    ``known_since`` when the page was discovered, as known at the time of the fetch, by default as stored.
    """

    at: datetime
    good: bool
    began: bool = False
    changes: int = 0
    born: datetime | None = None
    first_seen: datetime | None = None
    known_since: str | None = None


class CheckedPage(NamedTuple):
    """The checks of a page so far, as scheduling needs them."""

    discovered_at: datetime
    checked_at: datetime | None = None
    check_count: int = 0
    change_count: int = 0
    change_score: float = 0.0
    failure_count: int = 0


class ChangeObservation(NamedTuple):
    """Whether an article ``changed`` between two ages in hours: arguments of :class:`ChangeRates`."""

    young: float
    old: float
    changed: bool

    def added_to(self, rates: ChangeRates) -> ChangeRates:
        """Return change rates with this observation."""
        return rates.with_observations(self.young, self.old, changed=self.changed)


class Rescheduled(NamedTuple):
    """A page after a check, and when it is due again.

    ``rates`` are the change rates with its ``observed`` part, which is None except for articles that were
    read twice in a row.
    """

    page: CheckedPage
    due_at: datetime
    priority: Priority
    rates: ChangeRates
    observed: ChangeObservation | None


def schedule_page(
    key: PageKey,
    page: CheckedPage,
    result: CheckResult,
    rates: ChangeRates,
    *,
    patience: float = DEFAULT_PATIENCE,
) -> Rescheduled:
    """Return a page after a check. ``rates`` are the change rates before it."""
    after = add_check(key, page, result)
    if after.observed:
        rates = after.observed.added_to(rates)
    due = next_due(key.kind, after.history, now=result.at, change_rates=rates, patience=patience)
    return Rescheduled(after.page, due, priority_after(key, after.history, result.at), rates, after.observed)


class CheckAdded(NamedTuple):
    """A page after one more check, its history, and what the check shows about how often articles change."""

    page: CheckedPage
    history: PageHistory
    observed: ChangeObservation | None


def add_check(key: PageKey, page: CheckedPage, result: CheckResult) -> CheckAdded:
    """Return a page after a check, whatever is due when."""
    updated = _updated(key, page, result)
    history = history_of(updated, born=result.born, first_seen=result.first_seen)
    return CheckAdded(updated, history, _observed(key, page, result, history))


def _updated(key: PageKey, page: CheckedPage, result: CheckResult) -> CheckedPage:
    """Return the checks with one more. Links of the first capture count as no change."""
    changes = result.changes if page.check_count else 0
    passed = result.at - (page.checked_at or page.discovered_at)
    return page._replace(
        checked_at=result.at,
        failure_count=0 if result.good else page.failure_count + 1,
        check_count=page.check_count + result.good,
        change_count=page.change_count + changes,
        change_score=update_change_score(key.kind, page.change_score, passed=passed, changes=changes),
    )


def history_of(page: CheckedPage, *, born: datetime | None, first_seen: datetime | None) -> PageHistory:
    """Return the checks of a page as :func:`next_due` takes them.

    ``born`` and ``first_seen`` are as in :class:`CheckResult`.
    """
    return PageHistory(
        appeared_at=born or page.discovered_at,
        first_checked_at=first_seen or page.discovered_at,
        change_count=page.change_count,
        change_score=page.change_score,
        failure_count=page.failure_count,
    )


def _observed(
    key: PageKey, before: CheckedPage, result: CheckResult, history: PageHistory
) -> ChangeObservation | None:
    """Return what two good checks of an article in a row show about how often articles change."""
    is_another_check = before.check_count and not before.failure_count
    if key.kind is not Kind.ARTICLE or not result.good or not is_another_check or not before.checked_at:
        return None
    young, old = (max((at - history.appeared_at) / HOUR, 0.0) for at in (before.checked_at, result.at))
    return ChangeObservation(young, old, changed=result.changes > 0)


def priority_after(key: PageKey, history: PageHistory, now: datetime) -> Priority:
    """Return the priority of a fetched page: young articles, menus with news, the rest."""
    if key.kind is Kind.ARTICLE:
        return Priority.YOUNG if now - history.appeared_at < YOUNG_ARTICLE_AGE else Priority.REST
    return (
        Priority.MENU if key.kind in NEWS_MENUS or history.change_score >= MIN_NEWS_SCORE else Priority.REST
    )
