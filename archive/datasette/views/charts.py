"""Charts of canned queries: columns as SVG with axes, or bars in a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from markupsafe import Markup

from archive.datasette.chart_queries import CHARTS
from archive.datasette.html.column_chart import ChartColumn, column_chart
from archive.datasette.http.cache import cached
from archive.datasette.request import ReaderRequest
from archive.datasette.responses import TemplateResponse, ViewResponse
from archive.languages import N_, format_decimal, month_name
from archive.model import Kind

Rows = Sequence[tuple[Any, ...]]
MIN_TOTAL, MIN_MARKS = 10, 2  # of a chart that says anything
MAX_DAY_LABELS, MAX_MONTH_LABELS = 4, 6
LAST_HOUR = 48  # and all later ones, of edits after the first capture


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A row of a table with a bar. ``share`` is its length in percent of the longest."""

    name: str
    count: int
    share: float
    others: tuple[int, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartForm:
    """How to show the rows of a query: ``what`` is on the axis; ``count``, ``part``, ``others`` are counted.

    ``draw`` returns the marks. ``ticks`` returns the labels of the axis of columns; without it, the marks are
    bars in a table.
    """

    what: str
    count: str
    draw: Callable[[ReaderRequest, Rows], Iterator[Any]]
    part: str = ""
    others: tuple[str, ...] = ()
    ticks: Callable[[str, Rows], Iterator[tuple[int, str]]] | None = None
    note: Callable[[ReaderRequest, Rows], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart. ``svg`` is empty for bars and for too little data, of which ``total`` counts all marks."""

    name: str
    title: str
    description: str
    form: ChartForm
    marks: Sequence[Any]
    svg: Markup
    note: str

    @property
    def total(self) -> int:
        return sum(int(mark.count) for mark in self.marks)

    @property
    def has_enough(self) -> bool:
        """Return whether there is enough data to draw."""
        return self.total >= MIN_TOTAL and sum(mark.count > 0 for mark in self.marks) >= MIN_MARKS

    @property
    def highest(self) -> Any:
        return max(self.marks, key=lambda mark: mark.count)


def charts(request: ReaderRequest) -> ViewResponse:
    """Show all charts."""
    rows = cached((str(request.archive.path), "charts"), lambda: _rows(request))
    made = [_chart(request, name, rows[name]) for name in CHARTS]
    return TemplateResponse(template="charts.html", context={"charts": made})


def _rows(request: ReaderRequest) -> Mapping[str, Rows]:
    return {name: request.archive.rows(query["sql"]) for name, query in CHARTS.items()}


def _chart(request: ReaderRequest, name: str, rows: Rows) -> Chart:
    query, text, form = CHARTS[name], request.translations.gettext, CHART_FORMS[name]
    marks = list(form.draw(request, rows))
    chart = Chart(
        name=name,
        title=text(query["title"]),
        description=text(query["description"]),
        form=form,
        marks=marks,
        svg=Markup(""),
        note=form.note(request, rows) if form.note and rows else "",
    )
    if not (form.ticks and chart.has_enough):
        return chart
    ticks = list(form.ticks(request.language, rows))
    return replace(chart, svg=column_chart(name, marks, ticks, request.language))


def _hours(_: ReaderRequest, rows: Rows) -> Iterator[ChartColumn]:
    """Yield all hours of a day, including those without an article."""
    counts = {int(hour): int(count) for hour, count in rows}
    for hour in range(24):
        yield ChartColumn(hour, f"{hour:02}:00–{hour:02}:59", counts.get(hour, 0), 0)


def _hour_ticks(_: str, __: Rows) -> Iterator[tuple[int, str]]:
    for hour in range(0, 24, 3):
        yield hour, f"{hour:02}"


def _ages(request: ReaderRequest, rows: Rows) -> Iterator[ChartColumn]:
    """Yield all hours up to the last one, including those without an edit."""
    counts = {hour: (edits, headlines) for hour, edits, headlines in rows}
    later = request.translations.gettext("%(hours)s h and later") % {"hours": LAST_HOUR}
    for hour in range(LAST_HOUR + 1):
        label = later if hour == LAST_HOUR else f"{hour}–{hour + 1} h"
        yield ChartColumn(hour, label, *counts.get(hour, (0, 0)))


def _age_ticks(_: str, __: Rows) -> Iterator[tuple[int, str]]:
    for hour in range(0, LAST_HOUR + 1, 6):
        yield hour, f"{hour}+" if hour == LAST_HOUR else str(hour)


def _days(_: ReaderRequest, rows: Rows) -> Iterator[ChartColumn]:
    first = date.fromisoformat(rows[0][0]) if rows else date.min
    for day, count, edited in rows:
        yield ChartColumn((date.fromisoformat(day) - first).days, day, count, edited)


def _day_ticks(language: str, rows: Rows) -> Iterator[tuple[int, str]]:
    """Yield a few days; of more than two months, the first days of months."""
    first, last = (date.fromisoformat(rows[at][0]) for at in (0, -1))
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    months = [day for day in days if day.day == 1]
    labelled = months if len(months) > 1 else days
    step = -(-len(labelled) // (MAX_MONTH_LABELS if labelled is months else MAX_DAY_LABELS))
    for day in labelled[::step]:
        label = f"{month_name(day, language)} {day:%y}" if labelled is months else day.isoformat()
        yield (day - first).days, label


def _front_page_times(request: ReaderRequest, rows: Rows) -> Iterator[ChartBar]:
    text = request.translations.gettext
    yield from _bars([(text(TIMES[hours]), (articles,), "") for hours, articles, _ in rows])


def _median(request: ReaderRequest, rows: Rows) -> str:
    """Return the sentence on half of the articles."""
    text = request.translations.gettext("Half of the articles stayed for %(hours)s hours or less.")
    return text % {"hours": format_decimal(rows[0][2], request.language)}


def _sections(request: ReaderRequest, rows: Rows) -> Iterator[ChartBar]:
    yield from _bars(
        [
            (name, (edits, headlines, articles), request.site.section(number))
            for name, edits, headlines, articles, number in rows
        ]
    )


def _named(kind: Kind, request: ReaderRequest, rows: Rows) -> Iterator[ChartBar]:
    """Yield the topics or authors."""
    yield from _bars(
        [
            (name, (edits, articles), request.site.keyed(kind, number, name))
            for name, edits, articles, number in rows
        ]
    )


def _bars(rows: Sequence[tuple[str, tuple[int, ...], str]]) -> Iterator[ChartBar]:
    most = max((counts[0] for _, counts, _ in rows), default=1)
    for name, counts, href in rows:
        yield ChartBar(name, counts[0], round(counts[0] / most * 100, 1), counts[1:], href)


# By the hours from which on articles are counted.
TIMES = {
    0: N_("under 1 hour"),
    1: N_("1 to 2 hours"),
    2: N_("2 to 4 hours"),
    4: N_("4 to 8 hours"),
    8: N_("8 to 12 hours"),
    12: N_("12 to 24 hours"),
    24: N_("1 to 2 days"),
    48: N_("2 to 7 days"),
    168: N_("longer than a week"),
}
CHART_FORMS = {
    "headline_edits_by_hour": ChartForm(
        what=N_("Hours after the first capture"),
        count=N_("Edits"),
        part=N_("of the headline"),
        draw=_ages,
        ticks=_age_ticks,
    ),
    "edits_by_section": ChartForm(
        what=N_("Section"),
        count=N_("Edits"),
        others=(N_("of the headline"), N_("Articles")),
        draw=_sections,
    ),
    "most_edited_authors": ChartForm(
        what=N_("Author"), count=N_("Edits"), others=(N_("Articles"),), draw=partial(_named, Kind.AUTHOR)
    ),
    "most_edited_topics": ChartForm(
        what=N_("Topic"), count=N_("Edits"), others=(N_("Articles"),), draw=partial(_named, Kind.TOPIC)
    ),
    "front_page_time": ChartForm(what=N_("Time"), count=N_("Articles"), draw=_front_page_times, note=_median),
    "articles_by_day": ChartForm(
        what=N_("Day of publication"),
        count=N_("Articles"),
        part=N_("edited since"),
        draw=_days,
        ticks=_day_ticks,
    ),
    "first_captures_by_hour": ChartForm(
        what=N_("Hour of the day"), count=N_("Articles"), draw=_hours, ticks=_hour_ticks
    ),
}
