"""Write a checkup as metrics for Prometheus."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from archive.cli.output.health import Checkup
from archive.dump.grammar import clean
from archive.policy.health import HealthInputs

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
    "unchecked_since_timestamp_seconds": "Since when a part was not read and found sound by verify.",
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
    if inputs.unchecked_since:
        yield "unchecked_since_timestamp_seconds", {}, inputs.unchecked_since.timestamp()


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
