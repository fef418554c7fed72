"""SVG of many small parts, which a template would be slow to write. Of numbers and dates alone."""

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from archive.datasette.html.timeline_strip import Bar
from archive.store import Day

Week = list[tuple[Day, int, int]]  # each day with the shades of its new articles and of its edits
SQUARE = 14  # with the gap after it
LEFT, TOP = 30, 20  # room for the names of days and months

DAY = Markup(
    '<a href="{day}" tabindex="-1"><rect class="h{new}" y="{y}"/>{dot}<title>{day}: {told}</title></a>'
)
NO_DAY = Markup('<rect y="{}"/>')
DOT = Markup('<circle cx="6" cy="{}" r="{}"/>')
TEXT = Markup('<text x="{}" y="{}">{}</text>')
BAR = Markup(
    '<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"><title>{told}</title></rect>'
)


def drawn(weeks: Sequence[Week]) -> Markup:
    """A calendar: a column per week, a square per day, a dot for its edits."""
    width, height = LEFT + len(weeks) * SQUARE, TOP + 7 * SQUARE
    head = Markup('<svg viewBox="0 0 {} {}" role="group" aria-label="New and edited articles by day">')
    names = [
        TEXT.format(0, TOP + 10 + at * SQUARE, name) for at, name in ((0, "Mon"), (2, "Wed"), (4, "Fri"))
    ]
    return Markup("").join(
        [head.format(width, height), *names, *_months(weeks), *_columns(weeks), Markup("</svg>")]
    )


def _months(weeks: Sequence[Week]) -> Iterator[Markup]:
    """Above the week in which each begins."""
    for at, week in enumerate(weeks):
        first = week[0][0].day
        if first.day <= 7:  # noqa: PLR2004 - a week has 7 days
            yield TEXT.format(LEFT + at * SQUARE, 11, f"{first:%b}")


def _columns(weeks: Sequence[Week]) -> Iterator[Markup]:
    for at, week in enumerate(weeks):
        days = Markup("").join(
            _day(day, new, edited, row * SQUARE) for row, (day, new, edited) in enumerate(week)
        )
        yield Markup('<g transform="translate({} {})">{}</g>').format(LEFT + at * SQUARE, TOP, days)


def _day(day: Day, new: int, edited: int, y: int) -> Markup:
    if not (new or edited):
        return NO_DAY.format(y)
    dot = DOT.format(y + 6, edited) if edited else ""
    return DAY.format(day=day.day, new=new, y=y, dot=dot, told=f"{day.new} new, {day.edited} edited")


def strip(bars: Iterable[Bar], here: int) -> Markup:
    """A lifeline's bars, that of version ``here`` the highest."""
    return Markup("").join(_bar(bar, here=bar.number == here) for bar in bars)


def _bar(bar: Bar, *, here: bool) -> Markup:
    name = f"Version {bar.number}" if bar.number else "Gone"
    kind = f"v{bar.number % 2}" if bar.number else "absent"
    y, height = (0, 26) if here else (5, 16)
    told = f"{name}, {_minute(bar.start)} – {_minute(bar.end)}"
    return BAR.format(
        kind=f"{kind} here" if here else kind, x=bar.x, y=y, width=bar.width, height=height, told=told
    )


def _minute(stamp: str) -> str:
    return stamp[:16].replace("T", " ")
