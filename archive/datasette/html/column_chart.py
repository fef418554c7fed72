"""Draws a chart of columns as SVG, with axes. Sizes are in the SVG's units; a phone shows two as a pixel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from archive.languages import format_number

WIDTH, PLOT_HEIGHT = 720, 250
LEFT, RIGHT, TOP, BOTTOM = 76, 24, 24, 38  # margins for the labels of the axes
PLOT_WIDTH = WIDTH - LEFT - RIGHT
COLUMN_SHARE = 0.8  # of a place's width
MAX_TICKS = 5

_SVG = Markup(
    '<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}" aria-describedby="{name}-text">'
)
_LINE = Markup('<line x1="{}" x2="{}" y1="{}" y2="{}"/>')
_Y_LABEL = Markup('<text class="y" x="{}" y="{}">{}</text>')
_X_LABEL = Markup('<text class="x" x="{}" y="{}">{}</text>')
_RECT = Markup('<rect{} x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
_COLUMN = Markup("<g><title>{}</title>{}</g>")


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """A column. ``place`` is its place on the axis, from 0; ``part`` is the share of ``count`` drawn dark."""

    place: int
    label: str
    count: int
    part: int


def column_chart(
    name: str, columns: Sequence[ChartColumn], ticks: Sequence[tuple[int, str]], language: str
) -> Markup:
    """Return the SVG of columns.

    ``ticks`` are places on the axis with their labels, ``name`` is the id of the chart's title.
    """
    places = columns[-1].place + 1
    scale = value_ticks(max(column.count for column in columns))
    parts = [
        _SVG.format(width=WIDTH, height=TOP + PLOT_HEIGHT + BOTTOM, name=name),
        *_value_axis(scale, language),
        *(_column(column, places, scale[-1]) for column in columns),
        *_place_axis(ticks, places),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def value_ticks(most: int) -> list[int]:
    """Return round numbers from 0 to the first that is not below ``most``, a few in all."""
    step = 1
    while step * MAX_TICKS < most:
        step = _next_step(step)
    return list(range(0, most + step, step)) if most % step else list(range(0, most + 1, step))


def _next_step(step: int) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50 and so on."""
    return step * 5 // 2 if str(step)[0] == "2" else step * 2


def _value_axis(ticks: Sequence[int], language: str) -> Iterator[Markup]:
    for value in ticks:
        y = TOP + PLOT_HEIGHT * (1 - value / ticks[-1])
        yield _LINE.format(LEFT, LEFT + PLOT_WIDTH, round(y, 1), round(y, 1))
        yield _Y_LABEL.format(LEFT - 8, round(y + 5, 1), format_number(value, language))


def _place_axis(ticks: Sequence[tuple[int, str]], places: int) -> Iterator[Markup]:
    for place, label in ticks:
        yield _X_LABEL.format(round(_x(place + 0.5, places), 1), TOP + PLOT_HEIGHT + 28, label)


def _x(place: float, places: int) -> float:
    return LEFT + PLOT_WIDTH * place / places


def _column(column: ChartColumn, places: int, most: int) -> Markup:
    width = PLOT_WIDTH / places
    x = _x(column.place, places) + width * (1 - COLUMN_SHARE) / 2
    rects = [_rect("", x, width, column.count / most), _rect(' class="part"', x, width, column.part / most)]
    return _COLUMN.format(column.label, Markup("").join(rects))


def _rect(kind: str, x: float, width: float, share: float) -> Markup:
    height = PLOT_HEIGHT * share
    if not height:
        return Markup("")
    return _RECT.format(Markup(kind), x, TOP + PLOT_HEIGHT - height, width * COLUMN_SHARE, height)  # noqa: S704 - ours
