"""``trust``: whose certificates an archive knows, and what to do when a server has another one."""

import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from archive.cli.options import archive_argument, json_option
from archive.cli.output.tables import Column, print_json_rows, print_none, print_table, when
from archive.errors import NothingFound
from archive.hosts import DEFAULT_PORTS
from archive.model import Certificate
from archive.paper import GEMINI_URL, HOST
from archive.store import open_reader, open_writer, refuse_missing
from archive.timestamps import stamp

COLUMNS = (Column("server"), Column("first seen"), Column("last seen"), Column("fingerprint", wide=True))
FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class Server(click.ParamType[str]):
    """A gemini server as people name it, ``taz.de``, ``taz.de:1965`` or a URL of it, → ``taz.de:1965``."""

    name = "server"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        try:
            parts = urlsplit(text if "//" in text else f"//{text}")
            host, port = parts.hostname, parts.port or DEFAULT_PORTS["gemini"]
        except ValueError as error:
            self.fail(f'"{value}" is no server: {error}', param, ctx)
        if not host or parts.scheme not in ("", "gemini"):
            self.fail(f'"{value}" is no gemini server; write {HOST}, or {GEMINI_URL}', param, ctx)
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Fingerprint(click.ParamType[str]):
    """A certificate's sha256 as it is printed anywhere: ``3F:A1…`` or ``3fa1…`` → ``3fa1…``."""

    name = "fingerprint"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).replace(":", "").lower()
        if not FINGERPRINT.fullmatch(text):
            self.fail(f'"{value}" is no fingerprint; expected the 64 digits a crawl told', param, ctx)
        return text


@click.command()
@archive_argument
@click.argument("server", type=Server(), required=False)
@click.argument("fingerprint", type=Fingerprint(), required=False)
@click.option("--forget", is_flag=True, help="Forget the server, so that the next meeting is the first.")
@json_option
def trust(archive: Path, server: str | None, fingerprint: str | None, forget: bool, as_json: bool) -> None:
    """Tell which certificates of gemini servers are trusted, or change that.

    A crawl trusts the certificate a server shows first, and refuses any other after, since it cannot
    tell a new one of the owner's from somebody who stands in between. If the owner changed it, say so,
    with the fingerprint that the crawl told.

    \b
      taz-archive trust taz.db                   whom the archive knows
      taz-archive trust taz.db taz.de 3fa1…      trust this one from now on
      taz-archive trust taz.db taz.de --forget   trust whichever the server shows next
    """
    if server is None and not forget:
        with open_reader(archive) as opened:
            _show(opened.status.certificates(), as_json=as_json)
        return
    if server is None or forget == bool(fingerprint):
        raise click.UsageError("name a SERVER, and a FINGERPRINT to trust or --forget")
    if forget:
        refuse_missing(archive)
    with open_writer(archive) as opened:
        if fingerprint:
            opened.trust(server, fingerprint, at=datetime.now(UTC))
        elif not opened.distrust(server):
            raise NothingFound(f"no certificate of {server} is known")


def _show(known: list[Certificate], *, as_json: bool) -> None:
    if as_json:
        print_json_rows(asdict(certificate) for certificate in known)
    elif known:
        print_table(COLUMNS, map(_cells, known))
    else:
        print_none("certificates known")


def _cells(certificate: Certificate) -> list[str]:
    first, last = when(stamp(certificate.first_seen)), when(stamp(certificate.last_seen))
    return [certificate.host, first, last, certificate.fingerprint]
