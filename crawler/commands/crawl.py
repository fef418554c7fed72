"""``crawl``: fetch pages that are due. Scrapy is loaded only if there are any."""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from archive.cli import exit_codes
from archive.cli.logs.log_files import LogFile, log_options, logging_to, note
from archive.cli.monitoring.monitors import Monitors, monitor_options
from archive.cli.options import CheckedCommand, archive_argument, duration, zone_option
from archive.cli.output.progress import print_warning
from archive.errors import FrontierError, SourceError
from archive.sources import Source
from archive.store import ONLY_SHARD, Shard, Writer, open_writer
from crawler import clock
from crawler.commands.exit_report import Reporting, with_exit_report
from crawler.failover.policy import source_names
from crawler.frontier.embedded import EmbeddedFrontier
from crawler.frontier.interface import FrontierPages
from crawler.opened_archive import OpenedArchive
from crawler.options import DEFAULT_SOURCES, CrawlOptions, gateway_names
from crawler.politeness import PAUSE, TIMEOUT, check_delay
from crawler.quiet_hours import Hours
from crawler.readiness import backfill_line, prepare_frontier, why_backed_off, why_idle, within_budget
from crawler.sharing.shared_run import SharedRun, check_frontier, shared_run
from crawler.sources.registry import choose_sources, source_kinds

_DEFAULT_BACKFILL_PAGES = 1000  # less than twenty minutes at one page a second


def _check(given: Mapping[str, Any]) -> None:
    sources = _choose(given["sources"], given["seeds"])
    try:
        check_delay(sources, given["delay"])
    except SourceError as error:
        raise click.BadParameter(str(error), param_hint="--delay") from error
    _check_sharing(given)
    if not given["timeout"]:
        raise click.UsageError("--timeout 0 would wait forever; use 30s, or 10m for slow servers")
    if (log := given["log_path"]) and not log.parent.is_dir():
        raise click.BadParameter(f"{log.parent}: no such directory; create it first", param_hint="--log")


def _check_sharing(given: Mapping[str, Any]) -> None:
    """Raise a usage error for a shared frontier, a shard or a gateway that is not valid."""
    try:
        gateway_names(given["caching"])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--caching") from error
    if given["frontier"] is None:
        return
    if given["shard"] != ONLY_SHARD:
        raise click.UsageError("--frontier divides the pages between machines; leave --shard out")
    try:
        check_frontier(given["frontier"])
    except FrontierError as error:
        raise click.BadParameter(str(error), param_hint="--frontier") from error


@click.command(cls=CheckedCommand, check=_check)
@archive_argument
@click.option(
    "--via",
    "sources",
    multiple=True,
    metavar="NAME[=URL]",
    default=DEFAULT_SOURCES,
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
@click.option("--max-pages", "pages", type=click.IntRange(min=1), metavar="N", help="Stop after N pages.")
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
@click.option(
    "--frontier",
    metavar="URL",
    help="Share the frontier at postgresql://… with other machines; `frontier init` creates it.",
)
@click.option(
    "--caching",
    multiple=True,
    metavar="NAME",
    help="Gateway that caches pages, so that it may be asked while the paper's own server is.",
)
@click.option("--ignore-schedule", is_flag=True, help="Fetch all known pages now, due or not.")
@log_options
@monitor_options
@zone_option
@click.pass_context
def crawl(
    ctx: click.Context,
    /,
    archive: Path,
    max_time: timedelta | None,
    timeout: timedelta,
    log_path: Path | None,
    log_format: str,
    verbose: int,
    quiet: bool,
    monitors: Monitors,
    **given: Any,
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
    options = CrawlOptions(archive=archive, **given)
    reporting = Reporting(archive, monitors, verbose=verbose, quiet=quiet)
    with logging_to(log_path, log_format, verbose=verbose, quiet=quiet) as log_file:
        scrapy = scrapy_settings(options, reporting, max_time=max_time, timeout=timeout)
        ctx.exit(with_exit_report(reporting, partial(_crawl, reporting, options, scrapy, log_file)))


def scrapy_settings(
    options: CrawlOptions, reporting: Reporting, *, max_time: timedelta | None, timeout: timedelta
) -> dict[str, Any]:
    """Return the settings of a crawl. ``scrapy crawl taz`` with these does the same."""
    return options.as_settings() | {
        "DOWNLOAD_TIMEOUT": timeout.total_seconds(),
        # 0 means no limit.
        "CLOSESPIDER_TIMEOUT": max(max_time.total_seconds(), 0.001) if max_time is not None else 0,
        # Items for feeds and further pipelines are not needed.
        "ARCHIVE_ITEMS": False,
        "PROGRESS_ENABLED": True,
        "PROGRESS_VERBOSE": reporting.verbose > 0,
        "PROGRESS_QUIET": reporting.quiet,
        # Problems are printed as one line a page; Scrapy's log would repeat them.
        "LOG_LEVEL": "DEBUG" if reporting.verbose > 1 else "ERROR",
    }


def _choose(vias: tuple[str, ...], seeds: tuple[str, ...]) -> list[Source]:
    """Return the sources. Raise a usage error for a source or a seed that is not valid."""
    try:
        choose_sources(vias)
    except SourceError as error:
        raise click.BadParameter(str(error), param_hint="--via") from error
    try:
        return choose_sources(vias, seeds)[0]
    except SourceError as error:
        raise click.BadParameter(str(error), param_hint="--seed") from error


def _crawl(
    reporting: Reporting, options: CrawlOptions, scrapy: Mapping[str, Any], log_file: LogFile | None
) -> int:
    """Crawl, if there is anything to do."""
    with ExitStack() as stack:
        archive = stack.enter_context(open_writer(reporting.archive))
        if log_file:
            log_file.begin_rotating()
        sources, keys = choose_sources(options.sources, options.seeds)
        with _recorded_failure(archive, sources):
            run = stack.enter_context(shared_run(options, sources))
            frontier = run.pages if run else EmbeddedFrontier(archive)
            if warning := prepare_frontier(archive, frontier, options, keys):
                print_warning(warning)
            options = within_budget(archive, options, now=clock.utc_now())
            code = _nothing_to_do(reporting, archive, frontier, sources, options)
            if code is not None and options.backfill is not None:
                _say(reporting, backfill_line(frontier.backfill_progress(), options.backfill))
        if code is not None:
            return code
        opened = OpenedArchive(archive, stack.pop_all(), options)
    return _run(scrapy, opened, run)


@contextmanager
def _recorded_failure(archive: Writer, sources: Sequence[Source]) -> Iterator[None]:
    """Record a run that cannot begin because of its shared frontier."""
    try:
        yield
    except FrontierError as error:
        archive.runs.record_failed(source=source_names(sources), at=clock.utc_now(), problem=str(error))
        raise


def _nothing_to_do(
    reporting: Reporting,
    archive: Writer,
    frontier: FrontierPages,
    sources: list[Source],
    options: CrawlOptions,
) -> int | None:
    """Record that there is nothing to do, and return the exit code; None if there is something to do."""
    reason, code = why_idle(archive, frontier, sources, options, now=clock.utc_now()), exit_codes.DONE
    if not reason:
        reason, code = why_backed_off(archive, sources, options, now=clock.utc_now()), exit_codes.UNREACHABLE
    if not reason:
        return None
    archive.runs.record_idle(source=source_names(sources), at=clock.utc_now())
    note(logging.INFO, reason)
    if sys.stderr.isatty() and not reporting.quiet:  # cron would mail it
        click.echo(reason, err=True)
    return code


def _say(reporting: Reporting, line: str) -> None:
    note(logging.INFO, line)
    if not reporting.quiet:
        click.echo(line)


def _run(scrapy: Mapping[str, Any], opened: OpenedArchive, run: SharedRun | None) -> int:
    from crawler.commands.run_scrapy import run_spider  # noqa: PLC0415 - loads Scrapy, which is slow

    result = run_spider(scrapy, opened, run)
    if result.is_unreachable:
        return exit_codes.UNREACHABLE
    return exit_codes.SOME_FAILED if result.has_problems else exit_codes.DONE
