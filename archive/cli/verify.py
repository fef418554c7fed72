"""``verify``: is the archive whole, and if not, what can be made anew."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from shlex import quote
from typing import NamedTuple

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.progress import complain, progress
from archive.cli.output.tables import count, print_json
from archive.dump.grammar import clean
from archive.errors import DamagedArchive
from archive.shell import command
from archive.store import Fault, Part, Plan, open_reader, open_writer, rebuild, refuse_missing
from archive.store.db import schema_check, schema_guard, schema_repair
from archive.store.maintenance import repairing, verifying

SAID_ALONE = 20  # faults of one part told of one by one
FACTS = (Part.FILE, Part.PAYLOADS)
HINTS = {
    Part.PAYLOADS: "the bytes of pages are lost: `taz-archive merge {path} BACKUP.db` brings them back, from"
    " any archive that has them; `taz-archive crawl {path}` fetches what the pages say now",
    Part.FILE: "the file itself is damaged: `taz-archive verify --repair {path}` makes it anew if no capture"
    " and no page's bytes are hit; else `taz-archive merge NEW.db {path}` saves what can still be read",
}
REPAIR = "`taz-archive verify --repair {path}` restores the schema, and makes anew whatever is derived"


class Look(NamedTuple):
    """What was looked through, what is wrong, and what a reader has added to the schema."""

    planned: Plan
    found: list[Fault]
    added: list[str]


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

    Looks at the file, its tables and triggers, the digest of every page stored, what belongs together, the
    search index, and whether articles are what their captures say: all with --all, else others each time.
    Changes nothing, and disturbs no crawl. --repair restores the schema and makes anew what follows from
    captures; captures and the bytes of pages are never touched. What you added to the file is named and kept,
    except triggers that may change what is stored: --repair removes them, commands that write refuse them.

    \b
      taz-archive verify taz.db
      taz-archive verify taz.db --all --json | jq .faults
      taz-archive verify taz.db --repair
    """
    refuse_missing(archive)
    look = _look(archive, every=every or repair)
    done: Counter[str] = Counter()
    if repair and look.found:
        look, done = _repaired(archive, look)
    if as_json:
        print_json(_fields(look, done))
    elif look.found or done or not quiet:
        _print(archive, look, done)
    ctx.exit(exit_codes.DAMAGED if look.found else exit_codes.DONE)


def _look(path: Path, *, every: bool) -> Look:
    with open_reader(path, as_is=True) as opened:
        planned = verifying.plan(path, opened.db, every=every)
        if (
            planned.articles and opened.status.is_reparse_due()
        ):  # what an earlier release derived is no damage
            planned = replace(planned, articles=array("q"))
        with progress("verifying", planned.total) as advance:
            found = list(verifying.faults(path, opened.db, planned, advance))
        foreign = {str(trigger) for trigger in schema_guard.foreign_triggers(opened.db)}
        added = [part for part in schema_check.additions(opened.db) if part not in foreign]
        return Look(planned, found, added)


def _repaired(path: Path, look: Look) -> tuple[Look, Counter[str]]:
    """What is still wrong after all was made anew that can be, and what that was."""
    done: Counter[str] = Counter()
    parts = {fault.part for fault in look.found}
    if Part.FILE in parts and Part.PAYLOADS not in parts:
        done += _rebuild(path, look.planned)
        look = _look(path, every=True)
    if Part.SCHEMA in {fault.part for fault in look.found}:  # before all that reads and writes it
        with open_writer(path, as_is=True) as opened:
            done += schema_repair.restore(opened.db)
        look = _look(path, every=True)
    if look.found and Part.SCHEMA not in {fault.part for fault in look.found}:
        with open_writer(path) as opened, progress("repairing", len(look.found)) as advance:
            done += repairing.repair(opened.db, look.found, advance)
        look = _look(path, every=True)
    return look, done


def _rebuild(path: Path, planned: Plan) -> Counter[str]:
    with progress("making the file anew", planned.all_articles) as advance:
        try:
            return Counter({"articles derived anew in a new file": rebuild(path, advance)})
        except DamagedArchive:  # facts are, too: as the look has told already
            return Counter()


def _fields(look: Look, done: Counter[str]) -> dict[str, object]:
    return {
        "sound": not look.found,
        "payloads": len(look.planned.payloads),
        "articles": look.planned.all_articles,
        "articles_derived": len(look.planned.articles),
        "faults": [asdict(fault) for fault in look.found],
        "added": look.added,
        "repaired": dict(done),
    }


def _print(path: Path, look: Look, done: Counter[str]) -> None:
    for what, number in done.items():
        click.echo(f"repaired: {what}" + (f": {number:,}" if number > 1 else ""))
    for part, number in Counter(fault.part for fault in look.found).items():
        lines = [fault.what for fault in look.found if fault.part is part]
        for line in lines[:SAID_ALONE]:
            click.echo(f"{part}: {clean(line)}")
        if number > SAID_ALONE:
            click.echo(f"{part}: … and {number - SAID_ALONE:,} more; --json names all")
    if look.added:
        click.echo(f"not part of an archive, and kept: {_listed(look.added)}")
    looked = f"{count(len(look.planned.payloads), 'page')} stored, {_articles(path, look.planned)}"
    if not look.found:
        click.echo(f"sound: {looked}")
        return
    click.echo(f"{count(len(look.found), 'fault')}: {looked}")
    for hint in _hints(look.found):
        complain(hint.format(path=quote(str(path))))


def _listed(added: Sequence[str]) -> str:
    more = len(added) - SAID_ALONE
    return clean(", ".join(added[:SAID_ALONE])) + (f", and {more:,} more" if more > 0 else "")


def _articles(path: Path, planned: Plan) -> str:
    derived, there = len(planned.articles), planned.all_articles
    if there and not derived:
        return f"{count(there, 'article')} not derived anew, as `{command('reparse', path)}` is due before"
    return f"{derived:,} of {count(there, 'article')} derived anew"


def _hints(found: Sequence[Fault]) -> list[str]:
    parts = {fault.part for fault in found}
    hints = [hint for part, hint in HINTS.items() if part in parts]
    return hints + ([REPAIR] if parts.isdisjoint({Part.FILE}) and parts - set(FACTS) else [])
