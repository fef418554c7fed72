"""``--notify`` and ``--prometheus``: whoever wants to know how an archive does."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import click

from archive.cli.log_files import note
from archive.cli.notifications import STDOUT, Addressee, notify
from archive.cli.output.health_report import Checkup, write_prometheus

Command = TypeVar("Command", bound=Callable[..., object])


class Monitors(NamedTuple):
    """Whom to tell of a checkup."""

    notify: Sequence[str] = ()
    prometheus: Path | None = None

    @property
    def prints(self) -> bool:
        """Whether the report goes to stdout, once for each thing."""
        return STDOUT in self.notify

    def tell(self, checkup: Checkup) -> list[str]:
        """Tell all of them; returns whom that failed with, and of what, in a line each."""
        problems = []
        for to in self.notify:
            try:
                problem = notify(checkup, to)
            except OSError as error:
                problem = f"{checkup.path}.told: {error.strerror}"
            problems += [problem] if problem else []
        if self.prometheus:
            try:
                write_prometheus(checkup, self.prometheus)
            except OSError as error:
                problems.append(f"{self.prometheus}: {error.strerror}")
        for problem in problems:
            note(logging.WARNING, problem)
        return problems


def monitor_options(command: Command) -> Command:
    """The options, which ``notify`` and ``prometheus`` are given for."""
    told = click.option(
        "--notify",
        "notify",
        multiple=True,
        type=Addressee(),
        metavar="URL|COMMAND|-|@FILE",
        help="Tell when the archive becomes unhealthy or is well again, once each: a POST to URL/fail or URL,"
        " a shell command that gets the report on stdin, or - for stdout, which cron mails. @FILE reads one"
        " of these from a file, so that a secret is in no crontab.",
    )
    written = click.option(
        "--prometheus",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write how the archive does for node-exporter's textfile collector.",
    )
    return told(written(command))
