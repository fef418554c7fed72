"""``reparse``: all articles, derived again with the current parser."""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.bulk.cluster.scheduler_address import SchedulerAddress
from archive.bulk.cluster.working import batches_on_cluster
from archive.cli import exit_codes
from archive.cli.cluster_options import LIBRARIES, cluster_options, refuse_with_scheduler, scheduler_of
from archive.cli.options import archive_argument, jobs_option, json_option, quiet_option, zone_option
from archive.cli.output.printing import count, print_json
from archive.cli.output.progress import MAX_LISTED_LINES, abridged, print_warning, progress
from archive.dump.grammar import clean
from archive.libraries import needing
from archive.shell_commands import command
from archive.store import REPARSE_COUNTS, Elsewhere, LostCapture, Reparse, Writer, open_writer, refuse_missing
from archive.timestamps import display_stamp


@click.command()
@archive_argument
@click.option("--all", "restart", is_flag=True, help="Start over instead of resuming an interrupted reparse.")
@jobs_option
@cluster_options
@quiet_option
@zone_option
@json_option
@click.pass_context
def reparse(
    ctx: click.Context, /, archive: Path, restart: bool, jobs: int, quiet: bool, as_json: bool, **_: object
) -> None:
    """Derive all articles again with this release's parser.

    Run it after an upgrade when `status` says so. Pages that could not be parsed
    may become articles, and texts may change; the stored pages never change.
    Pages that can no longer be parsed are listed, and so are damaged ones, which
    keep what was derived from them. If interrupted, the next run continues. With
    --scheduler, the workers of a Dask cluster parse, which need no archive.

    \b
      taz-archive reparse taz.db
      taz-archive reparse taz.db --json | jq .outcomes
    """
    scheduler = scheduler_of(ctx.params)
    refuse_with_scheduler(ctx, "jobs")
    refuse_missing(archive)
    with (
        needing("--scheduler", *LIBRARIES),
        _elsewhere(scheduler) as elsewhere,
        open_writer(archive) as opened,
    ):
        going = _reparse(opened, restart=restart, jobs=jobs, elsewhere=elsewhere)
        unreadable = opened.reparsing.count_unreadable()
    if as_json:
        print_json(_fields(going, unreadable))
    elif going.damaged or going.lost or not quiet:
        _print(archive, going, unreadable)
    if going.damaged:
        ctx.exit(exit_codes.DAMAGED)
    ctx.exit(exit_codes.SOME_FAILED if unreadable else exit_codes.DONE)


def _elsewhere(scheduler: SchedulerAddress | None) -> AbstractContextManager[Elsewhere | None]:
    return batches_on_cluster(scheduler) if scheduler else nullcontext()


def _reparse(opened: Writer, *, restart: bool, jobs: int, elsewhere: Elsewhere | None) -> Reparse:
    going = opened.reparsing.begin(at=datetime.now(UTC), restart=restart, jobs=jobs, elsewhere=elsewhere)
    if going.resumed:
        print_warning(f"resuming an interrupted reparse: {going.done:,} of {going.total:,} pages done")
    with progress("parsing", going.total, unit="pages") as advance:
        advance(going.done, 0)  # not of this run
        printed = 0
        while amount := opened.reparsing.step(going):
            advance(amount)
            for lost in going.lost[printed:MAX_LISTED_LINES]:
                print_warning(_lost_line(lost))
            printed = len(going.lost)
    if printed > MAX_LISTED_LINES:
        print_warning(
            f"… and {printed - MAX_LISTED_LINES:,} more that can no longer be parsed; --json lists all"
        )
    for line in abridged([f"not changed: {line}" for line in going.damaged], "that are damaged"):
        print_warning(line)
    opened.reparsing.finish(going, at=datetime.now(UTC))
    return going


def _lost_line(lost: LostCapture) -> str:
    page = f"{clean(lost.url)}, {display_stamp(lost.captured_at)}"
    return f"{page}: can no longer be parsed: {clean(lost.problem or '')}"


def _fields(going: Reparse, unreadable: int) -> dict[str, object]:
    return {
        **{name.replace(" ", "_"): going.found[name] for name in REPARSE_COUNTS},
        "outcomes": [
            {"from": before, "to": now, "captures": going.found[name]}
            for name in _outcomes(going.found)
            for before, _, now in [name.partition(" → ")]
        ],
        "lost": [lost._asdict() for lost in going.lost],
        "damaged": going.damaged,
        "unreadable": unreadable,
        "resumed": going.resumed,
    }


def _outcomes(found: Counter[str]) -> list[str]:
    return sorted(name for name in found if "→" in name)


def _print(path: Path, going: Reparse, unreadable: int) -> None:
    found = going.found
    changes = [f"{count(found[name], 'capture')} {name}" for name in _outcomes(found)]
    changes += [
        f"{found[name]:,} {name}"
        for name in REPARSE_COUNTS
        if found[name] and name not in ("captures", "moved")
    ]
    if found["moved"]:
        changes.append(f"{count(found['moved'], 'page')} without a number matched to another article")
    parsed = count(found["captures"], "capture")
    click.echo(f"{parsed} parsed again{':' if changes else ', nothing changed'}")
    for change in changes:
        click.echo(f"  {change}")
    if going.damaged:
        click.echo(
            f"{len(going.damaged):,} not changed, since damaged; `{command('verify', path)}` lists them"
        )
    if unreadable:
        problems = command("status", path)
        click.echo(f"{count(unreadable, 'capture')} cannot be parsed; `{problems}` shows the problems")
