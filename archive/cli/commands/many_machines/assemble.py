"""``assemble``: an archive made of a derived dataset."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli import exit_codes
from archive.cli.options import jobs_option, json_option, quiet_option
from archive.cli.output.printing import count, print_json, size
from archive.cli.output.progress import abridged, print_warning, progress
from archive.cli.termination import exiting_on_sigterm
from archive.dump.grammar import clean
from archive.libraries import needing

if TYPE_CHECKING:
    from archive.bulk.assemble import AssembledArchive

MAX_SHARDS = 1_000


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("derived")
@click.option(
    "--shards",
    type=click.IntRange(1, MAX_SHARDS),
    metavar="N",
    default=1,
    help="Make N archives, each of a range of article numbers: taz-1-of-3.db.",
)
@jobs_option
@click.option("--replace", is_flag=True, help="Overwrite OUT if it is an archive.")
@quiet_option
@json_option
@click.pass_context
def assemble(
    ctx: click.Context,
    out: Path,
    derived: str,
    shards: int,
    jobs: int,
    replace: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Make an archive of what `derive` wrote.

    DERIVED is a folder or URL that `derive` wrote. OUT becomes the archive that
    recording the same captures would have made, and appears only when it is
    complete; `crawl` can go on with it. `compact` makes it smaller. With --shards,
    menus are in each archive, and `merge` joins them.

    \b
      taz-archive assemble taz.db derived
      taz-archive assemble taz.db s3://paper/derived --shards 3
    """
    with needing("assemble", "pyarrow", "fsspec"):
        from archive.bulk.assemble import assemble as make  # noqa: PLC0415 - libraries that may be missing

    watch = partial(progress, unit="articles")
    with exiting_on_sigterm():
        result = make(out, derived, watch, shards=shards, replace=replace, jobs=jobs)
    for line in abridged(result.skipped, "pages that kill their process"):
        print_warning(f"skipped by derive: {clean(line)}")
    if as_json:
        archives = [{**asdict(archive), "path": str(archive.path)} for archive in result.archives]
        print_json({"archives": archives, "skipped": result.skipped})
    elif not quiet:
        for archive in result.archives:
            click.echo(_summary(archive))
    ctx.exit(exit_codes.SOME_FAILED if result.skipped else exit_codes.DONE)


def _summary(archive: "AssembledArchive") -> str:
    counts = (count(getattr(archive, f"{name}s"), name) for name in ("article", "version", "capture"))
    return f"{archive.path}: {', '.join(counts)}, {size(archive.path.stat().st_size)}"
