"""How each source does, as ``status`` shows it."""

from collections.abc import Sequence
from dataclasses import asdict

from archive.cli.output.tables import Column, count, print_table, when
from archive.dump.grammar import clean
from archive.policy.health import IN_A_ROW
from archive.policy.layout_change import percent
from archive.store import Health, Run

SOURCE_COLUMNS = (
    Column("source"),
    Column("asked"),
    Column("answered"),
    Column("pages", right=True),
    Column("failed", right=True),
    Column("unreadable", right=True),
    Column("cut", right=True),
    Column("health", wide=True),
)


def asked_last(crawls: Sequence[Run]) -> set[str]:
    """Return the names of the sources of the last crawl, by which alone the archive's health is judged."""
    return set(crawls[0].source.split(", ")) if crawls else set()


def print_sources(sources: Sequence[Health], *, asked: set[str]) -> None:
    """Print a table of how each source did in its last crawls; ``asked`` are those of the last crawl."""
    print_table(SOURCE_COLUMNS, (_source_cells(source, asked=asked) for source in sources))


def _source_cells(source: Health, *, asked: set[str]) -> list[str | int | None]:
    counts, state = source.counts, _state(source)
    if source.source not in asked and state != "ok":
        state += "; not asked by the last crawl"
    return [
        clean(source.source),
        when(source.asked),
        when(source.answered) or "never",
        counts.pages,
        _share(counts.failed, counts.asked),
        _share(counts.unreadable, counts.came),
        _share(counts.cut, counts.articles),
        state,
    ]


def _share(some: int, of: int) -> str:
    """A share of pages; nothing of none."""
    return percent(some / of) if of else ""


def _state(source: Health) -> str:
    """Return what is wrong with a source, by :mod:`archive.policy.health`; ``ok`` for nothing."""
    if source.is_down:
        return f"down since {when(source.down_since)}"
    wrong = []
    if source.down_since:
        silent = count(source.silent, "crawl")
        wrong.append(f"silent since {when(source.down_since)}, in {silent}; down after {IN_A_ROW}")
    if source.drift:
        wrong.append(f"drift: {source.drift}, {when(source.drift_seen)}")
    return "; ".join(wrong) or "ok"


def source_fields(source: Health) -> dict[str, object]:
    """Return the same for programs; ``state`` is ``down``, ``drift``, ``silent`` or ``ok``."""
    fields = asdict(source)
    counts = fields.pop("counts")
    state = "down" if source.is_down else "drift" if source.drift else "silent" if source.down_since else "ok"
    return {**fields, **counts, "state": state}
