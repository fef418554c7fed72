"""An article's timeline: a bar per version, from its first capture to the next version's, and per absence."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archive.store import Absence, VersionSummary
from archive.timestamps import parse_stamp

STRIP_WIDTH = 720.0  # in the SVG's units; it is scaled to the column
MIN_BAR_WIDTH = 4.0  # so that short ones are visible
MIN_BAR_DISTANCE = 0.5  # between the starts of two bars that can be distinguished


class StripBar(NamedTuple):
    """A version (``number``) or an absence (0). ``x`` and ``width`` are in the SVG's units."""

    x: float
    width: float
    number: int
    start: str
    end: str


def timeline_bars(steps: Sequence[VersionSummary], gaps: Sequence[Absence], last_look: str) -> list[StripBar]:
    """Return the bars in drawing order: absences are drawn over versions."""
    begin = parse_stamp(steps[0].first_seen).timestamp()
    if steps[0].first_seen == last_look:
        return [StripBar(0.0, STRIP_WIDTH, steps[0].number, last_look, last_look)]
    span = max(parse_stamp(last_look).timestamp() - begin, 1.0)

    def bar(start: str, end: str, number: int) -> StripBar:
        x = (parse_stamp(start).timestamp() - begin) / span * (STRIP_WIDTH - MIN_BAR_WIDTH)
        width = (parse_stamp(end).timestamp() - begin) / span * STRIP_WIDTH - x
        return StripBar(round(x, 1), round(max(width, MIN_BAR_WIDTH), 1), number, start, end)

    return [
        *(bar(*part) for part in _spans(steps, last_look)),
        *(bar(gap.since, gap.back or last_look, 0) for gap in gaps),
    ]


def visible_bars(bars: Iterable[StripBar], here: int) -> Iterator[StripBar]:
    """Yield the bars that can be distinguished, and that of version ``here``, so that they are few."""
    last = -STRIP_WIDTH
    for bar in bars:
        if not last <= bar.x < last + MIN_BAR_DISTANCE or bar.number == here:
            yield bar
            last = bar.x


def _spans(steps: Sequence[VersionSummary], last_look: str) -> Iterator[tuple[str, str, int]]:
    ends = [*(step.first_seen for step in steps[1:]), last_look]
    return ((step.first_seen, end, step.number) for step, end in zip(steps, ends, strict=True))
