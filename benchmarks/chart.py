"""A minimal SVG line chart for light and dark pages, as used by the pictures in ``docs/``."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 380, 300  # of one panel
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 34, 44  # margins around its axes
COLOURS = ("#8a8f98", "#c98500", "#2f7ed8", "#c8102e")  # curves differ in their markers too
MARKERS = ("square", "triangle", "diamond", "circle")
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 } .grid { stroke: #d0d7de } .paper { fill: #fff }
  polyline { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .grid { stroke: #3d444d } .paper { fill: #0d1117 }
  }
"""
Point = tuple[float, float]
Curves = Mapping[str, Sequence[Point]]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from ``low`` to ``high`` with labels at ``marks``; logarithmic if ``log``."""

    low: float
    high: float
    marks: Sequence[float]
    log: bool = False

    def place(self, value: float) -> float:
        """Return the position of a value, 0 (``low``) to 1 (``high``); values outside are clamped."""
        scale: Callable[[float], float] = math.log if self.log else float
        share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return min(max(share, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Panel:
    """One of several charts drawn side by side."""

    title: str
    below: str
    across: Axis
    up: Axis
    curves: Curves

    def at(self, point: Point) -> Point:
        """Return the coordinates of a point in the panel."""
        x = LEFT + self.across.place(point[0]) * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - self.up.place(point[1]) * (HEIGHT - TOP - BOTTOM)
        return round(x, 1), round(y, 1)

    def is_within(self, point: Point) -> bool:
        return self.across.low <= point[0] <= self.across.high and self.up.low <= point[1] <= self.up.high

    def lines(self) -> Iterator[str]:
        yield f'<text class="title" x="{LEFT}" y="18">{self.title}</text>'
        middle = (LEFT + WIDTH - RIGHT) / 2
        yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{self.below}</text>'
        yield from self._grid()
        for number, points in enumerate(self.curves.values()):
            yield from self._curve(number, [self.at(point) for point in points if self.is_within(point)])

    def _grid(self) -> Iterator[str]:
        for mark in self.up.marks:
            x, y = self.at((self.across.low, mark))
            yield f'<path class="grid" d="M{x} {y}H{WIDTH - RIGHT}"/>'
            yield f'<text x="{x - 6}" y="{y + 4}" text-anchor="end">{mark:,.10g}</text>'
        for mark in self.across.marks:
            x, y = self.at((mark, self.up.low))
            yield f'<path class="grid" d="M{x} {y}V{TOP}"/>'
            yield f'<text x="{x}" y="{y + 16}" text-anchor="middle">{mark:,.10g}</text>'

    def _curve(self, number: int, points: Sequence[Point]) -> Iterator[str]:
        way = " ".join(f"{x},{y}" for x, y in points)
        yield f'<polyline points="{way}" stroke="{COLOURS[number]}"/>'
        yield from (marker(number, point) for point in points)


def marker(number: int, point: Point) -> str:
    """Return a curve's marker at a point."""
    x, y = point
    shape = {
        "circle": f'<circle cx="{x}" cy="{y}" r="3.5"',
        "square": f'<rect x="{x - 3}" y="{y - 3}" width="6" height="6"',
        "diamond": f'<path d="M{x} {y - 4.5}L{x + 4.5} {y}L{x} {y + 4.5}L{x - 4.5} {y}z"',
        "triangle": f'<path d="M{x} {y - 4.5}L{x + 4.5} {y + 3.5}H{x - 4.5}z"',
    }[MARKERS[number]]
    return f'{shape} fill="{COLOURS[number]}"/>'


def chart(panels: Sequence[Panel], description: str) -> str:
    """Return panels side by side above a legend. ``description`` is read by screen readers."""
    width, height = WIDTH * len(panels), HEIGHT + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{description}</title><style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
    ]
    for number, panel in enumerate(panels):
        lines += [f'<g transform="translate({number * WIDTH})">', *panel.lines(), "</g>"]
    for number, name in enumerate(panels[0].curves):
        at = LEFT + number * (width - LEFT) / len(panels[0].curves)
        lines += [marker(number, (at, HEIGHT + 14)), f'<text x="{at + 10}" y="{HEIGHT + 18}">{name}</text>']
    return "\n".join([*lines, "</svg>", ""])
