"""Credentials of services, from environment variables or a file that only its owner can read.

They are never printed: messages name where a credential was read from.
"""

import os
import stat
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from archive.errors import MissingCredential, PostingError

VARIABLE_PREFIX = "TAZ_ARCHIVE"
_MAX_FILE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Credential:
    """A value, and where it was read from: a variable, or an entry of a file."""

    value: str = field(repr=False)
    origin: str


class Credentials:
    """The credentials of all services: those of the environment, then those of a file that may be missing."""

    def __init__(self, file: Path, environment: Mapping[str, str]) -> None:
        self._file = file
        self._environment = environment
        self._entries = _entries(file)

    def get(self, service: str, name: str, default: str | None = None) -> Credential:
        """Return a credential of a service, or the default. Raise :exc:`MissingCredential` without either."""
        variable = f"{VARIABLE_PREFIX}_{service}_{name}".upper()
        entry = f"{name} in [{service}] of {self._file}"
        if value := self._environment.get(variable, "").strip():
            return Credential(_checked(value, variable), variable)
        if value := self._entries.get(service, name, fallback="").strip():
            return Credential(_checked(value, entry), entry)
        if default is None:
            raise MissingCredential(f"{service}: no {name} is given: set {variable}, or {entry}")
        return Credential(default, "the default")

    def server(self, service: str, default: str | None = None) -> Credential:
        """Return the address of a service's server, without a final slash. Raise :exc:`PostingError`."""
        given = self.get(service, "server", default)
        try:
            usable = _is_server(given.value)
        except ValueError:  # no port, or no address of IPv6
            usable = False
        if not usable:
            raise PostingError(
                f"{service}: invalid server ({given.origin}): use https://HOST; http only for this machine"
            )
        return Credential(given.value.rstrip("/"), given.origin)


def _entries(file: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    try:
        with file.open("rb") as opened:
            if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise PostingError(f"{file}: others can read it, or write to it: chmod 600 {file}")
            parser.read_string(opened.read(_MAX_FILE_BYTES).decode())
    except FileNotFoundError:
        pass
    except OSError as error:
        raise PostingError(f"{file}: cannot be read: {error.strerror}") from error
    except (ConfigError, UnicodeDecodeError):  # their messages repeat the line
        raise PostingError(f"{file}: expected lines such as [mastodon] and token = …") from None
    return parser


def _checked(value: str, origin: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise PostingError(f"{origin}: expected ASCII characters without line ends")
    return value


def _is_server(url: str) -> bool:
    """Return whether a URL is a host by https, or this machine by http, and nothing more."""
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0 or "@" in parts.netloc:
        return False
    if parts.path.strip("/") or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
