"""Jobs: commands of this program, checked when they are scheduled."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from archive.cli.monitoring.notification_targets import scheme_of
from archive.cli.output.progress import print_warning
from archive.schedule.interval import Rhythm, short
from archive.timestamps import ZONE_VARIABLE

# Commands that run unattended.
JOB_COMMANDS = (
    *("crawl", "backup", "compact", "export", "changes", "status", "verify", "reparse", "merge", "witness"),
)
# Variables that cron does not inherit from the shell, though a run depends on them.
_INHERITED = (
    *("PYTHONPATH", "TAZ_ARCHIVE_CONTACT", "TAZ_ARCHIVE_CREDENTIALS", ZONE_VARIABLE),
    *("http_proxy", "https_proxy", "no_proxy"),
)
_ENVIRONMENT = {"PYTHONIOENCODING": "utf-8"}  # the charset with which mails are labelled
_PROGRAM = "taz-archive"
_HELP = {"-h", "--help"}


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A command line and when to run it; ``folder`` is set if the command has relative paths."""

    name: str
    rhythm: Rhythm
    words: Sequence[str]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def make_job(cli: click.Group, archive: Path, rhythm: Rhythm, words: Sequence[str]) -> ScheduledJob:
    """Return the job that runs ``words`` on an archive, which becomes the first argument.

    Raise :exc:`click.UsageError` if the command would refuse its arguments.
    """
    name, *rest = words or [""]
    if name not in JOB_COMMANDS:
        raise click.UsageError(f'"{name}" cannot be scheduled; use one of {", ".join(JOB_COMMANDS)}')
    context = _context(cli, name, [str(archive), *rest])
    _warn_of_secrets(context, rest)
    if name == "crawl":
        rest += _unattended(context, archive, rhythm)
    elif context.params.get("quiet") is False:
        rest.append("--quiet")
    folder = Path.cwd() if _has_relative_paths(context) or len(program()) > 1 else None
    environment = _ENVIRONMENT | {each: os.environ[each] for each in _INHERITED if os.environ.get(each)}
    return ScheduledJob(name, rhythm, [*program(), name, str(archive), *rest], folder, environment)


def _context(cli: click.Group, name: str, words: list[str]) -> click.Context:
    if _HELP & set(words):
        raise click.UsageError("--help cannot be scheduled")
    with click.Context(cli, **cli.context_settings) as parent:  # at the end, --tz of a job ends too
        command = cli.get_command(parent, name)
        if command is None:
            raise click.UsageError(f"{name} is not installed")
        try:
            return command.make_context(name, words, parent=parent)
        except click.UsageError as error:
            raise click.UsageError(f"{name}: {error.format_message()}") from error


def _warn_of_secrets(context: click.Context, words: Sequence[str]) -> None:
    """Warn of a URL of --notify that would be visible to other users."""
    urls = [to for to in context.params.get("notify") or () if scheme_of(to)]
    if any(word.endswith(url) for word in words for url in urls):
        print_warning(
            "the URL of --notify is visible in the crontab or unit and in the process list;"
            " use @FILE to read it from a file"
        )


def _unattended(context: click.Context, archive: Path, rhythm: Rhythm) -> Iterator[str]:
    """Yield the options of an unattended crawl that the user has not given."""
    given = context.params
    if given["max_time"] is None:
        yield from ("--max-time", short(rhythm.longest_run))
    elif given["max_time"] >= rhythm.interval:
        raise click.UsageError(
            f"crawl: --max-time must be shorter than the interval; use {short(rhythm.longest_run)}"
        )
    if not (given["quiet"] or given["verbose"]):
        yield "--quiet"
    if given["log_path"] is None:
        yield from ("--log", str(archive.with_suffix(".log")))
    if not given["notify"]:
        yield from ("--notify", "-")


def _has_relative_paths(context: click.Context) -> bool:
    given = context.params.values()
    values = [each for value in given for each in (value if isinstance(value, tuple) else (value,))]
    return any(isinstance(value, Path) and not value.is_absolute() for value in values)


def program() -> list[str]:
    """Return how to start this program from any folder: its script if installed, else Python."""
    started = Path(sys.argv[0])
    by_module = started.name == "__main__.py"  # `python -m archive`, which may differ from the installed one
    installed = Path(sys.executable).with_name(_PROGRAM)
    # Links are not resolved, since an upgrade may move their target.
    found = [path.absolute() for path in (started, installed) if path.name == _PROGRAM and path.is_file()]
    return [str(found[0])] if found and not by_module else [sys.executable, "-m", "archive"]
