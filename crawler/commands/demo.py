"""``demo``: a sample newspaper on loopback, crawled before and after some edits."""

import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import which

import click

from archive import open_archive
from archive.shell_commands import command
from archive.timestamps import stamp
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.server import serving_apart

FIRST_CRAWL, SECOND_CRAWL = START + timedelta(hours=6), START + timedelta(hours=18)  # on the paper's clock
_SEED = 5  # of a paper with edits of every kind between the two crawls
PROGRAM = "taz-archive"
_MAX_LINES = 14  # of a long output


@click.command()
@click.argument("archive", required=False, type=click.Path(dir_okay=False, path_type=Path))
def demo(archive: Path | None) -> None:
    """Crawl a sample newspaper twice and show what changed.

    Everything runs on this machine. The archive is ARCHIVE, which must not exist,
    or demo.db, demo-2.db and so on in this folder; TAZ_ARCHIVE is ignored.

    \b
      taz-archive demo
      taz-archive serve demo.db --open
    """
    if archive and archive.exists():
        raise click.UsageError(f"{archive} exists; give another name, or delete it first")
    archive = archive or _free_name()
    between = _crawl_twice(archive)
    article = _introduce(archive, between)
    _look_around(archive, between, article)


def _free_name() -> Path:
    """Return the first name of an archive that is free in this folder."""
    names = (Path(f"demo-{number}.db" if number > 1 else "demo.db") for number in count(1))
    return next(name for name in names if not name.exists())


def _crawl_twice(archive: Path) -> datetime:
    """Crawl a sample newspaper before and after half a day of edits. Return a time between the crawls."""
    with serving_apart(Newspaper(seed=_SEED)) as server:
        crawl = ["crawl", str(archive), "--seed", server.url, "--delay", "0", "--quiet"]
        server.clock.set(FIRST_CRAWL)
        _output(*crawl)
        between = datetime.now(UTC)
        server.clock.set(SECOND_CRAWL)
        _output(*crawl, "--ignore-schedule")
    return between


def _introduce(archive: Path, between: datetime) -> int:
    """Show one headline before and after an edit, and how to look at the archive. Return its article."""
    with open_archive(archive) as taz:
        edits = ((change.article, edit) for change in taz.changes(since=between) for edit in change.edits)
        article, headline = next(found for found in edits if found[1].field == "title")
    _say("A made-up newspaper, archived before and after half a day of edits. One of its headlines:")
    click.echo(f"\n  before  {headline.old}\n  after   {click.style(headline.new, fg='green')}")
    _say(f"The archive is {archive}. To read it in a browser:")
    click.echo(f"\n  {shlex.join([_program(), 'serve', str(archive), '--open'])}")
    return article


def _program() -> str:
    """Return how a shell finds this program."""
    return PROGRAM if which(PROGRAM) else str(Path(sys.argv[0]))


def _look_around(archive: Path, between: datetime, article: int) -> None:
    """Show what the second crawl found, and of one article its versions, its edit and its earlier text."""
    _say("What the second crawl found, and that article's versions, edit and earlier text:")
    _run("changes", str(archive), "--since", stamp(between))
    _run("log", str(archive), str(article))
    _run("diff", str(archive), str(article))
    _run("show", str(archive), str(article), "--as-of", stamp(between))
    _run("search", str(archive), "strasse")
    _run("status", str(archive))


def _say(text: str) -> None:
    click.echo(click.style(f"\n{text}", bold=True))


def _run(*words: str) -> None:
    """Print a command line and the beginning of its output."""
    click.echo(click.style(f"\n$ {command(*words)}", fg="green"))
    shown = _output(*words).splitlines()
    click.echo("\n".join(shown[:_MAX_LINES]))
    if len(shown) > _MAX_LINES:
        click.echo(click.style(f"… {len(shown) - _MAX_LINES} more lines", dim=True))


def _output(*words: str) -> str:
    return subprocess.run(_command(words), check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own command


def _command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "archive", *words]
