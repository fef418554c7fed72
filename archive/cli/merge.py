"""``merge``: what other archives have, in this one too."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.progress import complain, progress
from archive.cli.output.tables import count, print_json
from archive.dump.grammar import clean
from archive.store import Merged, Other, Writer, open_writer
from archive.store.ingest import unnumbered
from archive.store.maintenance.merging import NAMES

SAID_ALONE = 10  # captures told of one by one


@click.command()
@archive_argument
@click.argument(
    "others", metavar="OTHER…", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path)
)
@quiet_option
@json_option
@click.pass_context
def merge(ctx: click.Context, archive: Path, others: Sequence[Path], quiet: bool, as_json: bool) -> None:
    """Add to DB, made if missing, whatever the archives OTHER hold.

    Captures, what follows from them, the pages known and the certificates trusted; only the history of
    crawls stays with each archive. It does not matter which is merged into which, in what order, nor how
    often. OTHER may be of an earlier release, or be crawled at this moment, and is never changed. Stopped
    half-way, start it again. Bytes that are damaged in DB are mended where OTHER has them whole. What cannot
    be, such as a capture from the future, is named and left out.

    \b
      taz-archive merge taz.db laptop.db
      taz-archive merge new.db damaged.db       saves what can still be read
    """
    found: Counter[str] = Counter()
    with ExitStack() as stack:
        opened = [stack.enter_context(Other.opened(path)) for path in _others(archive, others)]
        into = stack.enter_context(open_writer(archive))
        merged = [_merge(into, other) for other in opened]
        for one in merged:
            found += one.found
        found += _file(into)
    if as_json:
        print_json(_fields(found, merged))
    elif found["damaged"] or not quiet:
        click.echo(_line(found))
    ctx.exit(exit_codes.DAMAGED if found["damaged"] else exit_codes.DONE)


def _others(archive: Path, others: Sequence[Path]) -> Iterator[Path]:
    for path in others:
        if archive.exists() and path.exists() and path.samefile(archive):
            complain(f"{path}: is the archive itself; it has all of that")
        else:
            yield path


def _merge(into: Writer, other: Other) -> Merged:
    with progress(f"merging {other.path.name}", other.size()) as advance:
        merged = into.merge(other, advance)
    for line in merged.lost[:SAID_ALONE]:
        complain(clean(line))
    if len(merged.lost) > SAID_ALONE:
        complain(f"{other.path}: … and {len(merged.lost) - SAID_ALONE:,} more damaged; --json names all")
    for host in merged.distrusted:
        complain(
            f"{other.path}: trusts another certificate of {clean(host)}; the one known here stays trusted"
        )
    return merged


def _file(into: Writer) -> Counter[str]:
    with progress("filing pages without a number", unnumbered.count(into.db)) as advance:
        return into.match_unnumbered(advance)


def _fields(found: Counter[str], merged: Sequence[Merged]) -> dict[str, object]:
    return {
        **{name.replace(" ", "_"): found[name] for name in NAMES},
        "lost": [line for one in merged for line in one.lost],
        "distrusted": sorted({host for one in merged for host in one.distrusted}),
    }


def _line(found: Counter[str]) -> str:
    parts = [f"{count(found['captures'], 'capture')} added, {found['known']:,} known"]
    parts += [
        count(found[f"{name} new"], f"new {name[:-1]}")
        for name in ("articles", "versions")
        if found[f"{name} new"]
    ]
    parts += [f"{count(found['pages'], 'page')} discovered"] if found["pages"] else []
    said = {"moved": "filed elsewhere", "mended": "mended", "damaged": "damaged in the other, and left out"}
    parts += [f"{count(found['certificates'], 'certificate')} trusted"] if found["certificates"] else []
    parts += [f"{found[name]:,} {words}" for name, words in said.items() if found[name]]
    return ", ".join(parts)
