"""``verify``: is the archive whole, and if not, what can be made anew."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from archive.cli import exits
from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.printing import count, print_json
from archive.cli.progress import complain, progress
from archive.dump.grammar import clean
from archive.errors import DamagedArchive
from archive.store import repairing, reparsing, verifying
from archive.store.archive import Archive
from archive.store.opening import refuse_missing
from archive.store.rebuilding import rebuild
from archive.store.verifying import Fault, Part, Plan

SAID_ALONE = 20  # faults of one part told of one by one
FACTS = (Part.FILE, Part.PAYLOADS)
HINTS = {
    Part.PAYLOADS: "the bytes of pages are lost: `merge` of a backup, or of any archive that has them,"
    " brings them back; a new `crawl` fetches what the pages say now",
    Part.FILE: "the file itself is damaged: `taz-archive verify --repair {path}` makes it anew if no capture"
    " and no page's bytes are hit; else `taz-archive merge NEW.db {path}` saves what can still be read",
}
REPAIR = "`taz-archive verify --repair {path}` makes anew whatever is derived"
Look = tuple[Plan, list[Fault]]


@click.command()
@archive_argument
@click.option("--all", "every", is_flag=True, help="Derive every article anew, not only a sample of them.")
@click.option(
    "--repair", is_flag=True, help="Make anew whatever is derived and wrong; looks at all articles."
)
@quiet_option
@json_option
@click.pass_context
def verify(ctx: click.Context, archive: Path, every: bool, repair: bool, quiet: bool, as_json: bool) -> None:
    """Prove that an archive is whole, or tell in a line each what is wrong with it.

    Looks at the file, at the digest of every page stored, at what belongs together, at the search index,
    and whether articles are what their captures say: all with --all, else others each time. Changes
    nothing, and disturbs no crawl. --repair makes anew what follows from captures; captures and the
    bytes of pages are never touched.

    \b
      taz-archive verify taz.db
      taz-archive verify taz.db --all --json | jq .faults
      taz-archive verify taz.db --repair
    """
    refuse_missing(archive)
    planned, found = _look(archive, every=every or repair)
    done: Counter[str] = Counter()
    if repair and found:
        planned, found, done = _repaired(archive, planned, found)
    if as_json:
        print_json(_fields(planned, found, done))
    elif found or done or not quiet:
        _print(archive, planned, found, done)
    ctx.exit(exits.DAMAGED if found else exits.DONE)


def _look(path: Path, *, every: bool) -> Look:
    with Archive.to_read(path) as opened:
        planned = verifying.plan(path, opened.db, every=every)
        if reparsing.is_due(opened.db):  # what an earlier release derived is no damage
            planned = replace(planned, articles=array("q"))
        with progress("verifying", planned.total) as advance:
            return planned, list(verifying.faults(path, opened.db, planned, advance))


def _repaired(path: Path, planned: Plan, found: list[Fault]) -> tuple[Plan, list[Fault], Counter[str]]:
    """What is still wrong after all was made anew that can be, and what that was."""
    done: Counter[str] = Counter()
    parts = {fault.part for fault in found}
    if Part.FILE in parts and Part.PAYLOADS not in parts:
        done += _rebuild(path, planned)
        planned, found = _look(path, every=True)
    if found:
        with Archive.to_write(path) as opened, progress("repairing", len(found)) as advance:
            done += repairing.repair(opened.db, found, advance)
        planned, found = _look(path, every=True)
    return planned, found, done


def _rebuild(path: Path, planned: Plan) -> Counter[str]:
    with progress("making the file anew", planned.all_articles) as advance:
        try:
            return Counter({"articles derived anew in a new file": rebuild(path, advance)})
        except DamagedArchive:  # facts are, too: as the look has told already
            return Counter()


def _fields(planned: Plan, found: Sequence[Fault], done: Counter[str]) -> dict[str, object]:
    return {
        "sound": not found,
        "payloads": len(planned.payloads),
        "articles": planned.all_articles,
        "articles_derived": len(planned.articles),
        "faults": [asdict(fault) for fault in found],
        "repaired": dict(done),
    }


def _print(path: Path, planned: Plan, found: Sequence[Fault], done: Counter[str]) -> None:
    for what, number in done.items():
        click.echo(f"repaired: {what}" + (f": {number:,}" if number > 1 else ""))
    for part, number in Counter(fault.part for fault in found).items():
        lines = [fault.what for fault in found if fault.part is part]
        for line in lines[:SAID_ALONE]:
            click.echo(f"{part}: {clean(line)}")
        if number > SAID_ALONE:
            click.echo(f"{part}: … and {number - SAID_ALONE:,} more; --json names all")
    looked = f"{count(len(planned.payloads), 'page')} stored, {_articles(planned)}"
    if not found:
        click.echo(f"sound: {looked}")
        return
    click.echo(f"{count(len(found), 'fault')}: {looked}")
    for hint in _hints(found):
        complain(hint.format(path=path))


def _articles(planned: Plan) -> str:
    derived, there = len(planned.articles), planned.all_articles
    if there and not derived:
        return f"{count(there, 'article')} not derived anew, as a `taz-archive reparse` is due before"
    return f"{derived:,} of {count(there, 'article')} derived anew"


def _hints(found: Sequence[Fault]) -> list[str]:
    parts = {fault.part for fault in found}
    hints = [hint for part, hint in HINTS.items() if part in parts]
    return hints + ([REPAIR] if parts.isdisjoint({Part.FILE}) and parts - set(FACTS) else [])
