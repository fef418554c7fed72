"""What is scheduled: commands of ours, checked now, lest cron be the first to try them."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from archive.cli.notifications import scheme_of
from archive.cli.output.progress import complain
from archive.schedule.interval import Rhythm, short

# Commands that make sense without anybody there.
JOBS = ("crawl", "backup", "compact", "export", "changes", "status", "verify", "reparse", "merge")
# What a shell may have and cron has not, though a run depends on it.
CARRIED = ("PYTHONPATH", "TAZ_ARCHIVE_CONTACT", "http_proxy", "https_proxy", "no_proxy")
PRINTED = {"PYTHONIOENCODING": "utf-8"}  # whatever the locale of cron: its mails say so
PROGRAM = "taz-archive"
HELP = {"-h", "--help"}


@dataclass(frozen=True, slots=True)
class Job:
    """A command, named as ours, and when to run it; ``folder`` is where, if that matters to its paths."""

    name: str
    rhythm: Rhythm
    words: Sequence[str]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def make_job(cli: click.Group, archive: Path, rhythm: Rhythm, words: Sequence[str]) -> Job:
    """A command of ours on an archive, which is put in as its first argument.

    Raises :exc:`click.UsageError` for what the command would not take.
    """
    name, *rest = words or [""]
    if name not in JOBS:
        raise click.UsageError(f'"{name}" is no job; there are {", ".join(JOBS)}')
    context = _context(cli, name, [str(archive), *rest])
    _warn_of_secrets(context, rest)
    if name == "crawl":
        rest += _unattended(context, archive, rhythm)
    elif context.params.get("quiet") is False:
        rest.append("--quiet")
    here = Path.cwd() if _has_relative_paths(context) or len(program()) > 1 else None
    carried = PRINTED | {each: os.environ[each] for each in CARRIED if os.environ.get(each)}
    return Job(name, rhythm, [*program(), name, str(archive), *rest], here, carried)


def _context(cli: click.Group, name: str, words: list[str]) -> click.Context:
    parent = click.Context(cli, **cli.context_settings)
    if HELP & set(words):
        raise click.UsageError("--help is no job")
    command = cli.get_command(parent, name)
    assert command, f"{name} is a job, and no command"
    try:
        return command.make_context(name, words, parent=parent)
    except click.UsageError as error:
        raise click.UsageError(f"{name}: {error.format_message()}") from error


def _warn_of_secrets(context: click.Context, words: Sequence[str]) -> None:
    """Say that a URL to notify will be in plain sight, unless a file holds it."""
    urls = [to for to in context.params.get("notify") or () if scheme_of(to)]
    if any(word.endswith(url) for word in words for url in urls):
        complain(
            "anybody who reads the crontab or unit, or the list of processes, sees the URL of --notify;"
            " @FILE reads it from a file"
        )


def _unattended(context: click.Context, archive: Path, rhythm: Rhythm) -> Iterator[str]:
    """What a crawl needs whom nobody watches, unless somebody has said otherwise."""
    told = context.params
    if told["max_time"] is None:
        yield from ("--max-time", short(rhythm.longest_run))
    elif told["max_time"] >= rhythm.interval:
        longest = short(rhythm.longest_run)
        raise click.UsageError(f"crawl: --max-time is longer than the interval; {longest} would fit")
    if not (told["quiet"] or told["verbose"]):
        yield "--quiet"
    if told["log_path"] is None:
        yield from ("--log", str(archive.with_suffix(".log")))
    if not told["notify"]:
        yield from ("--notify", "-")


def _has_relative_paths(context: click.Context) -> bool:
    values = [value for value in context.params.values() if isinstance(value, Path)]
    return any(not value.is_absolute() for value in values)


def program() -> list[str]:
    """How to start this program from anywhere: by its own name if it was installed, else by Python's."""
    started = Path(sys.argv[0])
    beside = Path(sys.executable).with_name(PROGRAM)
    # Not resolved: an upgrade may move what a link points to.
    found = [path.absolute() for path in (started, beside) if path.name == PROGRAM and path.is_file()]
    return [str(found[0])] if found and not _by_module() else [sys.executable, "-m", "archive"]


def _by_module() -> bool:
    """Whether it was started as ``python -m archive``, which may be another one than what is installed."""
    return Path(sys.argv[0]).name == "__main__.py"
