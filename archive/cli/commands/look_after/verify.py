"""``verify``: check an archive for damage, and repair what can be derived."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from archive.cli import exit_codes
from archive.cli.options import (
    CheckedCommand,
    archive_argument,
    json_option,
    positive_duration,
    quiet_option,
    zone_option,
)
from archive.cli.output.check_history import print_check_history
from archive.cli.output.check_slice import print_slice, slice_fields
from archive.cli.output.printing import count, print_json
from archive.cli.output.progress import progress
from archive.cli.output.verification import Verification, print_verification, verification_fields
from archive.cli.output.witnesses import print_witnesses, witness_fields
from archive.cli.recorded_checks import check_changed, check_planned, check_slice
from archive.errors import DamagedArchive
from archive.proofs.checking import read_proof_file
from archive.proofs.periods import CaptureLine
from archive.store import (
    Fault,
    FaultKind,
    VerifyPlan,
    open_reader,
    open_writer,
    rebuild,
    refuse_missing,
)
from archive.witness.checking import check_witnesses, published_records

_WIDER = {
    "every": "--all",
    "again": "--again",
    "repair": "--repair",
    "roots": "--root",
    "authorities": "--tsa-ca",
}


def _refuse_other_scopes(given: Mapping[str, Any]) -> None:
    """Raise :exc:`click.UsageError` if options contradict each other."""
    wider = [option for name, option in _WIDER.items() if given[name]]
    if given["budget"] and wider:
        raise click.UsageError(f"--budget and {wider[0]} exclude each other; give one of them")
    if given["history"] and (wider or given["budget"] or given["proofs"]):
        raise click.UsageError("--history checks nothing; give it without options that do")


@click.command(cls=CheckedCommand, check=_refuse_other_scopes)
@archive_argument
@click.option("--all", "every", is_flag=True, help="Check every article, not only a sample.")
@click.option("--again", is_flag=True, help="Check what was found sound before, too; implies --all.")
@click.option("--repair", is_flag=True, help="Repair the schema and all derived rows; implies --again.")
@click.option(
    "--budget",
    type=positive_duration,
    metavar="DURATION",
    help="Check only for about this time (5m) what was not checked for longest.",
)
@click.option("--history", is_flag=True, help="List the last checks instead.")
@click.option(
    "--proof",
    "proofs",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Check that the capture of this proof is unchanged; repeatable.",
)
@click.option(
    "--root",
    "roots",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Compare with the published roots in this file or folder, too; repeatable.",
)
@click.option(
    "--tsa-ca",
    "authorities",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Trust the certificates in this file with time stamps of roots; repeatable.",
)
@quiet_option
@zone_option
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    archive: Path,
    every: bool,
    again: bool,
    repair: bool,
    budget: timedelta | None,
    history: bool,
    proofs: Sequence[Path],
    roots: Sequence[Path],
    authorities: Sequence[Path],
    quiet: bool,
    as_json: bool,
) -> None:
    """Check an archive for damage and repair what can be derived.

    Checks the file, the schema, the digest of every page, references between
    tables, the search index, and whether articles match their captures: a
    different sample each time, or all with --all, which also compares all
    captures with the root that was stored when they were added. Published roots
    (see `witness`) and their stamps are compared if they are kept in ARCHIVE.roots
    or given with --root, but not with --budget. Without --repair it changes nothing
    but the record of checks. Captures and pages are never changed. Tables, views
    and indexes that you added are listed and kept; a trigger that could change
    stored data is a fault, which --repair removes.

    --budget is for large archives and cron: it checks part after part until the
    time is up, but at least one. Those never checked in this file come first, then
    those checked longest ago, and in between those with a fault; a copy of a file
    counts as not checked. Repeated runs check everything. The archive keeps the
    record, except in a backup and in a damaged file, which are not written to.

    --all and --budget remember what they found sound, as digests in
    ~/.cache/taz-archive. What has not changed since, to the byte, is read by the
    next --all or --budget of the same release but neither decompressed nor
    derived again, unless --again is given.

    \b
      taz-archive verify taz.db
      taz-archive verify taz.db --all --json | jq .faults
      taz-archive verify taz.db --budget 5m
      taz-archive verify taz.db --history
      taz-archive verify taz.db --repair
    """
    refuse_missing(archive)
    if history:
        print_check_history(archive, as_json=as_json)
        return
    proven = {file: read_proof_file(file).capture for file in proofs}
    if budget:
        faults = _verify_slice(archive, budget, proven, is_quiet=quiet, as_json=as_json)
        ctx.exit(exit_codes.DAMAGED if faults else exit_codes.DONE)
    changed = list(_changed_since_proven(archive, proven))
    witnessed = check_witnesses(archive, published_records(archive, roots), authorities)
    further = [*changed, *witnessed.faults]
    if every and not (again or repair):
        checked = check_changed(archive, further)
    else:
        checked = check_planned(archive, every=every or again or repair, further=further)
    done: Counter[str] = Counter()
    if repair and checked.found:
        checked, done = _repaired(archive, checked)
    checked.found.extend(further)
    if as_json:
        print_json(verification_fields(checked, done) | witness_fields(witnessed))
    elif checked.found or done or not quiet:
        print_verification(archive, checked, done)
        _print_proven(proven, changed)
        print_witnesses(witnessed)
    ctx.exit(exit_codes.DAMAGED if checked.found else exit_codes.DONE)


def _verify_slice(
    path: Path, budget: timedelta, proven: Mapping[Path, CaptureLine], *, is_quiet: bool, as_json: bool
) -> list[Fault]:
    """Check a part of the archive, print what was found, and return the faults."""
    changed = list(_changed_since_proven(path, proven))
    checked = check_slice(path, budget, further=changed)
    if as_json:
        print_json(slice_fields(checked))
    elif checked.run.faults or not is_quiet:
        print_slice(path, checked)
        _print_proven(proven, changed)
    return checked.run.faults


def _print_proven(proven: Mapping[Path, CaptureLine], changed: Sequence[Fault]) -> None:
    if proven:
        held = f"{len(proven) - len(changed):,} of {count(len(proven), 'capture')}"
        click.echo(f"proven: {held} as the proofs say")


def _changed_since_proven(path: Path, proven: Mapping[Path, CaptureLine]) -> Iterator[Fault]:
    with open_reader(path, as_is=True) as opened:
        for file, capture in proven.items():
            if not opened.tree.has(capture):
                what = (
                    f"{file}: the archive does not have the capture of {capture.captured_at} that it proves"
                )
                yield Fault(FaultKind.CAPTURES, f"{what}, {capture.url}, or not as it was")


def _repaired(path: Path, checked: Verification) -> tuple[Verification, Counter[str]]:
    """Repair what can be repaired; return the faults that remain, and counts of what was repaired."""
    done: Counter[str] = Counter()
    parts = {fault.part for fault in checked.found}
    if FaultKind.FILE in parts and FaultKind.PAYLOADS not in parts:
        done += _rebuild(path, checked.planned)
        checked = check_planned(path, every=True)
    if FaultKind.SCHEMA in {fault.part for fault in checked.found}:  # first, since all repairs need it
        with open_writer(path, as_is=True) as opened:
            done += opened.maintenance.restore_schema()
        checked = check_planned(path, every=True)
    if checked.found and FaultKind.SCHEMA not in {fault.part for fault in checked.found}:
        with open_writer(path) as opened, progress("repairing", len(checked.found)) as advance:
            done += opened.maintenance.repair(checked.found, advance)
        checked = check_planned(path, every=True)
    return checked, done


def _rebuild(path: Path, planned: VerifyPlan) -> Counter[str]:
    with progress("rebuilding the file", planned.all_articles) as advance:
        try:
            return Counter({"articles derived again in a new file": rebuild(path, advance)})
        except DamagedArchive:  # captures are damaged too, which the faults already say
            return Counter()
