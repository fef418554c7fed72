"""The front page: the paper on a day, its events, a calendar of a year, and the state of the crawls."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import log

from markupsafe import Markup

from archive.datasette.html.edit_briefs import edit_briefs
from archive.datasette.html.svg import Week, calendar_svg
from archive.datasette.http.cache import cached
from archive.datasette.request import ReaderRequest, day_after, read_time
from archive.datasette.responses import Redirect, TemplateResponse, ViewResponse
from archive.store import MAX_COUNTED_EVENTS, DayCounts, EventFilter
from archive.timestamps import day_of, parse_stamp, start_of

MAX_TEASERS, MAX_EVENTS = 24, 8
CALENDAR_MARGIN = timedelta(weeks=26)  # before the last day; an older day gets the calendar of its own year
SHADES = 4  # shades of the calendar
EVENT_KINDS = ("new", "edited", "gone", "back")


def front_page(request: ReaderRequest) -> ViewResponse:
    """Show the paper at the end of a day, by default the last day with anything new."""
    if chosen := request.args.get("day"):
        return Redirect(location=request.site.paper(day_of(read_time(chosen, now=request.now)).isoformat()))
    span = request.archive.calendar.extent()
    if span is None:
        return TemplateResponse(template="empty.html", context={"runs": request.archive.status.runs(5)})
    first, last = (day_of(parse_stamp(end)) for end in span)
    given = request.parts.get("day", "")
    day = day_of(read_time(given, now=request.now)) if given else last
    context = _context(request, day, first, last, now=not given)
    return TemplateResponse(template="front_page.html", context=context)


def redirect_to_front_page(request: ReaderRequest) -> ViewResponse:
    """Redirect to the URL with a slash at its end: the calendar's links are relative."""
    return Redirect(location=request.site.paper())


def _context(request: ReaderRequest, day: date, first: date, last: date, *, now: bool) -> dict[str, object]:
    path, reader = str(request.archive.path), request.archive
    typography = request.typography
    wanted = EventFilter(start=start_of(day), end=start_of(day_after(day)), typography=not typography)
    end = wanted.end
    lists = {kind: reader.events.of_kind(kind, wanted, limit=MAX_EVENTS + 1) for kind in EVENT_KINDS}
    ends = max(min(day, last), first)
    return {
        "day": day,
        "now": now,
        "first": first,
        "last": last,
        "before": day - timedelta(days=1) if day > first else None,
        "after": day + timedelta(days=1) if day < last else None,
        "offered": reader.calendar.offered(at=end - timedelta(milliseconds=1), limit=MAX_TEASERS),
        "lists": lists,
        "briefs": edit_briefs(reader, lists["edited"][:MAX_EVENTS]),
        # 0 where all events are shown
        "counts": {
            kind: reader.events.count(kind, wanted) if len(events) > MAX_EVENTS else 0
            for kind, events in lists.items()
        },
        "enough": MAX_COUNTED_EVENTS,
        "typography": typography,
        "most": MAX_EVENTS,
        "calendar": _calendar(request, last if last - ends < CALENDAR_MARGIN else date(ends.year, 12, 31)),
        "runs": reader.status.runs(3),
        "sources": reader.status.sources(),
        "articles": cached((path, "articles"), reader.status.count_articles),
        "today": day_of(request.now),
    }


def _calendar(request: ReaderRequest, last: date) -> Markup:
    path = str(request.archive.path)
    language = request.language
    return cached(
        (path, "calendar", last, language),
        lambda: calendar_svg(weeks(request.archive.calendar.days(last=last)), language),
    )


def weeks(calendar: Sequence[DayCounts]) -> list[Week]:
    """Group days by week, each with the shades of its new articles and of its edits, 0 (none) to 4."""
    most_new = max(day.new for day in calendar)
    most_edited = max(day.edited for day in calendar)
    shaded = [(day, shade(day.new, most_new), shade(day.edited, most_edited)) for day in calendar]
    return [list(week) for week in (shaded[at : at + 7] for at in range(0, len(shaded), 7))]


def shade(count: int, most: int) -> int:
    """Return a shade on a logarithmic scale: the day of the first crawl may have 1,000 times the articles."""
    return count and max(round(SHADES * log(count + 1) / log(most + 1)), 1)
