"""Check the health of an archive, and print it or report it as text."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click
from rich.text import Text

from archive.cli.output.printing import count, print_json, print_text, size, terminal
from archive.dump.grammar import clean
from archive.errors import StoreError
from archive.policy.health import HealthInputs, HealthProblem, RunResult, Tolerance, find_problems
from archive.store import open_reader
from archive.timestamps import display_time

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
    yield "news", f"{ago(inputs.last_change_at, now)}; {lately}" if inputs.last_change_at else "none yet"
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
        return f"crawling since {ago(last.started, now)}"
    return f"last crawl {ago(last.finished or last.started, now)}: {_ended(last)}"


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


def ago(then: datetime | None, now: datetime) -> str:
    """Return ``2025-04-10 14:00 CEST (3 hours ago)``; empty for None."""
    if then is None:
        return ""
    seconds = (now - then).total_seconds()
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    long = next((count(int(seconds // each), unit) for unit, each in units if seconds >= 2 * each), None)
    when = "in the future" if seconds < 0 else f"{long} ago" if long else "just now"
    return f"{display_time(then)} ({when})"


def print_checkup(checkup: Checkup, *, as_json: bool, is_printed: bool) -> None:
    """Print the report, unless it ``is_printed`` already, or the archive is healthy and stdout no terminal.

    Raise the error that kept the archive from being opened, which has an exit code of its own.
    """
    if checkup.inputs is None:
        with open_reader(checkup.path):
            pass
    if as_json:
        print_json(health_fields(checkup))
    elif not is_printed and (checkup.found or terminal()):
        click.echo(checkup.report)


def print_health(checkup: Checkup) -> None:
    """Print the state, each problem, and the facts behind them."""
    style = "bold red" if checkup.found else "green"
    print_text(Text.assemble(("health    ", "bold"), (state_of(checkup), style)))
    for problem in checkup.found:
        print_text(Text(f"- {clean(problem.text)}", style="red"), indent=10)
    for name, fact in facts(checkup.inputs, checkup.now) if checkup.inputs else ():
        print_text(Text.assemble((f"{name:<10}", "bold"), fact))


def health_fields(checkup: Checkup) -> dict[str, object]:
    """Return the checkup as JSON fields, without times and sizes if the archive could not be opened."""
    inputs = checkup.inputs
    return {
        "healthy": not checkup.found,
        "problems": [problem._asdict() for problem in checkup.found],
        "running": inputs and inputs.is_running,
        "last_new_version": inputs and inputs.last_change_at,
        "new_in_a_day": inputs and inputs.new_articles,
        "edited_in_a_day": inputs and inputs.edited_articles,
        "unfetched": inputs and inputs.unfetched_pages,
        "disk_free_bytes": inputs and inputs.free_bytes,
        "bytes_a_day": inputs and inputs.bytes_per_day,
        "days_left": inputs and inputs.days_left,
        "unchecked_since": inputs and inputs.unchecked_since,
    }
