"""``republish``: an archive as a gopher and gemini server."""

import re
import ssl
from collections.abc import Callable
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import click

from archive.cli.options import archive_argument, as_of_option, language_option, zone_option
from archive.cli.output.progress import print_warning
from archive.errors import NothingFound, ServingError
from archive.paper import LANGUAGE
from archive.republish.site import QUICK_PAGE_SECONDS, ArchiveSite
from archive.servers.certificates import load_or_create_certificate, self_signed
from archive.servers.gemini import gemini_endpoint
from archive.servers.gopher import gopher_endpoint
from archive.servers.running import serve
from archive.servers.server import LOOPBACK, Endpoint
from archive.servers.worker_threads import worker_threads
from archive.store import open_reader
from archive.timestamps import display_time

EndpointMaker = Callable[[ArchiveSite], Endpoint]
DEFAULT_GOPHER_PORT = 7070
_PUBLIC_WARNING = "other machines can connect; the newspaper owns the texts, so ask for its permission"
_HOST_NAME = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_PORT = click.IntRange(0, 65535)


@click.command()
@archive_argument
@as_of_option
@click.option(
    "--gopher",
    type=_PORT,
    metavar="PORT",
    help=f"Serve gopher on this port.  [default: {DEFAULT_GOPHER_PORT}]",
)
@click.option("--gemini", type=_PORT, metavar="PORT", help="Serve gemini on this port.")
@click.option("--host", metavar="ADDRESS", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.option("--name", metavar="HOST", help="Host name to use in links.  [default: the address]")
@click.option(
    "--certificate",
    type=click.Path(dir_okay=False, path_type=Path),
    help="PEM file with gemini's certificate and key; created if missing.",
)
@language_option(LANGUAGE)
@zone_option
def republish(
    archive: Path,
    at: datetime | None,
    gopher: int | None,
    gemini: int | None,
    host: str,
    name: str | None,
    certificate: Path | None,
    language: str,
) -> None:
    """Serve an archive over gopher and gemini, as the paper does.

    Sections, topics, authors, articles and search can be read as of any day, and
    all versions of each article. It prints the URLs (port 0 takes a free one) and
    serves until Ctrl-C. It only reads, and crawls may go on. Without --certificate
    gemini has a new certificate each time.

    \b
      taz-archive republish taz.db
      taz-archive republish taz.db --as-of 2025-04-10 --gemini 1965
      lynx gopher://127.0.0.1:7070/
    """
    _refuse_misuse(host, name)
    if not _is(host, "loopback"):
        print_warning(_PUBLIC_WARNING)
    ways: list[EndpointMaker] = []
    if gopher is not None or gemini is None:
        port = DEFAULT_GOPHER_PORT if gopher is None else gopher
        ways.append(partial(gopher_endpoint, port=port, name=name))
    if gemini is not None:
        ways.append(partial(gemini_endpoint, port=gemini, name=name, tls=_tls(certificate, name or host)))
    with open_reader(archive) as opened, open_reader(archive) as again, worker_threads() as workers:
        if at and not opened.menus.extent(at):
            raise NothingFound(
                f"{archive}: nothing to republish as of {display_time(at)}; the first capture is later"
            )
        quick = ArchiveSite(opened, at, language=language, quick=QUICK_PAGE_SECONDS)
        sites = quick, ArchiveSite(again, at, language=language)
        _serve([workers.endpoint(*map(way, sites)) for way in ways], host)


def _serve(endpoints: list[Endpoint], host: str) -> None:
    try:
        serve(endpoints, host, announce=click.echo)
    except (OSError, UnicodeError) as error:  # UnicodeError: an invalid host name
        places = " or ".join(f"{host}:{endpoint.port}" for endpoint in endpoints)
        raise ServingError(f"cannot listen on {places} ({_reason(error)}); try --gopher 0") from error


def _tls(file: Path | None, name: str) -> ssl.SSLContext:
    try:
        return load_or_create_certificate(file, name) if file else self_signed()
    except OSError as error:
        raise ServingError(f"{file}: expected a PEM certificate with its key: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _refuse_misuse(host: str, name: str | None) -> None:
    if name and not _HOST_NAME.fullmatch(name):
        raise click.BadParameter(
            f'invalid host name "{name}": use a name such as taz.example', param_hint="--name"
        )
    if not name and _is(host, "unspecified"):
        raise click.UsageError(f"{host} cannot be used in links; give the host name with --name")


def _is(host: str, what: str) -> bool:
    """Return whether an address is ``loopback`` or ``unspecified``; the name localhost is loopback."""
    try:
        return bool(getattr(ip_address(host), f"is_{what}"))
    except ValueError:
        return what == "loopback" and host == "localhost"
