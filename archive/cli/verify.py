"""``verify``: is the archive whole, and if not, what can be made anew."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from archive.cli import exits
from archive.cli.options import archive_argument, json_option
from archive.cli.printing import count, print_json
from archive.cli.progress import complain, progress
from archive.dump.grammar import clean
from archive.store import repairing, verifying
from archive.store.archive import Archive
from archive.store.opening import refuse_missing
from archive.store.verifying import Fault, Part, Plan

SAID_ALONE = 20  # faults of one part told of one by one
FACTS = (Part.FILE, Part.PAYLOADS)
HINTS = {
    Part.PAYLOADS: "the bytes of pages are lost: `merge` of a backup, or of any archive that has them,"
    " brings them back; a new `crawl` fetches what the pages say now",
    Part.FILE: "the file itself is damaged: `taz-archive merge NEW.db {path}` saves what can still be read",
}
REPAIR = "`taz-archive verify --repair {path}` makes anew whatever is derived"


@click.command()
@archive_argument
@click.option("--all", "every", is_flag=True, help="Derive every article anew, not only a sample of them.")
@click.option(
    "--repair", is_flag=True, help="Make anew whatever is derived and wrong; looks at all articles."
)
@json_option
@click.pass_context
def verify(ctx: click.Context, archive: Path, every: bool, repair: bool, as_json: bool) -> None:
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
    done: Counter[str] = Counter()
    with _opened(archive, write=repair) as opened:
        planned, found = _look(opened, every=every or repair)
        if repair and found:
            done = _repair(opened, found)
            planned, found = _look(opened, every=True)
    if as_json:
        print_json(_fields(planned, found, done))
    else:
        _print(archive, planned, found, done)
    ctx.exit(exits.DAMAGED if found else exits.DONE)


@contextmanager
def _opened(path: Path, *, write: bool) -> Iterator[Archive]:
    with (Archive.to_write if write else Archive.to_read)(path) as opened:
        yield opened


def _look(opened: Archive, *, every: bool) -> tuple[Plan, list[Fault]]:
    planned = verifying.plan(opened.path, opened.db, every=every)
    with progress("verifying", planned.total) as advance:
        return planned, list(verifying.faults(opened.path, opened.db, planned, advance))


def _repair(opened: Archive, found: Sequence[Fault]) -> Counter[str]:
    with progress("repairing", len(found)) as advance:
        return repairing.repair(opened.db, found, advance)


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
    return f"{derived:,} of {count(there, 'article')} derived anew"


def _hints(found: Sequence[Fault]) -> list[str]:
    parts = {fault.part for fault in found}
    hints = [hint for part, hint in HINTS.items() if part in parts]
    return hints + ([REPAIR] if parts - set(FACTS) else [])


COMMANDS = [verify]
