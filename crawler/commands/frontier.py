"""``frontier``: create, show or drop a frontier that several crawlers share."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from archive.cli.options import json_option, zone_option
from archive.cli.output.health import ago
from archive.cli.output.printing import (
    TableColumn,
    count,
    print_json,
    print_none,
    print_table,
    print_text,
    when,
)
from archive.cli.output.progress import progress
from archive.dump.grammar import clean
from archive.errors import FrontierError
from archive.model import PageKey
from archive.pagekey import selector
from archive.store import Reader, open_reader
from archive.timestamps import display_time, stamp

if TYPE_CHECKING:  # crawler.postgres needs psycopg, which --help does not
    from crawler.postgres.overview import HostOverview, Overview, RunOverview
    from crawler.postgres.page_counts import PageCounts

_SHOWN_PAGES = 3  # that a run holds
_PAGE_COLUMNS = (
    TableColumn("priority"),
    TableColumn("pages", right=True),
    TableColumn("due", right=True),
    TableColumn("leased", right=True),
)
_RUN_COLUMNS = (
    TableColumn("crawler", wide=True),
    TableColumn("process", right=True),
    TableColumn("sources"),
    TableColumn("since"),
    TableColumn("last seen"),
    TableColumn("done", right=True),
    TableColumn("fetches", wide=True),
)
_HOST_COLUMNS = (TableColumn("host"), TableColumn("state", wide=True))


@click.group()
def frontier() -> None:
    """Create, show or drop a frontier that several crawlers share.

    The frontier is kept in a PostgreSQL database (15 or later), as schema taz_archive.
    URL is postgresql://user@host:5432/database. It must not contain a password: use
    ~/.pgpass or PGPASSWORD. All else in it is as for psql, such as ?sslmode=verify-full.

    \b
      taz-archive frontier init postgresql://example/taz --from taz.db
      taz-archive crawl taz.db --frontier postgresql://example/taz
      taz-archive frontier status postgresql://example/taz
    """


@frontier.command()
@click.argument("url")
@click.option(
    "--from",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="ARCHIVE",
    help="Take over the pages of ARCHIVE, with their schedule, and how often articles change.",
)
def init(url: str, archive: Path | None) -> None:
    """Create a shared frontier in a PostgreSQL database.

    The database must exist, and the user may create a schema in it.

    \b
      taz-archive frontier init postgresql://example/taz
      taz-archive frontier init postgresql://example/taz --from taz.db
    """
    from crawler.postgres.connection import SharedDatabase  # noqa: PLC0415 - needs psycopg
    from crawler.postgres.takeover import create_frontier  # noqa: PLC0415 - needs psycopg

    with closing(SharedDatabase(url)) as database, _opened(archive) as opened:
        pages = opened.known_pages.count() if opened else 0
        with progress("taking over", pages, unit="pages") as advance:
            created = create_frontier(database, opened, advance)
        click.echo(f"{database.name}: {'frontier created' if created else 'has a frontier already'}")
        if archive is not None:
            click.echo(f"{count(pages, 'page')} of {clean(str(archive))} taken over")


@contextmanager
def _opened(archive: Path | None) -> Iterator[Reader | None]:
    """Open the archive, if one is named, and read one state of it."""
    if archive is None:
        yield None
    else:
        with open_reader(archive) as opened, opened.snapshot():
            yield opened


@frontier.command()
@click.argument("url")
@zone_option
@json_option
def status(url: str, as_json: bool) -> None:
    """Show pages, crawlers and hosts of a shared frontier.

    Times are by the clock of the database.

    \b
      taz-archive frontier status postgresql://example/taz
      taz-archive frontier status postgresql://example/taz --json | jq .crawlers
    """
    from crawler.postgres.overview import overview  # noqa: PLC0415 - needs psycopg
    from crawler.postgres.schema import open_shared  # noqa: PLC0415 - needs psycopg

    with closing(open_shared(url)) as database:
        found = database.run(overview)
    if as_json:
        print_json(_fields(found))
    else:
        print_text(Text(f"{database.name}, {display_time(found.now)}\n"))
        _print(found)


@frontier.command()
@click.argument("url")
@click.option("--yes", is_flag=True, help="Do not ask, and drop it even if crawlers use it.")
def drop(url: str, yes: bool) -> None:
    """Drop a shared frontier.

    Its pages, their schedule and all back-offs are lost. Archives keep all that was
    fetched. Crawlers that use the frontier fail.

    \b
      taz-archive frontier drop postgresql://example/taz
    """
    from crawler.postgres.overview import count_alive  # noqa: PLC0415 - needs psycopg
    from crawler.postgres.schema import drop_schema, open_shared  # noqa: PLC0415 - needs psycopg

    with closing(open_shared(url)) as database:
        alive = database.run(count_alive)
        if alive and not yes:
            raise FrontierError(
                f"{database.name} is used by {count(alive, 'crawler')}: end them first, or use --yes"
            )
        if not yes:
            click.confirm(f"Drop the frontier in {database.name}?", abort=True, err=True)
        database.run(drop_schema)
        click.echo(f"{database.name}: frontier dropped")


def _print(found: "Overview") -> None:
    if found.pages:
        print_table(_PAGE_COLUMNS, map(_page_cells, found.pages))
    else:
        print_none("pages are known")
    if found.runs:
        _print_heading("Crawlers")
        print_table(_RUN_COLUMNS, (_run_cells(run, found.now) for run in found.runs))
    if found.hosts:
        _print_heading("Hosts")
        print_table(_HOST_COLUMNS, ((clean(host.host), _host_state(host, found.now)) for host in found.hosts))


def _print_heading(text: str) -> None:
    print_text(Text(f"\n{text}", style="bold"))


def _page_cells(counts: "PageCounts") -> list[str]:
    return [counts.priority.name.lower(), f"{counts.known:,}", f"{counts.due:,}", f"{counts.leased:,}"]


def _run_cells(run: "RunOverview", now: datetime) -> list[str]:
    names = [_page(key) for key in run.leased[:_SHOWN_PAGES]]
    more = len(run.leased) - len(names)
    return [
        clean(run.name),
        str(run.pid),
        clean(run.sources),
        when(stamp(run.started_at)),
        ago(run.seen_at, now) + ("" if run.is_alive else ", lost"),
        f"{run.done_count:,}",
        ", ".join(names) + (f" and {more:,} more" if more else ""),
    ]


def _page(key: PageKey) -> str:
    return selector(key) or "/"


def _host_state(host: "HostOverview", now: datetime) -> str:
    return clean("; ".join(_host_states(host, now))) or "free"


def _host_states(host: "HostOverview", now: datetime) -> Iterator[str]:
    if host.backoff_until:
        yield f"backed off until {when(stamp(host.backoff_until))}: {host.problem or 'no reason given'}"
    if host.holder:
        yield f"asked by {host.holder}"
    elif host.free_at:
        yield f"free in {(host.free_at - now).total_seconds():,.1f} s"


def _fields(found: "Overview") -> dict[str, object]:
    return {
        "now": found.now,
        "pages": [{**p._asdict(), "priority": p.priority.name.lower()} for p in found.pages],
        "crawlers": [{**run._asdict(), "leased": [_page(key) for key in run.leased]} for run in found.runs],
        "hosts": [host._asdict() for host in found.hosts],
    }
