"""``crawl``: fetch pages that are due. Scrapy is loaded only if there are any."""

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
from archive.cli.options import CheckedCommand, archive_argument, duration
from archive.cli.output.printing import count
from archive.cli.output.progress import print_warning
from archive.errors import SourceError
from archive.model import PageKey
from archive.sources import Source
from archive.store import ONLY_SHARD, Shard, Writer, open_writer
from archive.timestamps import stamp
from crawler.clock import utc_now
from crawler.commands.exit_report import Reporting, with_exit_report
from crawler.failover.policy import source_names
from crawler.frontier.interface import Frontier
from crawler.frontier.readiness import how_far, idle, resting, within
from crawler.limits import Hours, Limits
from crawler.politeness import PAUSE, TIMEOUT
from crawler.run.run import ActiveCrawl
from crawler.sources.registry import choose_sources, source_kinds

_DEFAULT_BACKFILL_PAGES = 1000  # less than twenty minutes at one page a second
_RECOMPRESS_TIME = timedelta(seconds=10)  # after a run, for pages compressed at the fast level
_CLOCK_WAS_AHEAD = (
    "the clock was ahead: {pages} were checked in the future and are due again; captures of that time stay"
    " the latest until the clock reaches it"
)


def _check(given: Mapping[str, Any]) -> None:
    sources = _choose(given["vias"], given["seeds"]).sources
    others = [source.host for source in sources if not _is_own(source.host)]
    if others and given["delay"] < PAUSE:
        raise click.UsageError(
            f"--delay below 1s is only allowed for your own servers, not for {', '.join(others)}"
        )
    if not given["timeout"]:
        raise click.UsageError("--timeout 0 would wait forever; use 30s, or 10m for slow servers")
    if (log := given["log_path"]) and not log.parent.is_dir():
        raise click.BadParameter(f"{log.parent}: no such directory; create it first", param_hint="--log")


@click.command(cls=CheckedCommand, check=_check)
@archive_argument
@click.option(
    "--via",
    "vias",
    multiple=True,
    metavar="NAME[=URL]",
    default=["gopher"],
    show_default=True,
    help=f"Source to crawl; repeat to add fallbacks, preferred first. One of {', '.join(source_kinds())}.",
)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    metavar="URL",
    help="Page to start from; with a single --via NAME also its server.",
)
@click.option("--max-time", type=duration, help="Stop after this time, such as 90s, 10m or 2h.")
@click.option("--max-pages", type=click.IntRange(min=1), metavar="N", help="Stop after N pages.")
@click.option(
    "--delay",
    type=duration,
    default=f"{PAUSE.total_seconds():g}s",
    show_default=True,
    help="Pause between two requests; less than 1s only for your own servers.",
)
@click.option(
    "--timeout",
    type=duration,
    default=f"{TIMEOUT.total_seconds():g}s",
    show_default=True,
    help="How long to wait for a page; after that, retry it twice.",
)
@click.option(
    "--backfill",
    type=click.IntRange(min=1),
    metavar="[N]",
    is_flag=False,
    flag_value=_DEFAULT_BACKFILL_PAGES,
    help="After all due pages, fetch N older articles, newest first;"
    f" N is {_DEFAULT_BACKFILL_PAGES:,} if not given.",
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    metavar="N",
    help="Fetch at most N pages in 24 hours, in all runs; pages become due less often.",
)
@click.option(
    "--quiet-hours",
    type=Hours.of,
    metavar="HH-HH",
    help="Send no requests in these hours (local time): 22-6 or 22:00-06:30.",
)
@click.option(
    "--shard",
    type=Shard.named,
    metavar="K/N",
    default=str(ONLY_SHARD),
    help="Crawl only share K of N, each with its own archive; `merge` joins them.",
)
@click.option("--ignore-schedule", is_flag=True, help="Fetch all known pages now, due or not.")
@log_options
@monitor_options
@click.pass_context
def crawl(
    ctx: click.Context,
    /,
    archive: Path,
    vias: tuple[str, ...],
    seeds: tuple[str, ...],
    log_path: Path | None,
    log_format: str,
    verbose: int,
    quiet: bool,
    monitors: Monitors,
    **limits: Any,
) -> None:
    """Fetch all pages that are due and the new pages they link to.

    Run it regularly: pages become due again, the sooner the more often they
    change. It sends one request at a time, with a pause, and obeys robots.txt.
    Ctrl-C, --max-time and --max-pages finish the current page; the next run
    continues. Without a terminal only problems are printed.

    With several sources, a page that one fails to deliver is fetched from the
    next. A source that keeps failing is skipped for a while. Articles that a
    source truncates are fetched again from another that does not.

    \b
      taz-archive crawl taz.db --max-time 10m
      taz-archive crawl taz.db --via gopher --via gemini
      taz-archive crawl own.db --via gopher=gopher://127.0.0.1:7070/
      taz-archive crawl taz.db --backfill --budget 20000 --quiet-hours 6-9
      taz-archive crawl own.db --seed gopher://127.0.0.1:7070/ --delay 0
    """
    choice = _choose(vias, seeds)
    reporting = Reporting(archive, monitors, verbose=verbose, quiet=quiet)
    with logging_to(log_path, log_format, verbose=verbose, quiet=quiet) as log_file:
        ctx.exit(with_exit_report(reporting, partial(_crawl, reporting, choice, _limits(limits), log_file)))


def _limits(given: Mapping[str, Any]) -> Limits:
    return Limits(
        pages=given["max_pages"],
        past=given["backfill"],
        budget=given["budget"],
        quiet=given["quiet_hours"],
        shard=given["shard"],
        time=given["max_time"],
        again=given["ignore_schedule"],
        delay=given["delay"],
        timeout=given["timeout"],
    )


class Choice(NamedTuple):
    """Sources and first pages; ``seeded`` if the user gave the pages, which are then due now."""

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
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _crawl(reporting: Reporting, choice: Choice, limits: Limits, log_file: LogFile | None) -> int:
    with open_writer(reporting.archive) as archive:
        if log_file:
            log_file.begin_rotating()
        if ahead := archive.frontier.reset_future_checks(at=utc_now()):
            print_warning(_CLOCK_WAS_AHEAD.format(pages=count(ahead, "page")))
        _begin(archive.frontier, choice, limits)
        code = _crawl_now(reporting, archive, choice.sources, within(archive, limits, now=utc_now()))
        if limits.past is not None:
            _say(reporting, how_far(archive.frontier.backfill_progress(), limits.past))
    return code


def _begin(frontier: Frontier, choice: Choice, limits: Limits) -> None:
    frontier.assign_shard(limits.shard)
    if choice.seeded:
        frontier.seed(choice.keys, at=utc_now())
    else:
        frontier.discover(choice.keys, at=utc_now())


def _say(reporting: Reporting, line: str) -> None:
    note(logging.INFO, line)
    if not reporting.quiet:
        click.echo(line)


def _crawl_now(reporting: Reporting, archive: Writer, sources: list[Source], limits: Limits) -> int:
    reason, code = idle(archive, sources, limits, now=utc_now()), exit_codes.DONE
    if not reason:
        reason, code = resting(archive, sources, limits, now=utc_now()), exit_codes.UNREACHABLE
    if not reason:
        return _run(reporting, archive, sources, limits)
    archive.runs.record_idle(source=source_names(sources), at=utc_now())
    note(logging.INFO, reason)
    if sys.stderr.isatty() and not reporting.quiet:  # cron would mail it
        click.echo(reason, err=True)
    return code


def _run(reporting: Reporting, archive: Writer, sources: list[Source], limits: Limits) -> int:
    from crawler.commands.progress import crawl_progress  # noqa: PLC0415 - loads Scrapy
    from crawler.commands.run_scrapy import run_spider  # noqa: PLC0415 - loads Scrapy, which is slow

    verbose, quiet = reporting.verbose > 0, reporting.quiet
    changes_command = f"taz-archive changes {quote(str(reporting.archive))} --since {stamp(utc_now())}"
    with crawl_progress(
        name_sources=len(sources) > 1, verbose=verbose, quiet=quiet, changes_command=changes_command
    ) as shown:
        run = ActiveCrawl(archive, sources, limits=limits, watch=shown, alarm=shown.alarm)
        note(logging.INFO, f"crawl {run.crawl} begins", crawl=run.crawl, source=source_names(sources))
        run_spider(run, debug=reporting.verbose > 1)
    if run.finished and not run.stopped:
        archive.runs.recompress(at=utc_now(), time=_RECOMPRESS_TIME)
    return _exit_code(run)


def _exit_code(run: ActiveCrawl) -> int:
    """Return the run's exit code. Raise the error that ended it early, if any."""
    if run.problem:
        raise run.problem
    if run.unreachable:
        return exit_codes.UNREACHABLE
    return exit_codes.SOME_FAILED if run.has_problems or run.layout_changes else exit_codes.DONE
