"""``reparse``: today's parser on all that is stored."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.progress import complain, progress
from archive.cli.output.tables import count, print_json, when
from archive.dump.grammar import clean
from archive.shell import command
from archive.store import Lost, Reparse, Writer, open_writer, processors, refuse_missing
from archive.store.maintenance import reparsing
from archive.store.maintenance.reparsing import NAMES

SAID_ALONE = 10  # captures told of one by one


@click.command()
@archive_argument
@click.option("--all", "anew", is_flag=True, help="Begin anew, where the last one was stopped half-way.")
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Processes that read pages; as many as processors."
)
@quiet_option
@json_option
@click.pass_context
def reparse(
    ctx: click.Context, archive: Path, anew: bool, jobs: int | None, quiet: bool, as_json: bool
) -> None:
    """Read all stored pages anew with this release's parser, and derive every article from them.

    Pages that could not be read may become articles, and wordings may change; the bytes, where they
    came from and when, never do. Stopped half-way, it goes on from there the next time. What can no
    longer be read is told, and so is what is damaged, which stays as it is. Twice in a row, the second
    finds nothing to change.

    \b
      taz-archive reparse taz.db
      taz-archive reparse taz.db --json | jq .outcomes
    """
    refuse_missing(archive)
    with open_writer(archive) as opened:
        going = _reparse(opened, anew=anew, jobs=jobs or processors())
        unreadable = reparsing.unreadable(opened.db)
    if as_json:
        print_json(_fields(going, unreadable))
    elif going.damaged or going.lost or not quiet:
        _print(archive, going, unreadable)
    if going.damaged:
        ctx.exit(exit_codes.DAMAGED)
    ctx.exit(exit_codes.SOME_FAILED if unreadable else exit_codes.DONE)


def _reparse(opened: Writer, *, anew: bool, jobs: int) -> Reparse:
    going = reparsing.begin(opened.db, opened.path, at=datetime.now(UTC), anew=anew, jobs=jobs)
    if going.resumed:
        complain(f"going on where the last reparse was stopped, {going.done:,} of {going.total:,} done")
    with progress("reading anew", going.total) as advance:
        advance(going.done)
        said = 0
        while amount := reparsing.step(opened.db, going):
            advance(amount)
            for lost in going.lost[said:SAID_ALONE]:
                _say(lost)
            said = len(going.lost)
    if said > SAID_ALONE:
        complain(f"… and {said - SAID_ALONE:,} more that could be read before; --json names all")
    for line in going.damaged[:SAID_ALONE]:
        complain(f"left as it is: {line}")
    if len(going.damaged) > SAID_ALONE:
        complain(f"… and {len(going.damaged) - SAID_ALONE:,} more that are damaged; --json names all")
    reparsing.finish(opened.db, going, at=datetime.now(UTC))
    return going


def _say(lost: Lost) -> None:
    complain(
        f"{clean(lost.url)}, {when(lost.captured_at)}: could be read before: {clean(lost.problem or '')}"
    )


def _fields(going: Reparse, unreadable: int) -> dict[str, object]:
    return {
        **{name.replace(" ", "_"): going.found[name] for name in NAMES},
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
        f"{found[name]:,} {name}" for name in NAMES if found[name] and name not in ("captures", "moved")
    ]
    changes += (
        [f"{count(found['moved'], 'page')} without a number found another article"] if found["moved"] else []
    )
    click.echo(f"{count(found['captures'], 'capture')} read anew{':' if changes else ', nothing changed'}")
    for change in changes:
        click.echo(f"  {change}")
    if going.damaged:
        click.echo(
            f"{len(going.damaged):,} left as they are: damaged; `{command('verify', path)}` tells more"
        )
    if unreadable:
        click.echo(f"{count(unreadable, 'capture')} cannot be read; `{command('status', path)}` tells why")
