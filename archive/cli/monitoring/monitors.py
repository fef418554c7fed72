"""``--notify`` and ``--prometheus``: how other programs learn whether an archive is healthy."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from archive.cli.logs.log_files import note
from archive.cli.monitoring.notification_targets import STDOUT, target
from archive.cli.monitoring.notifications import notify
from archive.cli.monitoring.notified_problems import notified_path
from archive.cli.output.health import Checkup
from archive.cli.output.prometheus import write_prometheus


class Monitors(NamedTuple):
    """Where to report a checkup: targets of notifications, and a textfile for Prometheus."""

    notify: Sequence[str] = ()
    prometheus: Path | None = None

    @property
    def prints(self) -> bool:
        """Whether notifications are printed on stdout."""
        return STDOUT in self.notify

    def report(self, checkup: Checkup) -> list[str]:
        """Report a checkup to all of them; return a line for each one that failed."""
        problems = [problem for each in self.notify if (problem := _notify(checkup, each))]
        if self.prometheus:
            try:
                write_prometheus(checkup, self.prometheus)
            except OSError as error:
                problems.append(f"{self.prometheus}: {error.strerror}")
        for problem in problems:
            note(logging.WARNING, problem)
        return problems


def _notify(checkup: Checkup, to: str) -> str | None:
    try:
        return notify(checkup, to)
    except OSError as error:
        return f"{notified_path(checkup.path)}: {error.strerror}"


def monitor_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--notify`` and ``--prometheus``; the command gets them as ``monitors``."""

    @click.option(
        "--notify",
        multiple=True,
        type=target,
        metavar="TARGET",
        help="Report once when the archive becomes unhealthy, and once when it is healthy again, to a URL"
        " (POST), a shell command (stdin), - (stdout), or @FILE, a file that holds one of these.",
    )
    @click.option(
        "--prometheus",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write metrics for node-exporter's textfile collector.",
    )
    @wraps(command)
    def run(*given: Any, notify: tuple[str, ...], prometheus: Path | None, **others: Any) -> None:
        command(*given, monitors=Monitors(notify, prometheus), **others)

    return run
