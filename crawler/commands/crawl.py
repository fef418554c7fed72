"""``crawl``. Scrapy is loaded only if there is something to fetch."""

import logging
import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

import click

from archive.cli import exit_codes
from archive.cli.log_files import LogFile, log_options, logging_to, note
from archive.cli.monitors import Monitors, monitor_options
from archive.cli.options import CheckedCommand, Duration, archive_argument
from archive.cli.output.progress import complain
from archive.cli.output.tables import count
from archive.errors import SourceError
from archive.model import PageKey
from archive.sources import Source
from archive.store import Shard, Writer, open_writer
from archive.timestamps import stamp
from crawler.commands import options
from crawler.commands.exit_report import Attendance, attended
from crawler.commands.source_options import choose_sources
from crawler.run.budget import how_far, idle, resting, within
from crawler.run.frontier import Frontier
from crawler.run.limits import Hours, Limits
from crawler.run.run import Run, names, utc_now
from crawler.sources.registry import source_kinds

POLITE = timedelta(seconds=1)  # between two requests to a host that is not one's own
TIDYING = timedelta(seconds=10)  # after a run, for what it packed in haste; `compact` has all the time
CLOCK_WAS_AHEAD = (
    "the clock was ahead: {pages} checked later than now, and due again; what was captured then counts as the"
    " latest until the clock gets there"
)


def _check(given: Mapping[str, Any]) -> None:
    sources = _choose(given["vias"], given["seeds"]).sources
    others = [source.host for source in sources if not _is_own(source.host)]
    if others and given["delay"] < POLITE:
        raise click.UsageError(f"a --delay below 1s is for hosts of one's own, not for {', '.join(others)}")
    if not given["timeout"]:
        raise click.UsageError("--timeout 0 would wait for ever")
    if (log := given["log_path"]) and not log.parent.is_dir():
        raise click.BadParameter(f"{log.parent} is no directory; make it first", param_hint="--log")


@click.command(cls=CheckedCommand, check=_check)
@archive_argument
@click.option(
    "--via",
    "vias",
    multiple=True,
    metavar="NAME[=URL]",
    default=["gopher"],
    show_default=True,
    help=f"Source to crawl; repeat to add fallbacks, preferred first. Sources: {', '.join(source_kinds())}.",
)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    metavar="URL",
    help="Where to begin; with a single --via NAME also the host to ask.",
)
@click.option("--max-time", type=Duration(), help="Stop after this time: 90s, 10m, 2h.")
@click.option("--max-pages", type=click.IntRange(min=1), help="Stop after this many pages.")
@click.option(
    "--delay",
    type=Duration(),
    default="1s",
    show_default=True,
    help="Between two requests; less than that only for hosts of one's own.",
)
@click.option(
    "--timeout",
    type=Duration(),
    default="30s",
    show_default=True,
    help="How long to wait for a page; one that takes longer is tried twice again.",
)
@options.backfill_option
@options.budget_option
@options.quiet_option
@options.shard_option
@click.option("--ignore-schedule", is_flag=True, help="Look at everything again now, due or not.")
@log_options
@monitor_options
@click.pass_context
def crawl(
    ctx: click.Context,
    archive: Path,
    vias: tuple[str, ...],
    seeds: tuple[str, ...],
    max_time: timedelta | None,
    max_pages: int | None,
    delay: timedelta,
    timeout: timedelta,
    backfill: int | None,
    budget: int | None,
    quiet_hours: Hours | None,
    shard: Shard,
    ignore_schedule: bool,
    log_path: Path | None,
    log_format: str,
    verbose: int,
    quiet: bool,
    notify: tuple[str, ...],
    prometheus: Path | None,
) -> None:
    """Fetch what is due, and all that it leads to; run it again to see what changed.

    One request at a time, a pause between, robots.txt obeyed. Ctrl-C finishes the page in flight and
    leaves the rest for the next run; so does the end of --max-time or --max-pages. If none of the first
    pages can be fetched, the server is taken to be down. Without a terminal nothing is printed but problems;
    with --quiet and --notify - no more than that the archive became unhealthy or is well again, once each.

    With more than one source, a page that the first does not give is asked of the next. One that fails page
    after page is left alone for a while. Articles that a source cut are asked again of one that does not cut,
    in this run or in a later one that has such a source.

    \b
      taz-archive crawl taz.db --max-time 10m
      taz-archive crawl taz.db --backfill --budget 20000 --quiet-hours 6-9
      taz-archive crawl taz.db --seed 'gopher://taz.de/1/!p4611'
      taz-archive crawl own.db --seed gopher://127.0.0.1:7070/ --delay 0
      taz-archive crawl own.db --via gopher=gopher://127.0.0.1:7070/ --delay 0
    """
    choice = _choose(vias, seeds)
    limits = Limits(
        pages=max_pages,
        past=backfill,
        budget=budget,
        quiet=quiet_hours,
        shard=shard,
        time=max_time,
        again=ignore_schedule,
        delay=delay,
        timeout=timeout,
    )
    attendance = Attendance(archive, Monitors(notify, prometheus), verbose=verbose, quiet=quiet)
    with logging_to(log_path, log_format, verbose=verbose, quiet=quiet) as log_file:
        ctx.exit(attended(attendance, partial(_crawl, attendance, choice, limits, log_file)))


class Choice(NamedTuple):
    """Whom to ask, and where to begin; ``seeded`` if somebody said where, which is then due now."""

    sources: list[Source]
    keys: list[PageKey]
    seeded: bool


def _choose(vias: tuple[str, ...], seeds: tuple[str, ...]) -> Choice:
    try:
        choose_sources(vias)
    except SourceError as error:
        raise click.BadParameter(str(error), param_hint="--via") from error
    try:
        return Choice(*choose_sources(vias, seeds), seeded=bool(seeds))
    except SourceError as error:
        raise click.BadParameter(str(error), param_hint="--seed") from error


def _is_own(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _crawl(attendance: Attendance, choice: Choice, limits: Limits, log_file: LogFile | None) -> int:
    with open_writer(attendance.archive) as archive:
        if log_file:
            log_file.begin_rotating()
        if ahead := archive.reset_future_checks(at=utc_now()):
            complain(CLOCK_WAS_AHEAD.format(pages=count(ahead, "page")))
        _begin(archive, choice, limits)
        code = _crawl_now(attendance, archive, choice.sources, within(archive, limits, now=utc_now()))
        if limits.past is not None:
            _say(attendance, how_far(archive.backfill_progress(), limits.past))
    return code


def _begin(frontier: Frontier, choice: Choice, limits: Limits) -> None:
    frontier.assign_shard(limits.shard)
    if choice.seeded:
        frontier.seed(choice.keys, at=utc_now())
    else:
        frontier.discover(choice.keys, at=utc_now())


def _say(attendance: Attendance, line: str) -> None:
    note(logging.INFO, line)
    if not attendance.quiet:
        click.echo(line)


def _crawl_now(attendance: Attendance, archive: Writer, sources: list[Source], limits: Limits) -> int:
    reason, code = idle(archive, sources, limits, now=utc_now()), exit_codes.DONE
    if not reason:
        reason, code = resting(archive, sources, limits, now=utc_now()), exit_codes.UNREACHABLE
    if not reason:
        return _run(attendance, archive, sources, limits)
    archive.record_idle_run(source=names(sources), at=utc_now())
    note(logging.INFO, reason)
    if sys.stderr.isatty() and not attendance.quiet:  # as all that is no problem, lest cron mail it
        click.echo(reason, err=True)
    return code


def _run(attendance: Attendance, archive: Writer, sources: list[Source], limits: Limits) -> int:
    from crawler.commands.progress import watching  # noqa: PLC0415 - the same
    from crawler.commands.run_scrapy import run_spider  # noqa: PLC0415 - loading Scrapy takes longer than finding nothing due

    verbose, quiet = attendance.verbose > 0, attendance.quiet
    report = f"taz-archive changes {quote(str(attendance.archive))} --since {stamp(utc_now())}"
    with watching(several=len(sources) > 1, verbose=verbose, quiet=quiet, report=report) as watch:
        run = Run(archive, sources, limits=limits, watch=watch, alarm=watch.alarm)
        note(logging.INFO, f"crawl {run.crawl} begins", crawl=run.crawl, source=names(sources))
        run_spider(run, debug=attendance.verbose > 1)
    if run.finished and not run.stopped:
        archive.recompress(at=utc_now(), time=TIDYING)
    return _exit_code(run)


def _exit_code(run: Run) -> int:
    """Raises what ended the run early, if anything did."""
    if run.problem:
        raise run.problem
    if run.unreachable:
        return exit_codes.UNREACHABLE
    return exit_codes.SOME_FAILED if run.has_problems or run.drift else exit_codes.DONE
