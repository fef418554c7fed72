"""Print the health of each source."""

from collections.abc import Sequence
from dataclasses import asdict

from archive.cli.output.printing import TableColumn, count, print_table, when
from archive.dump.grammar import clean
from archive.policy.health import RUNS_IN_A_ROW
from archive.policy.layout_change import percent
from archive.store import RunRecord, SourceHealth

_COLUMNS = (
    TableColumn("source"),
    TableColumn("asked"),
    TableColumn("answered"),
    TableColumn("pages", right=True),
    TableColumn("failed", right=True),
    TableColumn("unreadable", right=True),
    TableColumn("truncated", right=True),
    TableColumn("health", wide=True),
)


def asked_last(crawls: Sequence[RunRecord]) -> set[str]:
    """Return the names of the sources of the last crawl, which determine the archive's health."""
    return set(crawls[0].source.split(", ")) if crawls else set()


def print_sources(sources: Sequence[SourceHealth], *, asked: set[str]) -> None:
    """Print a table of the sources in their last crawls; ``asked`` are those of the last crawl."""
    print_table(_COLUMNS, (_source_cells(source, asked=asked) for source in sources))


def _source_cells(source: SourceHealth, *, asked: set[str]) -> list[str | int | None]:
    counts, state = source.counts, _state(source)
    if source.source not in asked and state != "ok":
        state += "; not used by the last crawl"
    return [
        clean(source.source),
        when(source.asked),
        when(source.answered) or "never",
        counts.page_count,
        _share(counts.failed, counts.asked),
        _share(counts.unreadable, counts.came),
        _share(counts.truncated, counts.article_count),
        state,
    ]


def _share(some: int, of: int) -> str:
    """Return a share of pages as a percentage; empty if there are no pages."""
    return percent(some / of) if of else ""


def _state(source: SourceHealth) -> str:
    """Return the problems of a source, or ``ok``."""
    if source.is_down:
        return f"down since {when(source.down_since)}"
    wrong = []
    if source.down_since:
        silent = count(source.silent, "crawl")
        wrong.append(f"silent since {when(source.down_since)}, in {silent}; down after {RUNS_IN_A_ROW}")
    if source.layout_change:
        wrong.append(f"layout changed: {source.layout_change}, {when(source.layout_change_seen)}")
    return "; ".join(wrong) or "ok"


def source_fields(source: SourceHealth) -> dict[str, object]:
    """Return a source's JSON fields; ``state`` is ``down``, ``layout changed``, ``silent`` or ``ok``."""
    fields = asdict(source)
    counts = fields.pop("counts")
    if source.is_down:
        state = "down"
    elif source.layout_change:
        state = "layout changed"
    else:
        state = "silent" if source.down_since else "ok"
    return {**fields, **counts, "state": state}
