"""``republish``: an archive as a gopher hole and a gemini capsule."""

import re
import ssl
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import click

from archive.cli.options import UtcTime, archive_argument
from archive.cli.output.progress import complain
from archive.errors import NothingFound, ServingError
from archive.republish.site import QUICK, ArchiveSite
from archive.servers.certificates import load_or_create_certificate, self_signed
from archive.servers.gemini import gemini_endpoint
from archive.servers.gopher import gopher_endpoint
from archive.servers.running import serve
from archive.servers.server import LOOPBACK, Endpoint
from archive.servers.worker_threads import worker_threads
from archive.store import open_reader

PORT = 7070
WIDE = "others can reach this; the texts are the newspaper's, so ask it first"
NAME = re.compile(r"[A-Za-z0-9.:-]{1,253}")
PORTS = click.IntRange(0, 65535)


@click.command()
@archive_argument
@click.option("--as-of", "at", type=UtcTime(end=True), help="As the archive was then, and before.")
@click.option("--gopher", type=PORTS, metavar="PORT", help=f"By gopher, at that port.  [default: {PORT}]")
@click.option("--gemini", type=PORTS, metavar="PORT", help="By gemini, at that port.")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address of this machine to listen at.")
@click.option("--name", help="What links call the host, if not by its address.")
@click.option(
    "--certificate",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Gemini's, a PEM file with its key, made if missing; without it a new one each time.",
)
def republish(
    archive: Path,
    at: datetime | None,
    gopher: int | None,
    gemini: int | None,
    host: str,
    name: str | None,
    certificate: Path | None,
) -> None:
    """Serve the archive in gopherspace and geminispace, as the paper serves itself.

    Sections, topics, authors, articles and search, as of any day, and the versions of each article.
    Prints a URL for each port (0 is any free one), and serves until Ctrl-C. A crawl may go on meanwhile.

    \b
      taz-archive republish taz.db
      taz-archive republish taz.db --as-of 2025-04-10 --gopher 7070 --gemini 1965
      lynx gopher://127.0.0.1:7070/
    """
    _refuse_misuse(host, name)
    if not _is(host, "loopback"):
        complain(WIDE)
    with open_reader(archive) as opened, open_reader(archive) as again, worker_threads() as workers:
        if at and not opened.menus.extent(at):
            raise NothingFound("nothing to republish: the archive begins later")
        sites = ArchiveSite(opened, at, quick=QUICK), ArchiveSite(again, at)
        endpoints = []
        if gopher is not None or gemini is None:
            port = PORT if gopher is None else gopher
            endpoints.append(
                workers.endpoint(*(gopher_endpoint(site, port=port, name=name) for site in sites))
            )
        if gemini is not None:
            tls = _tls(certificate, name or host) or self_signed()
            endpoints.append(
                workers.endpoint(*(gemini_endpoint(site, port=gemini, name=name, tls=tls) for site in sites))
            )
        _serve(endpoints, host)


def _serve(endpoints: list[Endpoint], host: str) -> None:
    try:
        serve(endpoints, host, announce=click.echo)
    except (OSError, UnicodeError) as error:  # a host name that is none
        ports = ", ".join(str(endpoint.port) for endpoint in endpoints)
        raise ServingError(f"{host}, port {ports}: cannot be listened at: {_reason(error)}") from error


def _tls(file: Path | None, name: str) -> ssl.SSLContext | None:
    try:
        return load_or_create_certificate(file, name) if file else None
    except OSError as error:
        raise ServingError(f"{file}: no certificate with its key: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _refuse_misuse(host: str, name: str | None) -> None:
    if name and not NAME.fullmatch(name):
        raise click.BadParameter(f'"{name}" is no host name', param_hint="--name")
    if not name and _is(host, "unspecified"):
        raise click.UsageError(f"nobody finds {host}; say with --name what links are to call this host")


def _is(host: str, what: str) -> bool:
    """Whether an address is of a kind; of names one is ``loopback``."""
    try:
        return bool(getattr(ip_address(host), f"is_{what}"))
    except ValueError:
        return what == "loopback" and host == "localhost"
