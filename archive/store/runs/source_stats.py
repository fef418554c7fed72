"""Counts of each source in a run, added as captures are recorded and evaluated at the end of the run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from archive.model import Capture, Outcome
from archive.policy.layout_change import (
    COUNT_NAMES,
    MAX_HISTORY_RUNS,
    Counts,
    LayoutChange,
    PastRun,
    find_layout_changes,
    find_obvious_changes,
    may_have_obvious_changes,
)
from archive.store.ingest.recorded import Recorded
from archive.timestamps import stamp

_CaptureAndResult = tuple[Capture, Recorded]


def count(db: Database, crawl: int, pairs: Iterable[_CaptureAndResult]) -> None:
    """Add captures and their results to the counts of their sources."""
    by_source: dict[str, list[_CaptureAndResult]] = {}
    for capture, done in pairs:
        by_source.setdefault(capture.source, []).append((capture, done))
    for source, captures in by_source.items():
        counts = _counts([done for _, done in captures])
        values = {name: getattr(counts, name) for name in COUNT_NAMES}
        db.execute(_ADD_COUNTS, {**_times(captures), **values, "crawl": crawl, "source": source})


# Raw SQL, since recording captures runs it.
_ADD_COUNTS = (
    f"INSERT INTO crawl_sources (crawl_id, source, asked_at, answered_at, {', '.join(COUNT_NAMES)})"  # noqa: S608 - ours
    f" VALUES (:crawl, :source, :asked, :answered, {', '.join(f':{name}' for name in COUNT_NAMES)})"
    " ON CONFLICT (crawl_id, source) DO UPDATE SET asked_at = ifnull(excluded.asked_at, asked_at),"
    " answered_at = ifnull(excluded.answered_at, answered_at),"
    f" {', '.join(f'{name} = {name} + excluded.{name}' for name in COUNT_NAMES)}"
)


def _counts(recorded: Sequence[Recorded]) -> Counts:
    parsed = [done.traits for done in recorded if done.traits and not done.repeated]
    articles = [traits for traits in parsed if traits.is_article]
    outcomes = [done.outcome for done in recorded if not done.repeated]
    return Counts(
        page_count=len(recorded),
        failed=outcomes.count(Outcome.FAILED),
        forbidden=outcomes.count(Outcome.FORBIDDEN),
        absent=outcomes.count(Outcome.ABSENT),
        repeated=sum(done.repeated for done in recorded),
        unreadable=outcomes.count(Outcome.UNREADABLE),
        article_count=len(articles),
        without_text=sum(not traits.has_text for traits in articles),
        without_date=sum(not traits.has_date for traits in articles),
        without_authors=sum(not traits.has_authors for traits in articles),
        truncated=sum(traits.is_truncated for traits in articles),
        row_count=sum(traits.rows for traits in parsed),
        unknown_row_count=sum(traits.unknown_rows for traits in parsed),
        pages_with_unknown_rows=sum(traits.unknown_rows > 0 for traits in parsed),
    )


def _times(pairs: Sequence[_CaptureAndResult]) -> dict[str, str | None]:
    """Return the times of the last request and of the last complete answer."""
    asked = [capture.captured_at for capture, done in pairs if done.outcome is not Outcome.FORBIDDEN]
    silent = (Outcome.FORBIDDEN, Outcome.FAILED)
    answered = [capture.captured_at for capture, done in pairs if done.outcome not in silent]
    return {
        "asked": stamp(max(asked)) if asked else None,
        "answered": stamp(max(answered)) if answered else None,
    }


def record_layout_changes(db: Database, crawl: int) -> dict[str, str]:
    """Record the layout changes of a run's sources; return a line for each source that has one."""
    lines = {}
    for source, counts in _rows(db, crawl):
        if found := find_layout_changes(_past(db, source, crawl), counts):
            lines[source] = _line(found)
            db.table("crawl_sources").update((crawl, source), {"layout_change": lines[source]})
    return lines


def record_layout_changes_of_dead_runs(db: Database) -> None:
    """Evaluate layout change for crashed runs, so that they do not distort the baseline."""
    for run in list(db["crawls"].rows_where("finished_at IS NULL AND reason IS NULL", select="id")):
        record_layout_changes(db, run["id"])


def obvious_layout_changes(db: Database, crawl: int) -> dict[str, str]:
    """Return a line for each source with an obvious layout change in the current run."""
    lines = {}
    for source, counts in _rows(db, crawl):
        if may_have_obvious_changes(counts) and (
            found := find_obvious_changes(_past(db, source, crawl), counts)
        ):
            lines[source] = _line(found)
    return lines


def exclude_from_baseline(db: Database) -> None:
    """Exclude all runs of sources with a layout change from the baseline, after a complete reparse."""
    db.execute(
        "UPDATE crawl_sources SET excluded = 1 WHERE source IN"
        " (SELECT source FROM crawl_sources WHERE layout_change IS NOT NULL AND NOT excluded)"
    )


def _line(found: Iterable[LayoutChange]) -> str:
    return ", ".join(map(str, found))


def _rows(db: Database, crawl: int) -> list[tuple[str, Counts]]:
    rows = db["crawl_sources"].rows_where("crawl_id = ?", [crawl])
    return [(row["source"], counts_in(row)) for row in rows]


def _past(db: Database, source: str, crawl: int) -> list[PastRun]:
    """Return the runs of a source before this one, oldest first."""
    rows = db["crawl_sources"].rows_where(
        "source = ? AND crawl_id < ? AND NOT excluded",
        [source, crawl],
        order_by="crawl_id DESC",
        limit=MAX_HISTORY_RUNS,
    )
    return [PastRun(counts_in(row), row["layout_change"] is not None) for row in reversed([*rows])]


def counts_in(row: Mapping[str, Any]) -> Counts:
    """Return the counts in a row of ``crawl_sources``."""
    return Counts(**{name: row[name] for name in COUNT_NAMES})
