"""Print the history of crawls, as ``status`` shows it."""

from collections.abc import Sequence

from archive.cli.output.health import END_REASONS
from archive.cli.output.printing import TableColumn, print_table, when
from archive.dump.grammar import clean
from archive.store import RunRecord
from archive.timestamps import parse_stamp

_RUN_COLUMNS = (
    TableColumn("id", right=True),
    TableColumn("started"),
    TableColumn("took", right=True),
    TableColumn("pages", right=True),
    TableColumn("new", right=True),
    TableColumn("edited", right=True),
    TableColumn("problems", right=True),
    TableColumn("via", wide=True),
    TableColumn("ended"),
)


def print_runs(runs: Sequence[RunRecord]) -> None:
    """Print a table with a row for each run."""
    print_table(_RUN_COLUMNS, (_run_cells(run) for run in runs))


def _run_cells(run: RunRecord) -> list[str | int | None]:
    return [
        run.id,
        when(run.started),
        duration_words(seconds_taken(run)),
        run.pages,
        run.new_articles,
        run.new_versions - run.new_articles,
        run.problems,
        clean(run.source),
        _ended(run),
    ]


def _ended(run: RunRecord) -> str:
    reason = END_REASONS.get(run.reason or "", clean(run.reason or "not yet"))
    return f"{reason}, {run.idle_runs:,} in a row" if run.idle_runs > 1 else reason


def seconds_taken(run: RunRecord) -> float | None:
    """Return how long a run took; None if it died, or if the row stands for several runs."""
    if run.finished is None or run.idle_runs > 1:
        return None
    return (parse_stamp(run.finished) - parse_stamp(run.started)).total_seconds()


def duration_words(seconds: float | None) -> str:
    """Return ``850 ms``, ``42 s``, ``3 m 05 s`` or ``2 h 10 m``; empty for None."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} m"
    return f"{minutes} m {rest:02} s" if minutes else f"{rest} s"
