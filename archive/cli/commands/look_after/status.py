"""``status``: what an archive holds, whether it is healthy, and what is due."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click
from rich.text import Text

from archive.cli import exit_codes
from archive.cli.monitoring.monitors import Monitors, monitor_options
from archive.cli.options import (
    archive_argument,
    byte_count,
    duration,
    json_option,
    positive_duration,
    zone_option,
)
from archive.cli.output.check_history import check_fields, checked_words
from archive.cli.output.health import Checkup, check_up, health_fields, print_checkup, print_health
from archive.cli.output.printing import PENDING, count, print_json, print_text, size, when
from archive.cli.output.progress import print_warning
from archive.cli.output.runs import print_runs, seconds_taken
from archive.cli.output.source_health import asked_last, print_sources, source_fields
from archive.dump.grammar import clean
from archive.model import Outcome
from archive.policy.health import TOLERANCE, Tolerance
from archive.policy.revisit import HOUR
from archive.shell_commands import command
from archive.store import (
    RUNS_COUNTED,
    GoneArticle,
    HostBackoff,
    PartChecks,
    ProblemGroup,
    RunRecord,
    SourceHealth,
    Totals,
    file_size,
    open_reader,
)
from archive.timestamps import parse_stamp, zone

_MAX_ROWS = 5  # of crawls, problems and gone articles
_LABEL_WIDTH = 10
_REPARSE_DUE = "due after an upgrade or an interrupted reparse; run `{}`"
_FULL = "{articles} with 9,999 versions, the maximum: only the latest of later versions is kept"


@click.command()
@archive_argument
@zone_option
@json_option
@click.option("--check", is_flag=True, help="Only check the health; exit with 3 if unhealthy.")
@click.option(
    "--max-age",
    type=duration,
    default=f"{TOLERANCE.max_age / HOUR:g}h",
    show_default=True,
    help="With an older last crawl the archive is unhealthy.",
)
@click.option(
    "--min-free",
    type=byte_count,
    metavar="SIZE",
    default=f"{TOLERANCE.min_free_bytes // 1_000_000}MB",
    show_default=True,
    help="With less free disk space the archive is unhealthy.",
)
@click.option(
    "--max-unchecked",
    type=positive_duration,
    metavar="DURATION",
    help="With a part that verify has not found sound for longer the archive is unhealthy.",
)
@monitor_options
@click.pass_context
def status(
    ctx: click.Context,
    archive: Path,
    as_json: bool,
    check: bool,
    max_age: timedelta,
    min_free: int,
    max_unchecked: timedelta | None,
    monitors: Monitors,
) -> None:
    """Show what an archive holds, whether it is healthy, and what is due.

    --check is fast and meant for cron: it exits with 3 and prints the
    problems if the archive is unhealthy, else prints nothing unless on a terminal.
    Without --check the exit code does not depend on the health. --json prints one
    object. --notify and --prometheus report to other programs.

    \b
      taz-archive status taz.db
      taz-archive status taz.db --json | jq .pages.due
      taz-archive status taz.db --check || echo "unhealthy"
      taz-archive status taz.db --check --notify https://example.org/ping
    """
    now = datetime.now(UTC)
    checkup = check_up(archive, now=now, tolerance=Tolerance(max_age, min_free, max_unchecked))
    problems = monitors.report(checkup)
    for problem in problems:
        print_warning(problem)
    if check:
        print_checkup(checkup, as_json=as_json, is_printed=monitors.prints)
    elif not monitors.prints:
        found = _read_status(archive, now)
        if as_json:
            print_json(_fields(found, checkup))
        else:
            _print_all(archive, checkup, found)
    if check and checkup.found:
        ctx.exit(exit_codes.SOME_FAILED)
    ctx.exit(exit_codes.FAILED if problems else exit_codes.DONE)


class _ArchiveStatus(NamedTuple):
    """What `status` shows. All of it is read before any is printed, so that an error comes first."""

    held: Totals
    file_bytes: int
    crawls: Sequence[RunRecord]
    problems: Sequence[ProblemGroup]
    gone: Sequence[GoneArticle]
    sources: Sequence[SourceHealth]
    resting: Sequence[HostBackoff]
    is_reparse_due: bool
    pending: int
    checks: PartChecks


def _read_status(archive: Path, now: datetime) -> _ArchiveStatus:
    with open_reader(archive) as opened:
        return _ArchiveStatus(
            held=opened.status.inventory(now=now),
            file_bytes=file_size(archive),
            crawls=opened.status.runs(_MAX_ROWS),
            problems=opened.status.problems(limit=_MAX_ROWS),
            gone=opened.status.gone(limit=_MAX_ROWS),
            sources=opened.status.sources(),
            resting=opened.status.backed_off_hosts(now=now),
            is_reparse_due=opened.status.is_reparse_due(),
            pending=opened.status.count_pending(),
            checks=opened.status.part_checks(now=now),
        )


def _print_all(archive: Path, checkup: Checkup, status: _ArchiveStatus) -> None:
    print_health(checkup)
    for label, fact in _facts(archive, status.held, status.file_bytes, checkup.now):
        _print_fact(label, fact)
    _print_fact("checked", checked_words(status.checks, checkup.now))
    if status.is_reparse_due:
        _print_fact("reparse", _REPARSE_DUE.format(command("reparse", archive)))
    if status.pending:
        _print_fact("pending", PENDING.format(count(status.pending, "page")))
    for rest in status.resting:
        reason = rest.problem or "no reason given"
        _print_fact("back-off", clean(f"{rest.host} is skipped until {when(rest.until)}: {reason}"))
    if status.crawls:
        _print_heading("Last crawls")
        print_runs(status.crawls)
    if status.sources:
        _print_heading(f"Sources, in their last {RUNS_COUNTED} crawls")
        print_sources(status.sources, asked=asked_last(status.crawls))
    _print_problems(status.problems)
    if status.gone:
        _print_heading("Gone")
    for article in status.gone:
        print_text(Text(f"last seen {when(article.last_seen)}  !{article.id}  {article.title}"), indent=2)


def _print_fact(label: str, fact: str) -> None:
    print_text(Text.assemble((f"{label:<{_LABEL_WIDTH}}", "bold"), fact))


def _fields(status: _ArchiveStatus, checkup: Checkup) -> dict[str, object]:
    held = status.held
    return {
        "articles": {
            "total": held.articles,
            "edited": held.edited,
            "gone": held.gone,
            "truncated": held.cut,
            "full": held.full,
        },
        "versions": held.versions,
        "truncated_versions": held.truncated,
        "captures": {
            "total": sum(held.captures.values()),
            **held.captures,
            "first": held.first_capture,
            "last": held.last_capture,
        },
        "pages": {"known": held.pages, "due": held.due, "leased": held.leased, "next_due": held.next_due},
        "payloads": {"total": held.payloads, "bytes": held.payload_bytes},
        "file_bytes": status.file_bytes,
        "crawls": [{**asdict(run), "seconds": seconds_taken(run)} for run in status.crawls],
        "sources": [source_fields(source) for source in status.sources],
        "problems": [problem._asdict() for problem in status.problems],
        "gone": [article._asdict() for article in status.gone],
        "back_off": [rest._asdict() for rest in status.resting],
        "reparse_due": status.is_reparse_due,
        "pending": status.pending,
        "checks": check_fields(status.checks),
        "health": health_fields(checkup),
    }


def _facts(archive: Path, held: Totals, file_size: int, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what the archive holds, each fact with its label."""
    by_outcome = [
        f"{number:,} {outcome}" for outcome, number in held.captures.items() if outcome != Outcome.OK.value
    ]
    pages = f"{count(held.pages, 'page')} known, {held.due:,} due now, {held.leased:,} being fetched"
    yield "archive", f"{clean(str(archive))}, {size(file_size)}; time zone {zone()}"
    kinds = f"{held.edited:,} edited, {held.gone:,} gone, {held.cut:,} truncated in their latest version"
    yield "articles", f"{held.articles:,}, of which {kinds}"
    yield "versions", f"{held.versions:,}, of which {held.truncated:,} truncated"
    if held.full:
        yield "", _FULL.format(articles=count(held.full, "article"))
    yield "captures", f"{sum(held.captures.values()):,}, of which {', '.join(by_outcome)}"
    yield "payloads", f"{held.payloads:,}, {size(held.payload_bytes)} as received"
    if held.first_capture:
        yield "period", f"{when(held.first_capture)} – {when(held.last_capture)}"
    later = (
        f"; next {when(held.next_due)}"
        if held.next_due and not held.due and parse_stamp(held.next_due) > now
        else ""
    )
    yield "frontier", pages + later


def _print_problems(problems: Sequence[ProblemGroup]) -> None:
    if problems:
        _print_heading("Latest problems")
    for problem in problems:
        head = f"{when(problem.newest)}  {problem.outcome}: {problem.problem or 'no reason given'}"
        print_text(Text(head), indent=2)
        print_text(
            Text(f"{count(problem.captures, 'capture')}, the latest of {problem.url}", style="dim"), indent=4
        )


def _print_heading(text: str) -> None:
    print_text(Text(f"\n{text}", style="bold"))
