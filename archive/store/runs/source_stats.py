"""How each source does in a run: counted as captures are recorded, judged when the run is over."""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from archive.model import Capture, Outcome
from archive.policy.layout_change import (
    COUNT_NAMES,
    MAX_HISTORY_RUNS,
    Counts,
    LayoutChange,
    PastRun,
    find_layout_changes,
    may_have_obvious_changes,
)
from archive.policy.layout_change import find_obvious_changes as drifts_so_far
from archive.store.ingest.recording import Recorded
from archive.timestamps import stamp

Told = tuple[Capture, Recorded]
COUNT_COLUMNS = ", ".join(COUNT_NAMES)


def count(db: Database, crawl: int, told: Iterable[Told]) -> None:
    """Add captures, and what became of them, to their sources' rows."""
    by_source: dict[str, list[Told]] = {}
    for capture, done in told:
        by_source.setdefault(capture.source, []).append((capture, done))
    for source, captures in by_source.items():
        counts = _counts([done for _, done in captures])
        values = {name: getattr(counts, name) for name in COUNT_NAMES}
        db.execute(ADD_COUNTS, {**_times(captures), **values, "crawl": crawl, "source": source})


ADD_COUNTS = (
    f"INSERT INTO crawl_sources (crawl_id, source, asked_at, answered_at, {', '.join(COUNT_NAMES)})"  # noqa: S608 - ours
    f" VALUES (:crawl, :source, :asked, :answered, {', '.join(f':{name}' for name in COUNT_NAMES)})"
    " ON CONFLICT (crawl_id, source) DO UPDATE SET asked_at = ifnull(excluded.asked_at, asked_at),"
    " answered_at = ifnull(excluded.answered_at, answered_at),"
    f" {', '.join(f'{name} = {name} + excluded.{name}' for name in COUNT_NAMES)}"
)


def _counts(recorded: Sequence[Recorded]) -> Counts:
    looks = [done.look for done in recorded if done.look and not done.repeated]
    articles = [look for look in looks if look.is_article]
    outcomes = [done.outcome for done in recorded if not done.repeated]
    return Counts(
        page_count=len(recorded),
        failed=outcomes.count(Outcome.FAILED),
        forbidden=outcomes.count(Outcome.FORBIDDEN),
        absent=outcomes.count(Outcome.ABSENT),
        repeated=sum(done.repeated for done in recorded),
        unreadable=outcomes.count(Outcome.UNREADABLE),
        article_count=len(articles),
        without_text=sum(not look.has_text for look in articles),
        without_date=sum(not look.has_date for look in articles),
        without_authors=sum(not look.has_authors for look in articles),
        truncated=sum(look.is_truncated for look in articles),
        row_count=sum(look.rows for look in looks),
        unknown_row_count=sum(look.unknown_rows for look in looks),
        pages_with_unknown_rows=sum(look.unknown_rows > 0 for look in looks),
    )


def _times(told: Sequence[Told]) -> dict[str, str | None]:
    """When the source was last asked, and when it last answered in whole."""
    asked = [capture.captured_at for capture, done in told if done.outcome is not Outcome.FORBIDDEN]
    silent = (Outcome.FORBIDDEN, Outcome.FAILED)
    answered = [capture.captured_at for capture, done in told if done.outcome not in silent]
    return {
        "asked": stamp(max(asked)) if asked else None,
        "answered": stamp(max(answered)) if answered else None,
    }


def judge(db: Database, crawl: int) -> dict[str, str]:
    """Note in what the pages of a run's sources do not look as they did; in a line each, by source."""
    lines = {}
    for source, counts in _rows(db, crawl):
        if found := find_layout_changes(_past(db, source, crawl), counts):
            lines[source] = _line(found)
            query = "UPDATE crawl_sources SET layout_change = ? WHERE crawl_id = ? AND source = ?"
            db.execute(query, [lines[source], crawl, source])
    return lines


def judge_dead(db: Database) -> None:
    """Evaluate layout change for crashed runs, so that they do not distort the baseline."""
    for (crawl,) in db.execute(
        "SELECT id FROM crawls WHERE finished_at IS NULL AND reason IS NULL"
    ).fetchall():
        judge(db, crawl)


def far_off(db: Database, crawl: int) -> dict[str, str]:
    """What is plain while a run goes on."""
    lines = {}
    for source, counts in _rows(db, crawl):
        if may_have_obvious_changes(counts) and (found := drifts_so_far(_past(db, source, crawl), counts)):
            lines[source] = _line(found)
    return lines


def settle(db: Database) -> None:
    """All pages were read anew. Whatever drift there was is over: later runs are measured by later ones."""
    db.execute(
        "UPDATE crawl_sources SET excluded = 1 WHERE source IN"
        " (SELECT source FROM crawl_sources WHERE layout_change IS NOT NULL AND NOT excluded)"
    )


def _line(found: Iterable[LayoutChange]) -> str:
    return ", ".join(map(str, found))


def _rows(db: Database, crawl: int) -> list[tuple[str, Counts]]:
    rows = db.execute(f"SELECT source, {COUNT_COLUMNS} FROM crawl_sources WHERE crawl_id = ?", [crawl])  # noqa: S608 - ours
    return [(source, counted(numbers)) for source, *numbers in rows]


def _past(db: Database, source: str, crawl: int) -> list[PastRun]:
    """The runs of a source before this one, oldest first."""
    rows = db.execute(
        f"SELECT layout_change IS NOT NULL, {COUNT_COLUMNS} FROM crawl_sources WHERE source = ? AND"  # noqa: S608
        f" crawl_id < ? AND NOT excluded"
        " ORDER BY crawl_id DESC LIMIT ?",
        [source, crawl, MAX_HISTORY_RUNS],
    ).fetchall()
    return [PastRun(counted(numbers), bool(drifted)) for drifted, *numbers in reversed(rows)]


def counted(numbers: Sequence[int]) -> Counts:
    """The columns :data:`COUNT_COLUMNS`."""
    return Counts(**dict(zip(COUNT_NAMES, numbers, strict=True)))
