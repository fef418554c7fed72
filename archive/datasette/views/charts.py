"""Charts of canned queries, as SVG or as bars in a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from archive.datasette.chart_queries import CHARTS
from archive.datasette.http.cache import cached
from archive.datasette.request import ReaderRequest
from archive.datasette.responses import TemplateResponse, ViewResponse
from archive.datasette.views.front_page import shade
from archive.languages import counted, weekday_names
from archive.model import Kind

COLUMN_HEIGHT = 160  # in the SVG's units


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar of a table. ``share`` is its length in percent of the longest."""

    name: str
    count: int
    share: float
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class GridCell:
    """A square of a grid; ``level`` is its shade."""

    x: int
    y: int
    level: int
    count: int
    title: str


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """A day's column; ``edited`` is the height of the edited articles' part."""

    x: int
    count: int
    height: float
    edited: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. ``form`` is how to draw ``marks``: ``bars``, ``grid`` or ``columns``."""

    name: str
    title: str
    description: str
    form: str
    marks: Sequence[Any]
    ends: tuple[str, str] = ("", "")

    @property
    def most(self) -> int:
        return max(int(mark.count) for mark in self.marks)


def charts(request: ReaderRequest) -> ViewResponse:
    path = str(request.archive.path)
    made = cached(
        (path, "charts", request.site.path(""), request.language),
        lambda: [_chart(request, name) for name in CHARTS],
    )
    return TemplateResponse(template="charts.html", context={"charts": made})


def _chart(request: ReaderRequest, name: str) -> Chart:
    query, text = CHARTS[name], request.translations.gettext
    rows = request.archive.rows(query["sql"])
    form, draw = CHART_FORMS[name]
    ends = (rows[0][0], rows[-1][0]) if rows and form == "columns" else ("", "")
    return Chart(
        name, text(query["title"]), text(query["description"]), form, list(draw(request, rows)), ends
    )


Rows = Sequence[tuple[Any, ...]]


def _hours(request: ReaderRequest, rows: Rows) -> Iterator[GridCell]:
    """Yield all 7 × 24 hours of a week, including those without an article."""
    counts = {(weekday, hour): count for weekday, hour, count in rows}
    most = max(counts.values(), default=1)
    label = request.translations.gettext("%(day)s %(start)s–%(end)s h: %(count)s")
    for weekday, day in enumerate(weekday_names(request.language)):
        for hour in range(24):
            count = counts.get((weekday, hour), 0)
            title = label % {"day": day, "start": f"{hour:02}", "end": f"{hour + 1:02}", "count": count}
            yield GridCell(hour, weekday, shade(count, most), count, title)


def _days(request: ReaderRequest, rows: Rows) -> Iterator[ChartColumn]:
    most = max((count for _, count, _ in rows), default=1)
    first = date.fromisoformat(rows[0][0]) if rows else date.min
    for day, count, edited in rows:
        place = (date.fromisoformat(day) - first).days
        text = request.translations.ngettext(
            "%(day)s: %(num)s article, %(edited)s edited since",
            "%(day)s: %(num)s articles, %(edited)s edited since",
            count,
        )
        title = text % {"day": day, "num": count, "edited": edited}
        height, edited_height = (round(number / most * COLUMN_HEIGHT, 1) for number in (count, edited))
        yield ChartColumn(place, count, height, edited_height, title)


def _ages(request: ReaderRequest, rows: Rows) -> Iterator[ChartBar]:
    text = request.translations.gettext
    yield from _bars([(text(age.partition(" ")[2]), count, "", "") for age, count in rows])


def _topics(request: ReaderRequest, rows: Rows) -> Iterator[ChartBar]:
    link = partial(request.site.keyed, Kind.TOPIC)

    def note(articles: int) -> str:
        return counted(request.language, "%(num)s article", "%(num)s articles", articles)

    yield from _bars([(name, edits, note(articles), link(key, name)) for name, edits, articles, key in rows])


def _authors(request: ReaderRequest, rows: Rows) -> Iterator[ChartBar]:
    link = partial(request.site.keyed, Kind.AUTHOR)

    def note(edits: int) -> str:
        return counted(request.language, "%(num)s edit", "%(num)s edits", edits)

    yield from _bars([(name, count, note(edits), link(key, name)) for name, count, edits, key in rows])


def _bars(rows: Sequence[tuple[str, int, str, str]]) -> Iterator[ChartBar]:
    most = max((count for _, count, _, _ in rows), default=1)
    for name, count, note, href in rows:
        yield ChartBar(name, count, round(count / most * 100, 1), note, href)


CHART_FORMS: dict[str, tuple[str, Callable[[ReaderRequest, Rows], Iterator[Any]]]] = {
    "articles_by_day": ("columns", _days),
    "first_sights_by_hour": ("grid", _hours),
    "edits_by_age": ("bars", _ages),
    "most_edited_topics": ("bars", _topics),
    "articles_per_author": ("bars", _authors),
}
