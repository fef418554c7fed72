"""``witness``: publish the root of all captures where it cannot be changed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, json_option, quiet_option
from archive.cli.output.printing import count, print_json
from archive.cli.output.progress import print_warning
from archive.dump.grammar import clean
from archive.errors import WitnessError
from archive.libraries import needing
from archive.proofs.root_record import RootRecord
from archive.store import open_reader
from archive.witness.git_repository import GitRepository
from archive.witness.kept_records import KeptRecord, keep, roots_folder
from archive.witness.publication import Publication, Witness
from archive.witness.record_lines import RecordFile
from archive.witness.stamps.server_url import server_url
from archive.witness.stamps.stamp_checks import CALENDAR_LIBRARIES, TIME_STAMP_LIBRARIES

Done = tuple[Witness, Publication | WitnessError]


@click.command()
@archive_argument
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append the record to this file; repeatable.",
)
@click.option(
    "--git",
    "repositories",
    multiple=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Commit the record in this git working tree, and push; repeatable.",
)
@click.option(
    "--tsa",
    "time_stamp_servers",
    multiple=True,
    metavar="URL",
    type=server_url,
    help="Get a time stamp of the record from this RFC 3161 server; repeatable.",
)
@click.option(
    "--ots",
    "calendars",
    multiple=True,
    metavar="URL",
    type=server_url,
    help="Send its digest to this calendar of OpenTimestamps; repeatable.",
)
@quiet_option
@json_option
@click.pass_context
def witness(
    ctx: click.Context,
    archive: Path,
    files: Sequence[Path],
    repositories: Sequence[Path],
    time_stamp_servers: Sequence[str],
    calendars: Sequence[str],
    quiet: bool,
    as_json: bool,
) -> None:
    """Publish the root of all captures where it cannot be changed.

    The root, which `digest` prints, changes with any change of any capture. Where
    others keep it, even the archive's owner cannot change a capture later
    unnoticed: `verify` compares the archive with all published roots.

    Writes a record, one line of JSON with the root, into the folder ARCHIVE.roots
    and publishes its bytes as the options say. A witness that fails is reported
    and does not stop the others; the next run tries again. The same root is
    published once.

    \b
      taz-archive witness taz.db --git /srv/roots --tsa https://freetsa.org/tsr
      taz-archive witness taz.db --ots https://a.pool.opentimestamps.org
      taz-archive schedule taz.db --job 1d 'witness --git /srv/roots' --install
    """
    witnesses: list[Witness] = [
        *map(RecordFile, files),
        *map(GitRepository, repositories),
        *_time_stamp_servers(time_stamp_servers),
        *_calendars(calendars),
    ]
    with open_reader(archive) as opened, opened.snapshot():
        record = opened.witnessed.newest(datetime.now(UTC))
    if record is None:
        _print_nothing(archive, quiet=quiet, as_json=as_json)
        return
    kept = keep(roots_folder(archive), record)
    done = list(_published(kept, witnesses))
    if as_json:
        print_json(_fields(kept, done))
    elif not quiet:
        _print(kept, done)
    if problems := [what for _, what in done if isinstance(what, WitnessError)]:
        for problem in problems:
            print_warning(clean(str(problem)))
        ctx.exit(exit_codes.SOME_FAILED)


def _time_stamp_servers(urls: Sequence[str]) -> list[Witness]:
    if not urls:
        return []
    with needing("--tsa", *TIME_STAMP_LIBRARIES):
        from archive.witness.stamps.time_stamp_server import TimeStampServer  # noqa: PLC0415 - of an extra

        return [*map(TimeStampServer, urls)]


def _calendars(urls: Sequence[str]) -> list[Witness]:
    if not urls:
        return []
    with needing("--ots", *CALENDAR_LIBRARIES):
        from archive.witness.stamps.bitcoin_calendar import BitcoinCalendar  # noqa: PLC0415 - of an extra

        return [*map(BitcoinCalendar, urls)]


def _published(kept: KeptRecord, witnesses: Sequence[Witness]) -> Iterator[Done]:
    for each in witnesses:
        try:
            yield each, each.publish(kept)
        except WitnessError as problem:
            yield each, problem


def _print_nothing(archive: Path, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        print_json({"record": None, "root": None, "witnesses": []})
    elif not quiet:
        click.echo(f"{archive} has no captures yet: there is no root to publish.", err=True)


def _print(kept: KeptRecord, done: Sequence[Done]) -> None:
    click.echo(f"{clean(str(kept.file))}: the root of {_captures(kept.record)}")
    for each, what in done:
        if isinstance(what, Publication):
            click.echo(f"{clean(each.name)}: {what.what}")


def _captures(record: RootRecord) -> str:
    return count(record.captures, "capture")


def _fields(kept: KeptRecord, done: Sequence[Done]) -> dict[str, object]:
    return {
        "record": str(kept.file),
        "root": kept.record.root,
        "captures": kept.record.captures,
        "witnesses": [_outcome(each, what) for each, what in done],
    }


def _outcome(each: Witness, what: Publication | WitnessError) -> dict[str, object]:
    if isinstance(what, WitnessError):
        return {"witness": each.name, "published": False, "new": False, "problem": str(what)}
    return {"witness": each.name, "published": True, "new": what.is_new, "problem": None}
