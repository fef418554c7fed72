"""All events of a kind on a day or on several days up to it, of all sections or one."""

from datetime import date, timedelta

from archive.datasette.html.edit_briefs import edit_briefs
from archive.datasette.request import BadRequest, ReaderRequest, day_after, read_time
from archive.datasette.responses import TemplateResponse, ViewResponse
from archive.store import MAX_COUNTED_EVENTS, EventFilter, Reader
from archive.timestamps import day_of, parse_stamp, start_of

EVENTS_PER_PAGE = 50
MAX_DAYS = 31


def day_events(request: ReaderRequest) -> ViewResponse:
    what, reader, offset = request.parts["what"], request.archive, request.number("from") or 0
    day, days = day_of(read_time(request.parts["day"], now=request.now)), _days(request)
    wanted = EventFilter(
        start=start_of(date.fromordinal(max(day.toordinal() - days + 1, 1))),
        end=start_of(day_after(day)),
        typography=not request.typography,
        section=request.number("section"),
    )
    if wanted.section is not None:
        reader.section_pages.find(wanted.section)
    events = reader.events.of_kind(what, wanted, limit=EVENTS_PER_PAGE + 1, offset=offset)
    shown = events[:EVENTS_PER_PAGE]
    context = {
        "what": what,
        "day": day,
        "days": days,
        "events": shown,
        "briefs": edit_briefs(reader, shown),
        "sections": reader.section_pages.all(),
        "section": wanted.section,
        "section_of": reader.sections.lowest(event.article for event in shown),
        "count": reader.events.count(what, wanted),
        "enough": MAX_COUNTED_EVENTS,
        "typography": request.typography,
        "offset": offset,
        "back": max(offset - EVENTS_PER_PAGE, 0),
        "more": offset + EVENTS_PER_PAGE if len(events) > len(shown) else None,
        **_neighbours(reader, day),
    }
    return TemplateResponse(template="day_events.html", context=context)


def _days(request: ReaderRequest) -> int:
    """Return of how many days to show the events. Raise :exc:`BadRequest`."""
    days = request.number("days") or 1
    if days > MAX_DAYS:
        raise BadRequest(f"days must be from 1 to {MAX_DAYS}")
    return days


def _neighbours(reader: Reader, day: date) -> dict[str, date | None]:
    """Return the days before and after, within those of the archive."""
    span = reader.calendar.extent()
    first, last = (day_of(parse_stamp(end)) for end in span) if span else (day, day)
    return {
        "before": day - timedelta(days=1) if day > first else None,
        "after": day + timedelta(days=1) if day < last else None,
    }
