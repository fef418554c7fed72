"""A log file beside what is printed: for whoever wants to know what a run did while nobody watched."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TypeVar

import click

from archive.cli.output.progress import complain
from archive.dump.grammar import clean
from archive.timestamps import stamp

LARGEST, KEPT = 2_000_000, 5  # bytes of a log file, and how many older ones are kept beside it
FORMS = ("text", "json")
Command = TypeVar("Command", bound=Callable[..., object])
log = logging.getLogger("taz-archive")
log.propagate = False  # others' handlers print, and what is to be printed is printed by us
log.addHandler(logging.NullHandler())


class LogFile(RotatingFileHandler):
    """Where a run's records go. Rotates after ``begin_rotating``, which one run at a time may call.

    A log that cannot be written is no reason to stop the work it is about: that is said once, or if
    ``quiet`` not at all.
    """

    def __init__(self, path: Path, form: str, level: int, *, quiet: bool) -> None:
        super().__init__(path, encoding="utf-8", errors="replace", backupCount=KEPT)
        self.setFormatter(JsonLines() if form == "json" else TextLines())
        self.setLevel(level)
        self.addFilter(_is_told)
        self._complained = quiet

    def begin_rotating(self) -> None:
        """From now on the file is rotated when it is full. Call it with the archive's lock held."""
        self.maxBytes = LARGEST

    def close(self) -> None:
        """What could not be written until now is not going to be."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        problem = sys.exception()
        if not isinstance(problem, OSError):
            super().handleError(record)
        elif not self._complained:
            self._complained = True
            complain(f"{self.baseFilename}: {problem.strerror}")


def _is_told(record: logging.LogRecord) -> bool:
    """Our own records, and of others' only what is a warning; of Scrapy's, all when debugging."""
    return record.name == log.name or record.levelno >= logging.WARNING or log.isEnabledFor(logging.DEBUG)


class TextLines(logging.Formatter):
    """``2025-04-10T12:00:00.000Z INFO gopher://…: new``; a traceback goes on in the next lines."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{_at(record)} {record.levelname} {clean(record.getMessage())}"
        return f"{head}\n{self.formatException(record.exc_info)}" if record.exc_info else head


class JsonLines(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``message``, and what else is known of it by name."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {"at": _at(record), "level": record.levelname.lower()}
        fields |= {"message": record.getMessage(), **getattr(record, "fields", {})}
        if record.name != log.name:
            fields["logger"] = record.name
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


def _at(record: logging.LogRecord) -> str:
    return stamp(datetime.fromtimestamp(record.created, UTC))


def note(level: int, message: str, **fields: object) -> None:
    """Write a line to the log file, if there is one; ``fields`` are for those who read it as JSON."""
    log.log(level, "%s", message, extra={"fields": fields})


@contextmanager
def logging_to(path: Path | None, form: str, *, verbose: int, quiet: bool) -> Iterator[LogFile | None]:
    """Log what is noted within the block to ``path``, which is appended to. Raises :exc:`OSError`."""
    log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    if path is None:
        yield None
        return
    file = LogFile(path, form, log.level, quiet=quiet)
    loggers = log, logging.getLogger()
    for logger in loggers:
        logger.addHandler(file)
    try:
        yield file
    finally:
        for logger in loggers:
            logger.removeHandler(file)
        file.close()


def log_options(command: Command) -> Command:
    """``--log``, ``--log-format``, ``-v`` and ``-q``."""
    options = (
        click.option(
            "--log",
            "log_path",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help=f"Append what happens to this file, which is rotated: {KEPT} older ones are kept.",
        ),
        click.option(
            "--log-format",
            type=click.Choice(FORMS),
            default="text",
            show_default=True,
            help="json: one object a line.",
        ),
        click.option("-v", "--verbose", count=True, help="Print each page; twice: what Scrapy does, too."),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            help="Print only what ends the run; not even that if --notify tells it, or another run goes on.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
