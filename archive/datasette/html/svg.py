"""Writes the calendar and the timeline as SVG. A template would be slow for so many elements."""

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from archive.datasette.html.timeline_strip import StripBar
from archive.languages import month_name, translations, weekday_names
from archive.store import DayCounts
from archive.timestamps import minute_of

Week = list[tuple[DayCounts, int, int]]  # each day with its shade for new articles and its dot size for edits
SQUARE_SIZE = 14  # including the gap
LEFT_MARGIN, TOP_MARGIN = 30, 20  # for the names of weekdays and months
NAMED_WEEKDAYS = (0, 2, 4)

HEAD_SVG = Markup('<svg viewBox="0 0 {} {}" role="group" aria-label="{}">')
DAY_SVG = Markup(
    '<a href="{day}" tabindex="-1"><rect class="h{new}" y="{y}"/>{dot}<title>{day}: {label}</title></a>'
)
EMPTY_DAY_SVG = Markup('<rect y="{}"/>')
DOT_SVG = Markup('<circle cx="6" cy="{}" r="{}"/>')
TEXT_SVG = Markup('<text x="{}" y="{}">{}</text>')
BAR_SVG = Markup(
    '<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"><title>{label}</title></rect>'
)


def calendar_svg(weeks: Sequence[Week], language: str) -> Markup:
    """Draw a calendar: a column per week, a square per day, a dot for its edits."""
    width, height = LEFT_MARGIN + len(weeks) * SQUARE_SIZE, TOP_MARGIN + 7 * SQUARE_SIZE
    title = translations(language).gettext("New and edited articles by day")
    weekdays = [(row, name) for row, name in enumerate(weekday_names(language)) if row in NAMED_WEEKDAYS]
    names = [TEXT_SVG.format(0, TOP_MARGIN + 10 + row * SQUARE_SIZE, name) for row, name in weekdays]
    return Markup("").join(
        [
            HEAD_SVG.format(width, height, title),
            *names,
            *_months(weeks, language),
            *_columns(weeks, language),
            Markup("</svg>"),
        ]
    )


def _months(weeks: Sequence[Week], language: str) -> Iterator[Markup]:
    """Yield the name of each month, above the week in which it begins."""
    for at, week in enumerate(weeks):
        first = week[0][0].day
        if first.day <= 7:  # noqa: PLR2004 - a week has 7 days
            yield TEXT_SVG.format(LEFT_MARGIN + at * SQUARE_SIZE, 11, month_name(first, language))


def _columns(weeks: Sequence[Week], language: str) -> Iterator[Markup]:
    label = translations(language).gettext("%(new)s new, %(edited)s edited")
    for at, week in enumerate(weeks):
        days = Markup("").join(
            _day(day, new, edited, row * SQUARE_SIZE, label) for row, (day, new, edited) in enumerate(week)
        )
        x = LEFT_MARGIN + at * SQUARE_SIZE
        yield Markup('<g transform="translate({} {})">{}</g>').format(x, TOP_MARGIN, days)


def _day(day: DayCounts, new: int, edited: int, y: int, label: str) -> Markup:
    if not (new or edited):
        return EMPTY_DAY_SVG.format(y)
    dot = DOT_SVG.format(y + 6, edited) if edited else ""
    counts = label % {"new": day.new, "edited": day.edited}
    return DAY_SVG.format(day=day.day, new=new, y=y, dot=dot, label=counts)


def strip_svg(bars: Iterable[StripBar], here: int, language: str) -> Markup:
    """Draw the bars of a timeline; the bar of version ``here`` is the highest."""
    return Markup("").join(_bar(bar, language, here=bar.number == here) for bar in bars)


def _bar(bar: StripBar, language: str, *, here: bool) -> Markup:
    texts = translations(language)
    version = texts.gettext("Version %(number)s") % {"number": bar.number}
    name = version if bar.number else texts.gettext("Gone")
    kind = f"v{bar.number % 2}" if bar.number else "absent"
    y, height = (0, 26) if here else (5, 16)
    label = f"{name}, {minute_of(bar.start)} – {minute_of(bar.end)}"
    return BAR_SVG.format(
        kind=f"{kind} here" if here else kind, x=bar.x, y=y, width=bar.width, height=height, label=label
    )
