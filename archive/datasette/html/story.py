"""The sidebar with an article's history: its latest versions and absences, and a timeline of all."""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.datasette.html.svg import strip_svg
from archive.datasette.html.timeline_strip import timeline_bars, visible_bars
from archive.datasette.request import ReaderRequest, whole
from archive.store import Absence, VersionSummary

SHORT_HISTORY = 12  # versions listed by default
MAX_LISTED = 500  # versions, and absences, on one page


@dataclass(frozen=True, slots=True)
class HistoryList:
    """Versions and absences, newest first.

    An entry is its start, and a version or an absence; the other one is None. ``earlier`` counts the earlier
    versions; ``more`` is the value of ``history`` that lists them. ``hidden`` counts absences left out.
    """

    entries: Sequence[tuple[str, VersionSummary | None, Absence | None]]
    earlier: int
    more: str
    hidden: int


def story(request: ReaderRequest, article: int, number: int) -> dict[str, object]:
    """Return the template variables for an article's history. ``number`` is the version shown."""
    reader = request.archive
    steps = reader.history.versions(article)
    gaps = reader.history.absences(article)
    last_look = max([steps[-1].last_seen, *(gap.back or gap.since for gap in gaps)])
    return {
        "steps": steps,
        "listed": list_history(steps, gaps, request.args.get("history", "")),
        "strip": strip_svg(
            visible_bars(timeline_bars(steps, gaps, last_look), number), number, request.language
        ),
        "last_look": last_look,
        "seen": reader.history.sightings(article),
    }


def list_history(steps: Sequence[VersionSummary], gaps: Sequence[Absence], wanted: str) -> HistoryList:
    """List the latest versions: a few, or :data:`MAX_LISTED` for ``all`` or up to a version number."""
    last = len(steps) if wanted in ("", "all") else min(max(whole(wanted, "history"), 1), len(steps))
    first = max(last - (MAX_LISTED if wanted else SHORT_HISTORY), 0)
    within = _within(steps, gaps, first, last)
    entries = [
        *((step.first_seen, step, None) for step in steps[first:last]),
        *((gap.since, None, gap) for gap in within[-MAX_LISTED:]),
    ]
    return HistoryList(
        entries=sorted(entries, key=lambda part: part[0], reverse=True),
        earlier=first,
        more=str(first) if wanted else "all",
        hidden=max(len(within) - MAX_LISTED, 0),
    )


def _within(steps: Sequence[VersionSummary], gaps: Sequence[Absence], first: int, last: int) -> list[Absence]:
    """Return the absences between the first and the last of the listed versions."""
    since = steps[first].first_seen
    until = steps[last].first_seen if last < len(steps) else None
    return [gap for gap in gaps if gap.since >= since and (until is None or gap.since < until)]
