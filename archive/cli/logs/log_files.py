"""A log file of a run, independent of what the run prints."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import click

from archive.cli.logs.log_lines import MAX_LOG_BYTES, text_line
from archive.cli.options import Command
from archive.cli.output.progress import print_warning
from archive.timestamps import stamp

KEPT_LOGS = 5  # older logs that rotation keeps
log = logging.getLogger("taz-archive")
log.propagate = False  # handlers of other packages would print the records
log.addHandler(logging.NullHandler())


class LogFile(RotatingFileHandler):
    """The log file of a run. It rotates after :meth:`begin_rotating`.

    A log that cannot be written does not end the run; a warning is printed once, unless ``quiet``.
    """

    def __init__(self, path: Path, form: str, level: int, *, quiet: bool) -> None:
        super().__init__(path, encoding="utf-8", errors="replace", backupCount=KEPT_LOGS)
        self.setFormatter(JsonLines() if form == "json" else TextLines())
        self.setLevel(level)
        self.addFilter(_is_logged)
        self._has_warned = quiet

    def begin_rotating(self, *, max_bytes: int = MAX_LOG_BYTES) -> None:
        """Rotate the file from now on when it has ``max_bytes``. The caller holds the archive's lock."""
        self.maxBytes = max_bytes

    def close(self) -> None:
        """Close the file, without the records that could not be written."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        problem = sys.exception()
        if not isinstance(problem, OSError):
            super().handleError(record)
        elif not self._has_warned:
            self._has_warned = True
            print_warning(f"{self.baseFilename}: {problem.strerror}")


def _is_logged(record: logging.LogRecord) -> bool:
    """Return whether to log a record: our own, warnings of others, and everything when debugging."""
    return record.name == log.name or record.levelno >= logging.WARNING or log.isEnabledFor(logging.DEBUG)


class TextLines(logging.Formatter):
    """``2025-04-10T12:00:00.000Z INFO gopher://…: new``; tracebacks take further lines."""

    def format(self, record: logging.LogRecord) -> str:
        head = text_line(_at(record), record.levelname, record.getMessage())
        return f"{head}\n{self.formatException(record.exc_info)}" if record.exc_info else head


class JsonLines(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``message`` and the fields of :func:`note`."""

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
    """Write a line to the log file, if there is one; only JSON logs contain ``fields``."""
    log.log(level, "%s", message, extra={"fields": fields})


@contextmanager
def logging_to(path: Path | None, form: str, *, verbose: int, quiet: bool) -> Iterator[LogFile | None]:
    """Append the records of the block to ``path``, if it is not None. Raise :exc:`OSError`."""
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
    """Add ``--log``, ``--log-format``, ``-v`` and ``-q``."""
    options = (
        click.option(
            "--log",
            "log_path",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help=f"Append to a log file; it is rotated, and {KEPT_LOGS} older ones are kept.",
        ),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="json writes one object a line.",
        ),
        click.option("-v", "--verbose", count=True, help="Print each page; -vv prints Scrapy's log too."),
        click.option(
            "-q", "--quiet", is_flag=True, help="Print only errors, and none that --notify - reports."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
