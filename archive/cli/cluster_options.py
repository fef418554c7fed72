"""Options of commands that work on a Dask cluster."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from archive.bulk.cluster.scheduler_address import SchedulerAddress, TlsFiles, scheduler_address

Command = TypeVar("Command", bound=Callable[..., object])
LIBRARIES = ("pyarrow", "fsspec", "dask", "distributed")
TLS_OPTIONS = ("tls_ca", "tls_cert", "tls_key")
_PEM = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option(
        "--scheduler",
        metavar="URL",
        help="Work on a running Dask cluster: tcp://127.0.0.1:8786, or tls://HOST:8786.",
    ),
    click.option("--tls-ca", type=_PEM, help="Certificates of the authority that signed the cluster's."),
    click.option("--tls-cert", type=_PEM, help="This program's certificate for the cluster."),
    click.option("--tls-key", type=_PEM, help="The key of that certificate."),
    click.option(
        "--insecure",
        is_flag=True,
        help="Allow another machine without TLS: anybody on the network can run code.",
    ),
)


def cluster_options(command: Command) -> Command:
    """Add ``--scheduler`` and the options of its connection."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def scheduler_of(given: Mapping[str, Any]) -> SchedulerAddress | None:
    """Return the scheduler that options name. Raise :exc:`click.UsageError` for options that do not fit."""
    files = {name: given[name] for name in TLS_OPTIONS if given[name]}
    if given["scheduler"] is None:
        if files or given["insecure"]:
            raise click.UsageError("--tls-ca, --tls-cert, --tls-key and --insecure need --scheduler")
        return None
    if files and len(files) < len(TLS_OPTIONS):
        raise click.UsageError("--tls-ca, --tls-cert and --tls-key are needed together")
    try:
        tls = TlsFiles(*(files[name] for name in TLS_OPTIONS)) if files else None
        return scheduler_address(given["scheduler"], tls, insecure=given["insecure"])
    except ValueError as error:
        raise click.UsageError(f"--scheduler: {error}") from error


def refuse_with_scheduler(context: click.Context, name: str) -> None:
    """Raise :exc:`click.UsageError` if an option was given that does not apply to a running cluster."""
    given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    if given and context.params["scheduler"]:
        raise click.UsageError(f"--{name} does not apply to --scheduler, which has its own workers")
