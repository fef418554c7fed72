"""``trust``: the certificates of gemini servers that an archive trusts."""

import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from archive.cli.options import archive_argument, json_option, zone_option
from archive.cli.output.printing import (
    TableColumn,
    print_json_rows,
    print_none,
    print_table,
    print_zone,
    when,
)
from archive.errors import NothingFound
from archive.gateways import DEFAULT_PORTS
from archive.model import Certificate
from archive.paper import GEMINI_URL, HOST
from archive.shell_commands import command
from archive.store import open_reader, open_writer, refuse_missing
from archive.timestamps import stamp

_COLUMNS = (
    TableColumn("server"),
    TableColumn("first seen"),
    TableColumn("last seen"),
    TableColumn("fingerprint", wide=True),
)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def gemini_server(text: str) -> str:
    """Parse a gemini server: ``taz.de``, ``taz.de:1965`` or a URL → ``taz.de:1965``."""
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = parts.hostname, parts.port or DEFAULT_PORTS["gemini"]
    except ValueError as error:
        raise ValueError(f'invalid server "{text}": {error}') from error
    if not host or parts.scheme not in ("", "gemini"):
        raise ValueError(f'invalid server "{text}": use {HOST} or {GEMINI_URL}')
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def sha256_fingerprint(text: str) -> str:
    """Parse the SHA-256 digest of a certificate: ``3F:A1…`` or ``3fa1…`` → ``3fa1…``."""
    digits = text.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(digits):
        raise ValueError(f'invalid fingerprint "{text}": use the 64 hex digits a crawl printed')
    return digits


@click.command()
@archive_argument
@click.argument("server", type=gemini_server, required=False)
@click.argument("fingerprint", type=sha256_fingerprint, required=False)
@click.option("--forget", is_flag=True, help="Trust whatever certificate the server shows next.")
@zone_option
@json_option
def trust(archive: Path, server: str | None, fingerprint: str | None, forget: bool, as_json: bool) -> None:
    """List or change the trusted certificates of gemini servers.

    A crawl trusts the first certificate that a server shows and refuses any other
    later, since it could belong to an attacker. If the owner of the server has
    replaced it, trust the fingerprint that the crawl printed.

    \b
      taz-archive trust taz.db                    list trusted certificates
      taz-archive trust taz.db taz.de 3fa1…       trust this one from now on
      taz-archive trust taz.db taz.de --forget    trust the next one shown
    """
    if server is None and not forget:
        with open_reader(archive) as opened:
            _print(opened.status.certificates(), as_json=as_json)
        return
    if server is None or forget == bool(fingerprint):
        raise click.UsageError("expected a SERVER and either a FINGERPRINT or --forget")
    if forget:
        refuse_missing(archive)
    with open_writer(archive) as opened:
        if fingerprint:
            opened.certificates.trust(server, fingerprint, at=datetime.now(UTC))
        elif not opened.certificates.forget(server):
            raise NothingFound(
                f"no certificate of {server} is known; `{command('trust', archive)}` lists all servers"
            )


def _print(known: list[Certificate], *, as_json: bool) -> None:
    if as_json:
        print_json_rows(asdict(certificate) for certificate in known)
    elif known:
        print_table(_COLUMNS, map(_cells, known))
        print_zone()
    else:
        print_none("certificates known")


def _cells(certificate: Certificate) -> list[str]:
    first, last = when(stamp(certificate.first_seen)), when(stamp(certificate.last_seen))
    return [certificate.host, first, last, certificate.fingerprint]
