"""``schedule``: leave an archive to cron or to systemd."""

from datetime import time, timedelta
from hashlib import sha256
from os import fsencode
from pathlib import Path
from platform import node
from shlex import split

import click

from archive.cli.options import Duration, archive_argument
from archive.schedule import crontab, systemd
from archive.schedule.ephemeral_programs import refuse_ephemeral
from archive.schedule.interval import Rhythm, daily, every
from archive.schedule.jobs import Job, make_job
from archive.store.db.connection import open_of_any_age

OFFSETS = 24 * 60  # minutes
USUAL = timedelta(minutes=30)


@click.command()
@archive_argument
@click.option(
    "--every", "interval", type=Duration(), metavar="30m", help="How often to crawl.  [default: 30m]"
)
@click.option("--daily", "at", metavar="04:10", help="Crawl once a day, at this time of the machine's clock.")
@click.option(
    "--job",
    "jobs",
    nargs=2,
    multiple=True,
    metavar="WHEN COMMAND",
    help="Another command on this archive, and how often or when: '1d', '04:10'. DB is put in by itself.",
)
@click.option("--install", is_flag=True, help="Put it into your crontab, in place of what is there of it.")
@click.option("--remove", is_flag=True, help="Take it out of your crontab.")
@click.option("--systemd", "by_systemd", is_flag=True, help="Units of systemd instead of a crontab.")
@click.argument("words", nargs=-1, metavar="[-- CRAWL-OPTIONS]", type=click.UNPROCESSED)
@click.pass_context
def schedule(
    ctx: click.Context,
    archive: Path,
    interval: timedelta | None,
    at: str | None,
    jobs: tuple[tuple[str, str], ...],
    install: bool,
    remove: bool,
    by_systemd: bool,
    words: tuple[str, ...],
) -> None:
    """Print the lines that have cron crawl into an archive, or put them into your crontab.

    What a crawl may be told follows after --. One that nobody watches is given a --max-time shorter than
    the interval, a --log beside the archive, and --quiet with --notify -: so cron mails you when the archive
    becomes unhealthy and when it is well again, and nothing else. Only the block between our own marks is
    ever changed, so --install can be repeated. Commands are checked as if they were run now.

    \b
      taz-archive schedule taz.db
      taz-archive schedule taz.db --every 15m --install -- --via gopher --via gemini
      taz-archive schedule taz.db --job 04:10 'backup /mnt/backup/taz.db' --install
      taz-archive schedule taz.db --job 07:00 'changes --since yesterday --until yesterday --format markdown'
      taz-archive schedule taz.db --systemd --install
      taz-archive schedule taz.db --remove
    """
    archive = archive.absolute()
    if install and remove:
        raise click.UsageError("--install and --remove: which of them?")
    if remove:
        _say("Removed." if _removed(archive, by_systemd=by_systemd) else "There was nothing of it.")
        return
    if not str(archive).isprintable() or str(archive).endswith("\\"):
        raise click.UsageError(f"{str(archive)!r}: no name for a crontab or a unit; give it another")
    if not archive.parent.is_dir():
        raise click.UsageError(f"{archive.parent} is no directory; make it first")
    made = _jobs(ctx, archive, _rhythm(archive, interval, at), words, jobs)
    open_of_any_age(archive).close()  # raises what the first run would end with
    refuse_ephemeral()
    put = _by_systemd if by_systemd else _by_crontab
    put(archive, made, install=install)


def _rhythm(archive: Path, interval: timedelta | None, at: str | None) -> Rhythm:
    if interval is not None and at is not None:
        raise click.UsageError("--every and --daily each say when; give one of them")
    if at is not None:
        return _at(at, "--daily")
    return _every(archive, USUAL if interval is None else interval, "--every")


def _every(archive: Path, interval: timedelta, hint: str) -> Rhythm:
    """Each archive has minutes of its own, always the same."""
    offset = int.from_bytes(sha256(fsencode(archive) + node().encode()).digest()[:4]) % OFFSETS
    try:
        return every(interval, offset=offset)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=hint) from error


def _at(text: str, hint: str) -> Rhythm:
    try:
        return daily(time.fromisoformat(text))
    except ValueError as error:
        raise click.BadParameter(f'"{text}" is no time of the day; write 04:10', param_hint=hint) from error


def _jobs(
    ctx: click.Context,
    archive: Path,
    rhythm: Rhythm,
    words: tuple[str, ...],
    more: tuple[tuple[str, str], ...],
) -> list[Job]:
    cli = ctx.find_root().command
    assert isinstance(cli, click.Group)
    made = [make_job(cli, archive, rhythm, ["crawl", *words])]
    for when, text in more:
        other = _at(when, "--job") if ":" in when else _every(archive, _length(ctx, when), "--job")
        made.append(make_job(cli, archive, other, _split(text)))
    return made


def _length(ctx: click.Context, when: str) -> timedelta:
    length: timedelta = Duration()(when, None, ctx)
    return length


def _split(text: str) -> list[str]:
    try:
        return split(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint="--job") from error


def _by_crontab(archive: Path, jobs: list[Job], *, install: bool) -> None:
    lines = crontab.block(archive, jobs)
    changed = crontab.change(archive, lines) if install else None
    click.echo("\n".join(lines))
    if changed is not None:
        _say("Installed." if changed else "It was there already.")


def _by_systemd(archive: Path, jobs: list[Job], *, install: bool) -> None:
    files = systemd.units(archive, jobs)
    changed = systemd.install(archive, files) if install else None
    for name, text in files.items():
        click.echo(f"# {systemd.folder() / name}\n{text}")
    if changed is not None:
        _say("Installed." if changed else "It was there already.")


def _removed(archive: Path, *, by_systemd: bool) -> bool:
    return systemd.remove(archive) if by_systemd else crontab.change(archive, [])


def _say(line: str) -> None:
    click.echo(line, err=True)
