"""The commands the crawler adds to ``taz-archive``. Scrapy is loaded only if there is something to fetch."""

import sys
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import click

from archive.cli import exits
from archive.cli.options import Duration, archive_argument
from archive.errors import SourceError
from archive.hookspecs import hookimpl
from archive.store.archive import Archive
from archive.store.wanting import Asking
from crawler.choosing import Seeded, choose_sources
from crawler.demo import demo
from crawler.run import Limits, Run, utc_now
from crawler.sources import SOURCES, Source, healers

POLITE = timedelta(seconds=1)  # between two requests to a host that is not one's own
TIDYING = timedelta(seconds=10)  # after a run, for what it packed in haste; `compact` has all the time
NOTHING_DUE = "Nothing is due; `taz-archive status` tells what is next, --ignore-schedule looks at all now."


@click.command()
@archive_argument
@click.option(
    "--via",
    "vias",
    multiple=True,
    metavar="NAME[=URL]",
    default=["gopher"],
    show_default=True,
    help=f"Whom to ask, and where that is; several in order of preference. There are {', '.join(SOURCES)}.",
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
@click.option("--ignore-schedule", is_flag=True, help="Look at everything again now, due or not.")
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
    ignore_schedule: bool,
) -> None:
    """Fetch what is due, and all that it leads to; run it again to see what changed.

    One request at a time, a pause between, robots.txt obeyed. Ctrl-C finishes the page in flight and
    leaves the rest for the next run; so does the end of --max-time or --max-pages. If none of the first
    pages can be fetched, the server is taken to be down. Without a terminal nothing is printed but problems.

    With more than one source, a page that the first does not give is asked of the next. One that fails page
    after page is left alone for a while. Articles that a source cut are asked again of one that does not cut,
    in this run or in a later one that has such a source.

    \b
      taz-archive crawl taz.db --max-time 10m
      taz-archive crawl taz.db --seed gopher://taz.de/1/!p4611
      taz-archive crawl own.db --seed gopher://127.0.0.1:7070/ --delay 0
      taz-archive crawl own.db --via gopher=gopher://127.0.0.1:7070/ --delay 0
    """
    sources, keys = _choose(vias, seeds)
    if delay < POLITE and (others := [source.host for source in sources if not _is_own(source.host)]):
        raise click.UsageError(f"a --delay below 1s is for hosts of one's own, not for {', '.join(others)}")
    if not timeout:
        raise click.UsageError("--timeout 0 would wait for ever")
    limits = Limits(pages=max_pages, time=max_time, again=ignore_schedule, delay=delay, timeout=timeout)
    with Archive.to_write(archive) as opened:
        if seeds:
            opened.seed(keys, at=utc_now())
        else:
            opened.discover(keys, at=utc_now())
        ctx.exit(_crawl(opened, sources, limits))


def _choose(vias: tuple[str, ...], seeds: tuple[str, ...]) -> Seeded:
    try:
        choose_sources(vias)
    except SourceError as error:
        raise click.BadParameter(str(error), param_hint="--via") from error
    try:
        return choose_sources(vias, seeds)
    except SourceError as error:
        raise click.BadParameter(str(error), param_hint="--seed") from error


def _is_own(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _crawl(archive: Archive, sources: list[Source], limits: Limits) -> int:
    if not limits.again and not _any_due(archive, sources):
        if sys.stderr.isatty():  # as all that is no problem, lest cron mail it
            click.echo(NOTHING_DUE, err=True)
        return exits.DONE
    from crawler.starting import run_spider  # noqa: PLC0415 - loading Scrapy takes longer than finding nothing due
    from crawler.watching import watching  # noqa: PLC0415 - the same

    with watching(several=len(sources) > 1) as watch:
        run = Run(archive, sources, limits=limits, watch=watch, alarm=watch.alarm)
        run_spider(run)
    if run.finished and not run.stopped:
        archive.tidy(at=utc_now(), time=TIDYING)
    return _exit_code(run)


def _any_due(archive: Archive, sources: list[Source]) -> bool:
    now, whole = utc_now(), [source.name for source in healers(sources)]
    return archive.any_due(now=now) or bool(archive.wanting(1, Asking(whole, since=now)))


def _exit_code(run: Run) -> int:
    """Raises what ended the run early, if anything did."""
    if run.problem:
        raise run.problem
    if run.unreachable:
        return exits.UNREACHABLE
    return exits.SOME_FAILED if run.has_problems or run.drift else exits.DONE


@hookimpl
def register_commands(cli: click.Group) -> None:
    cli.add_command(crawl)
    cli.add_command(demo)
