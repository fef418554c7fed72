"""``serve``: an archive in the browser, by Datasette."""

import os
import socket
from importlib.metadata import version
from pathlib import Path

import click

from archive.cli.options import archive_argument, zone_option
from archive.datasette.http.robots import ROBOTS_VARIABLE
from archive.datasette.http.security import HOSTS_VARIABLE
from archive.datasette.metadata import refuse_datasette
from archive.errors import TazArchiveError
from archive.languages import LANGUAGE_VARIABLE, LANGUAGES
from archive.shell_commands import command, install_command
from archive.store import has_writable_folder, open_reader

_READING_ROOM = "-/paper/"  # of archive.datasette, which Datasette finds as a plugin
SQL_TIME_LIMIT_MS = 5000  # instead of 1000, since some queries of the plugin count all rows


@click.command()
@archive_argument
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 lets other machines in.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8001,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--prefix", metavar="PATH", default="/", show_default=True, help="URL path behind a proxy.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    envvar=HOSTS_VARIABLE,
    help="Host name that browsers or a proxy use for this server; repeatable.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    envvar=LANGUAGE_VARIABLE,
    help="Language of pages until a reader chooses another; by default the browser's.",
)
@zone_option
@click.option(
    "--allow-robots",
    is_flag=True,
    envvar=ROBOTS_VARIABLE,
    help="Let search engines show the site; by default robots.txt and a header forbid it.",
)
@click.option("--open", "opens", is_flag=True, help="Open the browser.")
@click.argument("more", nargs=-1, metavar="[-- OPTIONS…]")
def serve(
    archive: Path,
    host: str,
    port: int,
    prefix: str,
    names: tuple[str, ...],
    language: str | None,
    allow_robots: bool,
    opens: bool,
    more: tuple[str, ...],
) -> None:
    """Show an archive in the browser.

    The reading room shows the paper of any day, articles and their changes, search
    and charts; the rest of Datasette offers all tables as SQL, JSON and CSV. It
    only reads, and crawls may go on. Ctrl-C ends it. Options after `--` are passed
    to `datasette serve`.

    \b
      taz-archive serve taz.db
      taz-archive serve taz.db --port 8080 --open
      taz-archive serve taz.db --prefix /paper/
      taz-archive serve taz.db -- --setting force_https_urls on
    """
    with open_reader(archive):
        pass  # raises now what every page would show
    datasette = _datasette()
    _refuse_taken(host, port)
    prefix = _checked_prefix(prefix, archive)
    _refuse_unwritable_folder(archive)
    if port:
        click.echo(f"The reading room: http://{host}:{port}{prefix}{_READING_ROOM}", err=True)
    os.environ[HOSTS_VARIABLE] = " ".join([host, *names])  # for the plugin, which Datasette loads
    os.environ[LANGUAGE_VARIABLE] = language or ""  # likewise
    os.environ[ROBOTS_VARIABLE] = "1" if allow_robots else ""
    arguments = ["serve", str(archive), "--host", host, "--port", str(port)]
    settings = {"base_url": prefix, "suggest_facets": "off", "sql_time_limit_ms": str(SQL_TIME_LIMIT_MS)}
    for setting in settings.items():
        arguments += ["--setting", *setting]
    datasette.main(
        args=[*arguments, *["--open"] * opens, *more], prog_name="datasette", standalone_mode=False
    )


def _checked_prefix(prefix: str, archive: Path) -> str:
    """Return the prefix between slashes. Raise :exc:`click.UsageError` if pages have that path already."""
    path = f"/{prefix.strip('/')}/".replace("//", "/")
    if path in (f"/{archive.stem}/", "/-/"):
        raise click.UsageError(
            f"--prefix {path} is also the path of pages below it; use another,"
            f" such as /{archive.stem}-archive/"
        )
    return path


def _refuse_unwritable_folder(archive: Path) -> None:
    """Raise :exc:`TazArchiveError` if SQLite cannot create the file that readers share with a writer.

    Datasette would open the archive as immutable, and answer wrongly after the next crawl.
    """
    if not has_writable_folder(archive):
        raise TazArchiveError(
            f"{archive}: cannot be served by a user without write access to {archive.absolute().parent},"
            " where SQLite creates a file to read during a crawl; give a group of both users access"
            f" (chmod g+ws), or serve a copy: {command('backup', archive, 'COPY.db')}"
        )


def _refuse_taken(host: str, port: int) -> None:
    """Raise :exc:`TazArchiveError` if the port is taken, since uvicorn would exit with 3."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as uvicorn does
            probe.bind((host, port))
    except OSError as error:
        raise TazArchiveError(
            f"cannot listen on {host}:{port} ({error.strerror}); --port 0 takes a free port"
        ) from error


def _datasette() -> click.Command:
    """Return Datasette's command. Raise :exc:`TazArchiveError` unless a supported release is installed."""
    try:
        from datasette.cli import cli  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, and slow to load
    except ModuleNotFoundError as error:
        raise TazArchiveError(
            f"serve needs Datasette, and {error.name} is not installed: {install_command('datasette')}"
        ) from error
    refuse_datasette(version("datasette"))
    found: click.Command = cli
    return found
