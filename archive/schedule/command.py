"""``schedule``: run commands regularly, by cron or systemd."""

from datetime import time
from hashlib import sha256
from os import fsencode
from pathlib import Path
from platform import node
from shlex import split

import click

from archive.cli.options import archive_argument, duration
from archive.schedule import crontab, systemd
from archive.schedule.ephemeral_programs import refuse_ephemeral
from archive.schedule.interval import Rhythm, daily, every
from archive.schedule.jobs import ScheduledJob, make_job
from archive.store import refuse_unopenable

_DAY_MINUTES = 24 * 60
_INSTALL_HELP = "Install into your crontab, replacing this archive's earlier block."
_DEFAULT_INTERVAL = "30m"


@click.command()
@archive_argument
@click.option(
    "--every",
    "interval",
    metavar="DURATION",
    help=f"Interval between crawls.  [default: {_DEFAULT_INTERVAL}]",
)
@click.option("--daily", "at", metavar="HH:MM", help="Crawl once a day, at this local time.")
@click.option(
    "--job",
    "jobs",
    nargs=2,
    multiple=True,
    metavar="WHEN COMMAND",
    help="Run another command too; WHEN is an interval (1d) or a local time (04:10).",
)
@click.option("--install", is_flag=True, help=_INSTALL_HELP)
@click.option("--remove", is_flag=True, help="Remove this archive's block from your crontab.")
@click.option("--systemd", "by_systemd", is_flag=True, help="Use systemd units instead of a crontab.")
@click.argument("words", nargs=-1, metavar="[-- CRAWL-OPTIONS]", type=click.UNPROCESSED)
@click.pass_context
def schedule(
    ctx: click.Context,
    archive: Path,
    interval: str | None,
    at: str | None,
    jobs: tuple[tuple[str, str], ...],
    install: bool,
    remove: bool,
    by_systemd: bool,
    words: tuple[str, ...],
) -> None:
    """Run crawls and other commands from cron or systemd.

    Without --install the crontab lines are only printed. Options after `--` are
    passed to `crawl`. A scheduled crawl ends before the next begins (--max-time),
    writes a log next to the archive (--log), and prints only when the archive
    becomes unhealthy or healthy again (--quiet --notify -), so that cron mails
    that and nothing else. Jobs are checked now, as if they were run; ARCHIVE is
    added to each COMMAND. Other lines of your crontab are never changed.

    \b
      taz-archive schedule taz.db
      taz-archive schedule taz.db --every 15m --install -- --via gemini
      taz-archive schedule taz.db --job 04:10 'backup /mnt/taz.db' --install
      taz-archive schedule taz.db \\
        --job 07:00 'changes --since yesterday --until yesterday'
      taz-archive schedule taz.db --systemd --install
      taz-archive schedule taz.db --remove
    """
    archive = archive.absolute()
    if install and remove:
        raise click.UsageError("--install and --remove exclude each other; give one of them")
    if remove:
        _say(_remove(archive, by_systemd=by_systemd))
        return
    _refuse_unusable(archive)
    made = _jobs(ctx, archive, _rhythm(archive, interval, at), words, jobs)
    refuse_unopenable(archive)  # raises the error that the first run would end with
    refuse_ephemeral()
    schedule_jobs = _by_systemd if by_systemd else _by_crontab
    schedule_jobs(archive, made, install=install)


def _refuse_unusable(archive: Path) -> None:
    """Raise :exc:`click.UsageError` for a path that cannot be scheduled."""
    if not str(archive).isprintable() or str(archive).endswith("\\"):
        raise click.UsageError(f"{str(archive)!r} cannot be part of a crontab or unit; rename it")
    if not archive.parent.is_dir():
        raise click.UsageError(f"{archive.parent}: no such directory; create it first")


def _rhythm(archive: Path, interval: str | None, at: str | None) -> Rhythm:
    if interval is not None and at is not None:
        raise click.UsageError("--every and --daily exclude each other; give one of them")
    return _at(at, "--daily") if at is not None else _every(archive, interval or _DEFAULT_INTERVAL, "--every")


def _every(archive: Path, interval: str, hint: str) -> Rhythm:
    """Return a rhythm whose minutes differ between archives but never change for one."""
    offset = int.from_bytes(sha256(fsencode(archive) + node().encode()).digest()[:4]) % _DAY_MINUTES
    try:
        return every(duration(interval), offset=offset)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=hint) from error


def _at(text: str, hint: str) -> Rhythm:
    try:
        return daily(time.fromisoformat(text))
    except ValueError as error:
        raise click.BadParameter(f'invalid time of day "{text}": use 04:10', param_hint=hint) from error


def _jobs(
    ctx: click.Context,
    archive: Path,
    rhythm: Rhythm,
    words: tuple[str, ...],
    more: tuple[tuple[str, str], ...],
) -> list[ScheduledJob]:
    cli = ctx.find_root().command
    if not isinstance(cli, click.Group):
        raise TypeError(f"schedule needs the group of all commands, not {cli!r}")
    made = [make_job(cli, archive, rhythm, ["crawl", *words])]
    for when, text in more:
        other = _at(when, "--job") if ":" in when else _every(archive, when, "--job")
        made.append(make_job(cli, archive, other, _split(text)))
    return made


def _split(text: str) -> list[str]:
    try:
        return split(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint="--job") from error


def _by_crontab(archive: Path, jobs: list[ScheduledJob], *, install: bool) -> None:
    lines = crontab.block(archive, jobs)
    changed = crontab.change(archive, lines) if install else None
    click.echo("\n".join(lines))
    _say_installed(changed)


def _by_systemd(archive: Path, jobs: list[ScheduledJob], *, install: bool) -> None:
    files = systemd.units(archive, jobs)
    changed = systemd.install(archive, files) if install else None
    for name, text in files.items():
        click.echo(f"# {systemd.folder() / name}\n{text}")
    _say_installed(changed)


def _say_installed(changed: bool | None) -> None:
    if changed is not None:
        _say("Installed." if changed else "Already installed; nothing changed.")


def _remove(archive: Path, *, by_systemd: bool) -> str:
    if by_systemd:
        return "Removed." if systemd.remove(archive) else f"Nothing to remove: no units for {archive.name}."
    if crontab.change(archive, []):
        return "Removed."
    return f"Nothing to remove: your crontab has no block for {archive.name}."


def _say(line: str) -> None:
    click.echo(line, err=True)
