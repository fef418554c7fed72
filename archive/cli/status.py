"""``status``: what is in an archive, how the last crawls went, what is due."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.text import Text

from archive.cli import exit_codes
from archive.cli.monitors import Monitors, monitor_options
from archive.cli.options import Duration, Size, archive_argument, json_option
from archive.cli.output.health import health_fields, print_checkup, print_health
from archive.cli.output.health_report import ENDED, Checkup, check_up
from archive.cli.output.progress import complain
from archive.cli.output.source_health import asked_last, print_sources, source_fields
from archive.cli.output.tables import Column, count, print_json, print_table, print_text, size, when
from archive.dump.grammar import clean
from archive.model import Outcome
from archive.policy.health import Tolerance
from archive.shell import command
from archive.store import RUNS_COUNTED, Gone, Health, Inventory, Problem, Run, file_size, open_reader
from archive.timestamps import moment

LATEST = 5  # crawls, problems and gone articles that are shown
REPARSE_DUE = "due, after an earlier release or one that was stopped: `{}` does it"
FULL = "{articles} {have} 9,999 versions, the most there can be: of later wordings only the latest is kept"
RUN_COLUMNS = (
    Column("id", right=True),
    Column("started"),
    Column("took", right=True),
    Column("pages", right=True),
    Column("new", right=True),
    Column("edited", right=True),
    Column("problems", right=True),
    Column("via", wide=True),
    Column("ended"),
)


@click.command()
@archive_argument
@json_option
@click.option("--check", is_flag=True, help="Only look how it does, quickly: exit 3 if something is wrong.")
@click.option(
    "--max-age",
    type=Duration(),
    default="26h",
    show_default=True,
    help="How long ago the last crawl may have been.",
)
@click.option(
    "--min-free",
    type=Size(),
    default="100MB",
    show_default=True,
    help="How much room the archive's disk must have.",
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
    notify: tuple[str, ...],
    prometheus: Path | None,
) -> None:
    """Tell what is in an archive, how it does, what is due and what went wrong. Times are UTC.

    The exit code tells what it finds only with --check, and else whether all could be told. --check prints
    what is to be acted on, and where all is well nothing but on a terminal. --json prints one object.

    \b
      taz-archive status taz.db
      taz-archive status taz.db --json | jq .pages.due
      taz-archive status taz.db --check || echo "look after it"
      taz-archive status taz.db --check --notify 'mail -s "taz.db: $TAZ_ARCHIVE_STATE" me'
      taz-archive status taz.db --prometheus /var/lib/node_exporter/taz.prom
    """
    now = datetime.now(UTC)
    checkup = check_up(archive, now=now, tolerance=Tolerance(max_age, min_free))
    monitors = Monitors(notify, prometheus)
    problems = list(monitors.tell(checkup))
    for problem in problems:
        complain(problem)
    if check:
        print_checkup(checkup, as_json=as_json, printed=monitors.prints)
    elif not monitors.prints:
        _print_all(archive, checkup, as_json=as_json)
    if check and checkup.found:
        ctx.exit(exit_codes.SOME_FAILED)
    ctx.exit(exit_codes.FAILED if problems else exit_codes.DONE)


def _print_all(archive: Path, checkup: Checkup, *, as_json: bool) -> None:
    now = checkup.now
    with open_reader(archive) as opened:
        held = opened.status.inventory(now=now)
        crawls = opened.status.runs(LATEST)
        problems = opened.status.problems(limit=LATEST)
        gone = opened.status.gone(limit=LATEST)
        sources = opened.status.sources()
        reparse_due = opened.status.is_reparse_due()
        resting = opened.status.backed_off_hosts(now=now)
    bytes_held = file_size(archive)
    if as_json:
        fields = _fields(held, bytes_held, crawls, problems, gone, sources)
        fields["resting"] = [rest._asdict() for rest in resting]
        print_json({**fields, "reparse_due": reparse_due, "health": health_fields(checkup)})
        return
    print_health(checkup)
    for name, told in _facts(archive, held, bytes_held, now):
        print_text(Text.assemble((f"{name:<10}", "bold"), told))
    if reparse_due:
        print_text(
            Text.assemble((f"{'reparse':<10}", "bold"), REPARSE_DUE.format(command("reparse", archive)))
        )
    for rest in resting:
        told = f"{rest.host} is left alone until {when(rest.until)}: {rest.problem or 'no reason given'}"
        print_text(Text.assemble((f"{'resting':<10}", "bold"), clean(told)))
    _print_crawls(crawls)
    if sources:
        _print_heading(f"Sources, in their last {RUNS_COUNTED} crawls")
        print_sources(sources, asked=asked_last(crawls))
    _print_problems(problems)
    if gone:
        _print_heading("Gone")
    for article in gone:
        print_text(Text(f"last seen {when(article.last_seen)}  !{article.id}  {article.title}"), indent=2)


def _fields(
    held: Inventory,
    file_size: int,
    crawls: Sequence[Run],
    problems: Sequence[Problem],
    gone: Sequence[Gone],
    sources: Sequence[Health],
) -> dict[str, object]:
    return {
        "articles": {
            "total": held.articles,
            "edited": held.edited,
            "gone": held.gone,
            "cut": held.cut,
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
        "file_bytes": file_size,
        "crawls": [{**asdict(run), "seconds": _seconds(run)} for run in crawls],
        "sources": [source_fields(source) for source in sources],
        "problems": [problem._asdict() for problem in problems],
        "gone": [article._asdict() for article in gone],
    }


def _facts(archive: Path, held: Inventory, file_size: int, now: datetime) -> Iterator[tuple[str, str]]:
    """What is in the archive, a name and a line each."""
    unread = [
        f"{number:,} {outcome}" for outcome, number in held.captures.items() if outcome != Outcome.OK.value
    ]
    pages = f"{count(held.pages, 'page')} known, {held.due:,} due now, {held.leased:,} being fetched"
    yield "archive", f"{clean(str(archive))}, {size(file_size)}; times are UTC"
    of_these = f"{held.edited:,} edited, {held.gone:,} gone, {held.cut:,} truncated in their latest version"
    yield "articles", f"{held.articles:,}, of which {of_these}"
    yield "versions", f"{held.versions:,}, of which {held.truncated:,} truncated"
    if held.full:
        yield "", FULL.format(articles=count(held.full, "article"), have="has" if held.full == 1 else "have")
    yield "captures", f"{sum(held.captures.values()):,}, of which {', '.join(unread)}"
    yield "payloads", f"{held.payloads:,}, {size(held.payload_bytes)} as received"
    if held.first_capture:
        yield "seen", f"{when(held.first_capture)} – {when(held.last_capture)}"
    later = (
        f"; next {when(held.next_due)}"
        if held.next_due and not held.due and moment(held.next_due) > now
        else ""
    )
    yield "frontier", pages + later


def _print_crawls(crawls: Sequence[Run]) -> None:
    if not crawls:
        return
    _print_heading("Last crawls")
    print_table(RUN_COLUMNS, (_run_cells(run) for run in crawls))


def _run_cells(run: Run) -> list[str | int | None]:
    return [
        run.id,
        when(run.started),
        _duration(_seconds(run)),
        run.pages,
        run.new_articles,
        run.new_versions - run.new_articles,
        run.problems,
        clean(run.source),
        _ended(run),
    ]


def _ended(run: Run) -> str:
    reason = ENDED.get(run.reason or "", clean(run.reason or "not yet"))
    return f"{reason}, {run.runs:,} in a row" if run.runs > 1 else reason


def _seconds(run: Run) -> float | None:
    """How long a run took; None if it never said, and for several in one row, of which that is not kept."""
    if run.finished is None or run.runs > 1:
        return None
    return (moment(run.finished) - moment(run.started)).total_seconds()


def _duration(seconds: float | None) -> str:
    """``850 ms``, ``42 s``, ``3 m 05 s``, ``2 h 10 m``; nothing for none."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} m"
    return f"{minutes} m {rest:02} s" if minutes else f"{rest} s"


def _print_problems(problems: Sequence[Problem]) -> None:
    if problems:
        _print_heading("Latest problems")
    for problem in problems:
        head = f"{when(problem.newest)}  {problem.outcome}: {problem.problem or 'no reason given'}"
        print_text(Text(head), indent=2)
        print_text(
            Text(f"{count(problem.captures, 'capture')}, the last of {problem.url}", style="dim"), indent=4
        )


def _print_heading(text: str) -> None:
    print_text(Text(f"\n{text}", style="bold"))
