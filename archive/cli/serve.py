"""``serve``: the reading room, in Datasette."""

import os
import socket
from importlib.metadata import version
from pathlib import Path

import click

from archive import hosts
from archive.cli.options import archive_argument
from archive.errors import TazArchiveError
from archive.libraries import install_command
from archive.store import has_writable_folder, open_reader, refuse_datasette

ROOM = "-/paper/"  # of archive.datasette, which Datasette itself finds
# Milliseconds that a query may take: some of our own count all there is. Datasette allows 1000.
PATIENCE = 5000


@click.command()
@archive_argument
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="0.0.0.0: whoever can reach this machine."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0: any free one."
)
@click.option("--prefix", default="/", show_default=True, help="Path it is served under, behind a proxy.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    envvar=hosts.VARIABLE,
    help="A name of this server that browsers or a proxy use; repeatable. Addresses and localhost need none.",
)
@click.option("--open", "opens", is_flag=True, help="Open it in a browser.")
@click.argument("more", nargs=-1, metavar="[-- OPTIONS…]")
def serve(
    archive: Path,
    host: str,
    port: int,
    prefix: str,
    names: tuple[str, ...],
    opens: bool,
    more: tuple[str, ...],
) -> None:
    """Show an archive in a browser: the paper of any day, articles, what changed in them, search, charts.

    It is Datasette with a reading room, which a plain `datasette DB` has too; all tables, SQL, JSON and CSV
    are there. It only reads; a crawl may go on meanwhile. End it with Ctrl-C. What follows `--` is told to
    `datasette serve`.

    \b
      taz-archive serve taz.db
      taz-archive serve taz.db --port 8080 --open
      taz-archive serve taz.db --prefix /paper/
      taz-archive serve taz.db -- --metadata my.yml --setting force_https_urls on
    """
    with open_reader(archive):
        pass  # what is wrong with it is said now, not on every page
    datasette = _datasette()
    _refuse_taken(host, port)
    prefix = _checked_prefix(prefix, archive)
    _refuse_unwritable_folder(archive)
    if port:
        click.echo(f"The reading room: http://{host}:{port}{prefix}{ROOM}", err=True)
    os.environ[hosts.VARIABLE] = " ".join([host, *names])  # for the plugin, which Datasette loads
    arguments = ["serve", str(archive), "--host", host, "--port", str(port)]
    settings = {"base_url": prefix, "suggest_facets": "off", "sql_time_limit_ms": str(PATIENCE)}
    for setting in settings.items():
        arguments += ["--setting", *setting]
    datasette.main(
        args=[*arguments, *["--open"] * opens, *more], prog_name="datasette", standalone_mode=False
    )


def _checked_prefix(prefix: str, archive: Path) -> str:
    """The prefix between slashes. Raises :exc:`click.UsageError` for one that is an address below it too."""
    path = f"/{prefix.strip('/')}/".replace("//", "/")
    if path in (f"/{archive.stem}/", "/-/"):
        raise click.UsageError(
            f"--prefix {path} is also the address of pages below it; choose another,"
            f" like /{archive.stem}-archive/"
        )
    return path


def _refuse_unwritable_folder(archive: Path) -> None:
    """Raise :exc:`TazArchiveError` where SQLite cannot make the file that readers need beside a writer.

    Datasette could only take the archive for one that never changes, and answer wrongly after the next crawl.
    """
    if not has_writable_folder(archive):
        raise TazArchiveError(
            f"{archive}: cannot be served by a user who may not write to {archive.absolute().parent}, where"
            " SQLite makes a file to read beside a crawl; let a group of both users write there (chmod g+ws),"
            f" or serve a copy: taz-archive backup {archive} COPY.db"
        )


def _refuse_taken(host: str, port: int) -> None:
    """Raise :exc:`TazArchiveError` where one cannot listen: uvicorn would exit 3, of another meaning here."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as uvicorn does
            probe.bind((host, port))
    except OSError as error:
        raise TazArchiveError(
            f"cannot listen on {host}, port {port}: {error.strerror}; --port 0 takes any that is free"
        ) from error


def _datasette() -> click.Command:
    """Datasette's own command. Raises :exc:`TazArchiveError` where it is not installed, or Datasette 1 is."""
    try:
        from datasette.cli import cli  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, and slow to load
    except ModuleNotFoundError as error:
        raise TazArchiveError(
            f"serve needs Datasette, and {error.name} is not installed: {install_command('datasette')}"
        ) from error
    refuse_datasette(version("datasette"))
    found: click.Command = cli
    return found
