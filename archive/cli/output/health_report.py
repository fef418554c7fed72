"""Check the health of an archive, and report it as text or as Prometheus metrics."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from archive.cli.output.tables import count, size
from archive.dump.grammar import clean
from archive.errors import StoreError
from archive.policy.health import HealthInputs, HealthProblem, RunResult, Tolerance, find_problems
from archive.store import open_reader

# Words for Scrapy's reasons why a crawl ended.
END_REASONS = {
    "closespider_pagecount": "--max-pages",
    "closespider_timeout": "--max-time",
    "shutdown": "stopped",
}
_MONTH_DAYS, _TWO_YEARS_DAYS = 31, 730


class Checkup(NamedTuple):
    """The health of an archive; ``inputs`` is None if it could not be opened."""

    path: Path
    found: Sequence[HealthProblem]
    inputs: HealthInputs | None
    now: datetime

    @property
    def report(self) -> str:
        """A report of some lines, the first of which is a summary."""
        name = clean(str(self.path.absolute()))
        head = f"{name} is {state_of(self)}"
        known = facts(self.inputs, self.now) if self.inputs else ()
        problems = [f"- {clean(problem.text)}" for problem in self.found]
        return "\n".join([head, *problems, *(f"{label:<10}{fact}" for label, fact in known)])


def state_of(checkup: Checkup) -> str:
    """Return ``healthy`` or ``unhealthy``."""
    return "unhealthy" if checkup.found else "healthy"


def check_up(
    path: Path, *, now: datetime, tolerance: Tolerance, failure: StoreError | None = None
) -> Checkup:
    """Check an archive; one that cannot be opened is unhealthy. ``failure`` has just ended a crawl."""
    inputs = None
    error_found = failure
    try:
        with open_reader(path) as opened:
            inputs = opened.status.health_inputs(now=now)
    except StoreError as error:
        error_found = error_found or error
    found = find_problems(inputs, now=now, tolerance=tolerance) if inputs else []
    if error_found:
        others = [problem for problem in found if problem.kind != "failed"]
        found = [HealthProblem("failed", f"the last crawl failed: {error_found}"), *others]
    return Checkup(path, found, inputs, now)


def facts(inputs: HealthInputs, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the most important facts, each with its label."""
    yield "activity", _activity(inputs, now)
    lately = f"{inputs.new_articles:,} new and {inputs.edited_articles:,} edited in the last day"
    yield "news", f"{_ago(inputs.last_change_at, now)}; {lately}" if inputs.last_change_at else "none yet"
    room = f"{size(inputs.free_bytes)} free"
    if inputs.bytes_per_day and inputs.days_left is not None:
        room += f", {size(round(inputs.bytes_per_day))} a day: {_lasts(inputs.days_left)}"
    yield "disk", room
    fetched = inputs.pages - inputs.unfetched_pages
    share = f" ({100 * fetched // inputs.pages} %)" if inputs.pages else ""
    yield (
        "fetched",
        f"{fetched:,} of {count(inputs.pages, 'known page')}{share}, {inputs.due_pages:,} due now",
    )


def _activity(inputs: HealthInputs, now: datetime) -> str:
    if not inputs.runs:
        return "never crawled; everything was imported or merged" if inputs.pages else "never crawled"
    last = inputs.runs[0]
    if inputs.is_running:
        return f"crawling since {_ago(last.started, now)}"
    return f"last crawl {_ago(last.finished or last.started, now)}: {_ended(last)}"


def _ended(run: RunResult) -> str:
    reason = "died" if run.finished is None else clean(run.reason or "")
    words = END_REASONS.get(reason, reason)
    if not run.pages:
        return words
    return f"{words}, {count(run.pages, 'page')}, {count(run.problems, 'problem')}"


def _lasts(days: float) -> str:
    if days > _TWO_YEARS_DAYS:
        return "enough for years"
    return (
        f"enough for {days:.0f} days"
        if days < 3 * _MONTH_DAYS
        else f"enough for {days / _MONTH_DAYS:.0f} months"
    )


def _ago(then: datetime | None, now: datetime) -> str:
    """Return ``2025-04-10 12:00 (3 hours ago)``, in UTC; empty for None."""
    if then is None:
        return ""
    seconds = (now - then).total_seconds()
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    long = next((count(int(seconds // each), unit) for unit, each in units if seconds >= 2 * each), None)
    when = "in the future" if seconds < 0 else f"{long} ago" if long else "just now"
    return f"{then:%Y-%m-%d %H:%M} ({when})"


# -- Prometheus ---------------------------------------------------------------------------------------

# https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_METRICS = {
    "healthy": "Whether the archive has no problem.",
    "checked_timestamp_seconds": "Time of this checkup.",
    "problem": "A problem to act on.",
    "running": "Whether a crawl is running.",
    "last_crawl_timestamp_seconds": "Time when the last crawl ended, or began if it is running or died.",
    "last_crawl_pages": "Pages that the last crawl fetched.",
    "last_crawl_problems": "Pages of the last crawl that failed or could not be parsed.",
    "last_new_version_timestamp_seconds": "Time of the latest new version.",
    "new_articles_day": "New articles in the last day.",
    "edits_day": "Edits in the last day.",
    "source_up": "Whether a source responded in its last crawl.",
    "source_layout_changed": "Whether the layout of a source's pages has changed.",
    "pages": "Known pages.",
    "pages_due": "Pages due now.",
    "pages_unfetched": "Known pages that were never fetched.",
    "file_bytes": "Size of the archive.",
    "disk_free_bytes": "Free space on its disk.",
}
_Sample = tuple[str, dict[str, str], float]


def prometheus_text(checkup: Checkup) -> str:
    """Return the checkup in Prometheus' text format."""
    samples: dict[str, list[str]] = {}
    for name, labels, value in _samples(checkup):
        labelled = {"archive": str(checkup.path.absolute()), **labels}
        pairs = ",".join(f'{label}="{clean(text).translate(_ESCAPES)}"' for label, text in labelled.items())
        samples.setdefault(name, []).append(f"taz_archive_{name}{{{pairs}}} {value:.15g}")
    lines = []
    for name, rows in samples.items():
        lines += [f"# HELP taz_archive_{name} {_METRICS[name]}", f"# TYPE taz_archive_{name} gauge", *rows]
    return "\n".join(lines) + "\n"


def _samples(checkup: Checkup) -> Iterator[_Sample]:
    yield "healthy", {}, not checkup.found
    yield "checked_timestamp_seconds", {}, checkup.now.timestamp()
    for problem in checkup.found:
        yield "problem", {"kind": problem.kind}, 1
    if inputs := checkup.inputs:
        yield from _input_samples(inputs)


def _input_samples(inputs: HealthInputs) -> Iterator[_Sample]:
    yield "running", {}, inputs.is_running
    for last in inputs.runs[:1]:
        yield "last_crawl_timestamp_seconds", {}, (last.finished or last.started).timestamp()
        yield "last_crawl_pages", {}, last.pages
        yield "last_crawl_problems", {}, last.problems
    if inputs.last_change_at:
        yield "last_new_version_timestamp_seconds", {}, inputs.last_change_at.timestamp()
    yield "new_articles_day", {}, inputs.new_articles
    yield "edits_day", {}, inputs.edited_articles
    for source in inputs.sources:
        yield "source_up", {"source": source.name}, source.down_since is None
    for source in inputs.sources:
        yield "source_layout_changed", {"source": source.name}, source.layout_change is not None
    yield "pages", {}, inputs.pages
    yield "pages_due", {}, inputs.due_pages
    yield "pages_unfetched", {}, inputs.unfetched_pages
    yield "file_bytes", {}, inputs.size_bytes
    yield "disk_free_bytes", {}, inputs.free_bytes


def write_prometheus(checkup: Checkup, path: Path) -> None:
    """Replace ``path`` atomically, since a collector may read it at any moment. Raise :exc:`OSError`."""
    # Not *.prom, which a collector would read before it is complete.
    unfinished = path.with_name(f".{path.name}.new")
    try:
        unfinished.unlink(missing_ok=True)
        with unfinished.open("x", encoding="utf-8") as file:  # fails on a symbolic link
            file.write(prometheus_text(checkup))
        unfinished.replace(path)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()
