"""``derive``: a dataset of captures, parsed and derived by many processes."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from archive.cli import exit_codes
from archive.cli.cluster_options import LIBRARIES, cluster_options, refuse_with_scheduler, scheduler_of
from archive.cli.options import json_option, quiet_option
from archive.cli.output.printing import count, print_json
from archive.cli.output.progress import abridged, print_warning, progress
from archive.cli.termination import exiting_on_sigterm
from archive.dump.grammar import clean
from archive.libraries import needing
from archive.worker_processes import processors

if TYPE_CHECKING:
    from archive.bulk.derive.derive_run import DeriveResult


@click.command()
@click.argument("captures")
@click.argument("out")
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    default=processors,
    help="Work with N processes; 1 is this one, which ends at a page that kills it."
    "  [default: the number of processors]",
)
@cluster_options
@quiet_option
@json_option
@click.pass_context
def derive(
    ctx: click.Context, /, captures: str, out: str, workers: int, quiet: bool, as_json: bool, **_: object
) -> None:
    """Derive articles and versions from exported captures.

    CAPTURES is a folder or URL that `export --format captures` wrote. OUT becomes a
    folder of Parquet files: articles, versions, links and more, which DuckDB,
    pandas, Polars and Spark read, and of which `assemble` makes an archive. Only
    what is new is derived, and all of it after an upgrade. If interrupted, repeat
    it. A page that kills the process that parses it is skipped and listed. Several
    machines derive together as the workers of a Dask scheduler.

    \b
      taz-archive export taz.db captures --format captures
      taz-archive derive captures derived
      taz-archive derive captures derived --scheduler tcp://127.0.0.1:8786
    """
    scheduler = scheduler_of(ctx.params)
    refuse_with_scheduler(ctx, "workers")
    with needing("derive", *LIBRARIES), exiting_on_sigterm():
        from archive.bulk.derive.derive_run import derive_dataset  # noqa: PLC0415 - libraries that may be missing

        watching = partial(progress, "deriving", unit="captures")
        result = derive_dataset(captures, out, workers=workers, scheduler=scheduler, watching=watching)
    _warn(result)
    if as_json:
        print_json(asdict(result))
    elif not quiet:
        click.echo(_summary(result))
    ctx.exit(exit_codes.SOME_FAILED if result.failed or result.skipped else exit_codes.DONE)


def _warn(result: "DeriveResult") -> None:
    lines = (
        [f"skipped: {line}" for line in result.skipped],
        [f"not derived: {line}" for line in result.failed],
    )
    for found, things in zip(lines, ("pages that kill their process", "parts"), strict=True):
        for line in abridged(found, things):
            print_warning(clean(line))


def _summary(result: "DeriveResult") -> str:
    if result.derived or result.failed:
        parts = [f"{count(result.derived, 'part')} derived"]
        parts += [count(getattr(result, f"{name}s"), name) for name in ("capture", "article", "version")]
        parts += [f"{count(result.unchanged, 'part')} unchanged"] if result.unchanged else []
    else:
        parts = [f"nothing to do, {count(result.unchanged, 'part')} unchanged"]
    parts += [f"{result.removed:,} removed"] if result.removed else []
    parts += (
        [f"{count(len(result.failed), 'part')} failed, and `assemble` needs them"] if result.failed else []
    )
    parts += [f"{count(len(result.skipped), 'page')} skipped"] if result.skipped else []
    return ", ".join(parts)
