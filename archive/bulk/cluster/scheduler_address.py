"""The address of a running Dask scheduler, and when it may be used.

Who can connect to a scheduler can run any code on its workers and, through what these answer, on its clients.
"""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

DEFAULT_PORT = 8786
_LAST_PORT = 65535
_ADDRESS = re.compile(
    r"(?P<protocol>tcp|tls)://(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/:\[\]@?#]+):(?P<port>[0-9]{1,5})/?"
)


class TlsFiles(NamedTuple):
    """PEM files: certificates of the authority, and one's own certificate with its key."""

    ca: Path
    cert: Path
    key: Path


class SchedulerAddress(NamedTuple):
    """A running scheduler: ``tcp://127.0.0.1:8786``, or ``tls://host:8786`` with files for TLS."""

    url: str
    tls: TlsFiles | None = None


def scheduler_address(url: str, tls: TlsFiles | None, *, insecure: bool = False) -> SchedulerAddress:
    """Return the address of a scheduler.

    Raise :exc:`ValueError` if it is invalid, or without TLS on another machine, unless that is ``insecure``.
    """
    found = _ADDRESS.fullmatch(url)
    if not found or not 1 <= int(found["port"]) <= _LAST_PORT:
        raise ValueError(
            f'invalid scheduler "{url}": use tcp://127.0.0.1:{DEFAULT_PORT} or tls://host:{DEFAULT_PORT}'
        )
    if found["protocol"] == "tls" and tls is None:
        raise ValueError(f"{url} needs --tls-ca, --tls-cert and --tls-key")
    if found["protocol"] == "tcp" and tls is not None:
        raise ValueError(f"{url} is without TLS; use tls://, or leave out the --tls options")
    if found["protocol"] == "tcp" and not insecure and not _is_loopback(found["host"]):
        raise ValueError(
            f"{url} is another machine and without TLS: others on the network could run code on all machines;"
            " use tls://, or --insecure on a network that only you use"
        )
    return SchedulerAddress(url.rstrip("/"), tls)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
