"""``merge``: what other archives hold, in this one too."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, jobs_option, json_option, quiet_option, zone_option
from archive.cli.output.printing import count, print_json
from archive.cli.output.progress import abridged, print_warning, progress
from archive.dump.grammar import clean
from archive.store import MERGE_COUNTS, DerivedPending, ForeignArchive, MergeResult, Writer, open_writer

_DERIVED_COUNTS = ("articles new", "versions new", "moved")


@click.command()
@archive_argument
@click.argument(
    "others", metavar="OTHER…", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path)
)
@jobs_option
@quiet_option
@zone_option
@json_option
@click.pass_context
def merge(
    ctx: click.Context, archive: Path, others: Sequence[Path], jobs: int, quiet: bool, as_json: bool
) -> None:
    """Add everything that other archives hold.

    Captures, known pages and trusted certificates are added to ARCHIVE, which is
    created if missing, and its articles derived from them; the history of crawls
    is not. The order and number of merges do not matter. Each OTHER may be in use,
    and is never changed. Damaged pages in ARCHIVE are replaced by intact copies
    from OTHER. Captures that cannot be merged, such as those from the future, are
    listed and skipped. If interrupted, repeat it; the next command that writes to
    ARCHIVE derives what was added until then. ARCHIVE must be given even if
    TAZ_ARCHIVE is set.

    \b
      taz-archive merge taz.db laptop.db
      taz-archive merge new.db damaged.db     rescue what is readable
    """
    found: Counter[str] = Counter()
    with ExitStack() as stack:
        opened = [stack.enter_context(ForeignArchive.opened(path)) for path in _others(archive, others)]
        into = stack.enter_context(open_writer(archive, jobs=jobs))
        merged = [_merge(into, other) for other in opened]
        derived = _derive(into, jobs)
    for one in merged:
        found += one.found
    found += Counter({name: derived.counts[name] for name in _DERIVED_COUNTS})
    is_damaged = bool(found["damaged"] or derived.damaged)
    if as_json:
        print_json(_fields(found, merged, derived))
    elif is_damaged or not quiet:
        click.echo(_summary(found, derived))
    ctx.exit(exit_codes.DAMAGED if is_damaged else exit_codes.DONE)


def _others(archive: Path, others: Sequence[Path]) -> Iterator[Path]:
    for path in others:
        if archive.exists() and path.exists() and path.samefile(archive):
            print_warning(f"{path}: skipped, since it is the archive to merge into")
        else:
            yield path


def _merge(into: Writer, other: ForeignArchive) -> MergeResult:
    with progress(f"merging {other.path.name}", other.size(), unit="pages") as advance:
        merged = into.maintenance.merge(other, advance)
    for line in abridged(merged.lost, f"damaged captures in {other.path}"):
        print_warning(clean(line))
    for host in merged.distrusted:
        print_warning(
            f"{other.path}: trusts another certificate for {clean(host)}; the one known here stays trusted"
        )
    return merged


def _derive(into: Writer, jobs: int) -> DerivedPending:
    """Derive what follows from all that was merged."""
    with progress("deriving articles", into.maintenance.count_pending()) as advance:
        derived = into.maintenance.derive_pending(advance, jobs=jobs)
    for line in abridged(derived.damaged, "that cannot be derived"):
        print_warning(f"cannot be derived: {clean(line)}")
    return derived


def _fields(found: Counter[str], merged: Sequence[MergeResult], derived: DerivedPending) -> dict[str, object]:
    return {
        **{name.replace(" ", "_"): found[name] for name in MERGE_COUNTS},
        "lost": [line for one in merged for line in one.lost],
        "not_derived": derived.damaged,
        "distrusted": sorted({host for one in merged for host in one.distrusted}),
    }


def _summary(found: Counter[str], derived: DerivedPending) -> str:
    parts = [f"{count(found['captures'], 'capture')} added, {found['known']:,} known before"]
    parts += [
        count(found[f"{name} new"], f"new {name[:-1]}")
        for name in ("articles", "versions")
        if found[f"{name} new"]
    ]
    parts += [f"{count(found['pages'], 'page')} discovered"] if found["pages"] else []
    parts += [f"{count(found['certificates'], 'certificate')} trusted"] if found["certificates"] else []
    parts += [f"{count(found['moved'], 'page')} matched to another article"] if found["moved"] else []
    parts += [f"{count(found['mended'], 'payload')} repaired"] if found["mended"] else []
    parts += [f"{found['damaged']:,} damaged in the other and skipped"] if found["damaged"] else []
    parts += [f"{count(len(derived.damaged), 'article')} not derived"] if derived.damaged else []
    return ", ".join(parts)
