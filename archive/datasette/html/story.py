"""An article's story, beside its text: the last of its versions and absences, and a strip of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.datasette.html.svg import strip_svg
from archive.datasette.html.timeline_strip import timeline_bars, visible_bars
from archive.datasette.request import ReaderRequest, whole
from archive.store import Absence, VersionSummary

SHORT_HISTORY = 12  # versions that are listed, unless more are asked for
MAX_LISTED = 500  # versions, and absences, that one page lists


@dataclass(frozen=True, slots=True)
class HistoryList:
    """Versions and absences, newest first, each with when it began; one of the two is None.

    ``earlier`` counts the versions before these, ``more`` is what to ask for to list them.
    ``hidden`` counts absences among these versions that are not listed.
    """

    entries: Sequence[tuple[str, VersionSummary | None, Absence | None]]
    earlier: int
    more: str
    hidden: int


def story(request: ReaderRequest, article: int, number: int) -> dict[str, object]:
    """What a page shows of an article's story. ``number`` is that of the version on the page."""
    reader = request.archive
    steps = reader.history.versions(article)
    gaps = reader.history.absences(article)
    last_look = max([steps[-1].last_seen, *(gap.back or gap.since for gap in gaps)])
    return {
        "steps": steps,
        "listed": list_history(steps, gaps, request.args.get("history", "")),
        "strip": strip_svg(visible_bars(timeline_bars(steps, gaps, last_look), number), number),
        "last_look": last_look,
        "seen": reader.history.sightings(article),
    }


def list_history(steps: Sequence[VersionSummary], gaps: Sequence[Absence], wanted: str) -> HistoryList:
    """Return the last few versions, or with ``all`` the last :data:`MOST`, or as many up to a number."""
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
    """The absences from one version on until after another."""
    since = steps[first].first_seen
    until = steps[last].first_seen if last < len(steps) else None
    return [gap for gap in gaps if gap.since >= since and (until is None or gap.since < until)]
