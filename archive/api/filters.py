"""The filters and orders of articles that Python programs give by keyword."""

from collections.abc import Iterable
from typing import TypedDict

from archive.api.times import Moment, day
from archive.store import ArticleFilter, ArticleOrder

STATES = ("present", "gone")
LIST_ORDERS = (ArticleOrder.NEWEST, ArticleOrder.OLDEST, ArticleOrder.MOST_EDITED)


class ArticleFilters(TypedDict, total=False):
    """Which articles to return.

    ``since`` and ``until`` are days of publication, both included. ``section``, ``author`` and ``topic`` are
    part of a name, in any case. ``edited``: only those with several versions. ``state`` is ``present`` or
    ``gone``.
    """

    since: Moment | None
    until: Moment | None
    section: str | None
    author: str | None
    topic: str | None
    edited: bool
    state: str | None


def article_filter(given: ArticleFilters) -> ArticleFilter:
    """Return the filter of a query.

    Raise :exc:`TypeError` for a filter that does not exist, :exc:`ValueError` for an unknown state or an
    invalid time.
    """
    names = ArticleFilters.__annotations__
    if unknown := [name for name in given if name not in names]:
        raise TypeError(f"no filter is called {unknown[0]!r}; there are {', '.join(names)}")
    since, until, state = given.get("since"), given.get("until"), given.get("state")
    if state not in (None, *STATES):
        raise ValueError(f"no article is {state!r}; give {' or '.join(STATES)}")
    return ArticleFilter(
        since=None if since is None else day(since),
        until=None if until is None else day(until),
        section=given.get("section"),
        author=given.get("author"),
        tag=given.get("topic"),
        edited=given.get("edited", False),
        state=state,
    )


def article_order(name: str, orders: Iterable[ArticleOrder]) -> ArticleOrder:
    """Return the order of a name. Raise :exc:`ValueError` if it is not among ``orders``."""
    known = {order.value: order for order in orders}
    if name not in known:
        raise ValueError(f"no order is called {name!r}; there are {', '.join(known)}")
    return known[name]
