"""A look at how an archive does, told as a report, or to node-exporter as a textfile."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from archive.cli.output.tables import count, size
from archive.dump.grammar import clean
from archive.errors import StoreError
from archive.policy.health import Ailment, RunSeen, Tolerance, Vitals, ailments
from archive.store import open_reader

# Why runs ended, where Scrapy's word for it is none of a user's.
ENDED = {"closespider_pagecount": "--max-pages", "closespider_timeout": "--max-time", "shutdown": "stopped"}
MONTH = 31  # days; beyond two years the disk is no matter
PLENTY = 730


class Checkup(NamedTuple):
    """How an archive does; ``vitals`` are None where it could not be opened."""

    path: Path
    found: Sequence[Ailment]
    vitals: Vitals | None
    now: datetime

    @property
    def report(self) -> str:
        """Some lines for a person, the first of which says it all."""
        name = clean(str(self.path.absolute()))
        head = f"{name} is {'unhealthy' if self.found else 'well'}"
        facts = [f"{fact:<10}{told}" for fact, told in glance(self.vitals, self.now)] if self.vitals else []
        ailing = [f"- {clean(ailment.text)}" for ailment in self.found]
        return "\n".join([head, *ailing, *facts])


def check_up(
    path: Path, *, now: datetime, tolerance: Tolerance, failure: StoreError | None = None
) -> Checkup:
    """Look at an archive; ``failure`` is what just ended a crawl. What cannot be opened is unhealthy."""
    vitals = None
    problem = failure
    try:
        with open_reader(path) as opened:
            vitals = opened.status.vitals(now=now)
    except StoreError as error:
        problem = problem or error
    found = ailments(vitals, now=now, tolerance=tolerance) if vitals else []
    if problem:
        known = [ailment for ailment in found if ailment.kind != "failed"]
        found = [Ailment("failed", f"the last crawl failed: {problem}"), *known]
    return Checkup(path, found, vitals, now)


def glance(vitals: Vitals, now: datetime) -> Iterator[tuple[str, str]]:
    """What one wants to know first, a name and a line each."""
    yield "alive", _alive(vitals, now)
    news = f"{ago(vitals.news, now)}; {vitals.new:,} new and {vitals.edited:,} edited in a day"
    yield "news", news if vitals.news else "never any"
    room = f"{size(vitals.free)} free"
    if vitals.daily and vitals.days_left is not None:
        room += f", {size(round(vitals.daily))} a day: {_lasts(vitals.days_left)}"
    yield "disk", room
    fetched = vitals.pages - vitals.unfetched
    share = f" ({100 * fetched // vitals.pages} %)" if vitals.pages else ""
    yield "fetched", f"{fetched:,} of {count(vitals.pages, 'known page')}{share}, {vitals.due:,} due now"


def _alive(vitals: Vitals, now: datetime) -> str:
    if not vitals.runs:
        return "never crawled; all that is here was imported or merged" if vitals.pages else "never crawled"
    last = vitals.runs[0]
    if vitals.is_running:
        return f"crawling since {ago(last.started, now)}"
    return f"last crawl {ago(last.finished or last.started, now)}: {_ended(last)}"


def _ended(run: RunSeen) -> str:
    reason = "died" if run.finished is None else clean(run.reason or "")
    told = ENDED.get(reason, reason)
    if not run.pages:
        return told
    return f"{told}, {count(run.pages, 'page')}, {count(run.problems, 'problem')}"


def _lasts(days: float) -> str:
    if days > PLENTY:
        return "enough for years"
    return f"enough for {days:.0f} days" if days < 3 * MONTH else f"enough for {days / MONTH:.0f} months"


def ago(then: datetime | None, now: datetime) -> str:
    """``2025-04-10 12:00 (3 hours ago)``, UTC; nothing for none."""
    if then is None:
        return ""
    seconds = (now - then).total_seconds()
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    long = next((count(int(seconds // each), unit) for unit, each in units if seconds >= 2 * each), None)
    when = "still to come" if seconds < 0 else f"{long} ago" if long else "just now"
    return f"{then:%Y-%m-%d %H:%M} ({when})"


# -- Prometheus ---------------------------------------------------------------------------------------

# https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
METRICS = {
    "healthy": "Whether there is nothing to act on.",
    "checked_timestamp_seconds": "When this was looked at.",
    "ailment": "What there is to act on.",
    "running": "Whether a crawl goes on.",
    "last_crawl_timestamp_seconds": "When the last crawl ended, or began if it goes on or died.",
    "last_crawl_pages": "Pages the last crawl asked for.",
    "last_crawl_problems": "Pages of these that failed or could not be read.",
    "last_news_timestamp_seconds": "When a wording was last new.",
    "new_articles_day": "Articles first read in the last day.",
    "edits_day": "Edits first seen in the last day.",
    "source_up": "Whether a source answered when last asked.",
    "source_drift": "Whether a source's pages no longer look as they did.",
    "pages": "Pages known.",
    "pages_due": "Pages due now.",
    "pages_unfetched": "Pages known that were never fetched.",
    "file_bytes": "Size of the archive.",
    "disk_free_bytes": "Room on its disk.",
}
Sample = tuple[str, dict[str, str], float]


def prometheus_text(checkup: Checkup) -> str:
    """The checkup as node-exporter's textfile collector reads it."""
    samples: dict[str, list[str]] = {}
    for name, labels, value in _samples(checkup):
        labelled = {"archive": str(checkup.path.absolute()), **labels}
        told = ",".join(f'{label}="{clean(text).translate(ESCAPED)}"' for label, text in labelled.items())
        samples.setdefault(name, []).append(f"taz_archive_{name}{{{told}}} {value:.15g}")
    lines = []
    for name, rows in samples.items():
        lines += [f"# HELP taz_archive_{name} {METRICS[name]}", f"# TYPE taz_archive_{name} gauge", *rows]
    return "\n".join(lines) + "\n"


def _samples(checkup: Checkup) -> Iterator[Sample]:
    yield "healthy", {}, not checkup.found
    yield "checked_timestamp_seconds", {}, checkup.now.timestamp()
    for ailment in checkup.found:
        yield "ailment", {"kind": ailment.kind}, 1
    if vitals := checkup.vitals:
        yield from _vital_samples(vitals)


def _vital_samples(vitals: Vitals) -> Iterator[Sample]:
    yield "running", {}, vitals.is_running
    for last in vitals.runs[:1]:
        yield "last_crawl_timestamp_seconds", {}, (last.finished or last.started).timestamp()
        yield "last_crawl_pages", {}, last.pages
        yield "last_crawl_problems", {}, last.problems
    if vitals.news:
        yield "last_news_timestamp_seconds", {}, vitals.news.timestamp()
    yield "new_articles_day", {}, vitals.new
    yield "edits_day", {}, vitals.edited
    for source in vitals.sources:
        yield "source_up", {"source": source.name}, source.down_since is None
    for source in vitals.sources:
        yield "source_drift", {"source": source.name}, source.drift is not None
    yield "pages", {}, vitals.pages
    yield "pages_due", {}, vitals.due
    yield "pages_unfetched", {}, vitals.unfetched
    yield "file_bytes", {}, vitals.size
    yield "disk_free_bytes", {}, vitals.free


def write_prometheus(checkup: Checkup, path: Path) -> None:
    """Replace ``path`` in one step, as a collector may read it at any moment. Raises :exc:`OSError`."""
    # Not *.prom, which a collector would read half-written.
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("x", encoding="utf-8") as file:  # never through somebody's link
            file.write(prometheus_text(checkup))
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
