"""The front page: the paper as of a day, what happened on it, a year of days, how the crawls went."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import log

from markupsafe import Markup

from archive.datasette.html.svg import Week, drawn
from archive.datasette.http.cache import remembered
from archive.datasette.request import Ask, day_after, read_time
from archive.datasette.responses import Answer, Elsewhere, Page
from archive.store import Day
from archive.timestamps import day_of, moment, start_of

OFFERED, HAPPENED = 24, 8  # articles that are listed
HALF_A_YEAR = timedelta(weeks=26)  # before the last day: older days are shown in the year they are of
LEVELS = 4  # shades of the calendar
KINDS = ("new", "edited", "gone", "back")


def paper(ask: Ask) -> Answer:
    """As of the end of a day; without one, of the last on which anything was new."""
    if chosen := ask.args.get("day"):
        return Elsewhere(location=ask.site.paper(day_of(read_time(chosen, now=ask.now)).isoformat()))
    span = ask.archive.calendar.extent()
    if span is None:
        return Page(template="empty.html", context={"runs": ask.archive.status.runs(5)})
    first, last = (day_of(moment(end)) for end in span)
    told = ask.parts.get("day", "")
    day = day_of(read_time(told, now=ask.now)) if told else last
    return Page(template="paper.html", context=_context(ask, day, first, last, now=not told))


def to_paper(ask: Ask) -> Answer:
    """The calendar's links are relative, so the front page's address must end in a slash."""
    return Elsewhere(location=ask.site.paper())


def _context(ask: Ask, day: date, first: date, last: date, *, now: bool) -> dict[str, object]:
    path, reader = str(ask.archive.path), ask.archive
    start, end = start_of(day), start_of(day_after(day))
    typography = ask.typography
    lists = {
        kind: reader.events.of_kind(kind, start=start, end=end, limit=HAPPENED + 1, typography=not typography)
        for kind in KINDS
    }
    ends = max(min(day, last), first)
    return {
        "day": day,
        "now": now,
        "first": first,
        "last": last,
        "before": day - timedelta(days=1) if day > first else None,
        "after": day + timedelta(days=1) if day < last else None,
        "offered": reader.calendar.offered(at=end - timedelta(milliseconds=1), limit=OFFERED),
        "lists": lists,
        "typography": typography,
        "most": HAPPENED,
        "calendar": _calendar(ask, last if last - ends < HALF_A_YEAR else date(ends.year, 12, 31)),
        "runs": reader.status.runs(3),
        "sources": reader.status.sources(),
        "articles": remembered((path, "articles"), reader.status.count_articles),
        "today": day_of(ask.now),
    }


def _calendar(ask: Ask, last: date) -> Markup:
    path = str(ask.archive.path)
    return remembered((path, "calendar", last), lambda: drawn(weeks(ask.archive.calendar.days(last=last))))


def weeks(calendar: Sequence[Day]) -> list[Week]:
    """Days by week, each with the shades of its new articles and of its edits, from 0 for none to 4."""
    most_new = max(day.new for day in calendar)
    most_edited = max(day.edited for day in calendar)
    shaded = [(day, shade(day.new, most_new), shade(day.edited, most_edited)) for day in calendar]
    return [list(week) for week in (shaded[at : at + 7] for at in range(0, len(shaded), 7))]


def shade(count: int, most: int) -> int:
    """On a scale of logarithms: one day, that of the first crawl, may have a thousand times the others'."""
    return count and max(round(LEVELS * log(count + 1) / log(most + 1)), 1)
