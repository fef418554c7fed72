"""``demo``: a sample newspaper on loopback, crawled, edited, crawled again, and its history shown."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from archive.cli import exit_codes
from archive.timestamps import stamp
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.server import serving_apart

FIRST_LOOK, SECOND_LOOK = START + timedelta(hours=6), START + timedelta(hours=18)  # of the paper's time
SEED = 5  # a paper with a bit of every kind of edit between the two looks
SHOWN_LINES = 14  # of a long output


@click.command()
@click.argument("archive", metavar="[DB]", required=False, type=click.Path(dir_okay=False, path_type=Path))
def demo(archive: Path | None) -> None:
    """Crawl a sample newspaper, let a day of edits pass, crawl again, and look at the history.

    Everything runs on this machine. With DB the archive is kept there, else it is thrown away.

    \b
      taz-archive demo
      taz-archive demo demo.db && taz-archive serve demo.db
    """
    if archive and archive.exists():
        raise click.UsageError(f"{archive} exists; name another file, or remove it first")
    if archive:
        _perform(archive)
        _say(f"The archive is {archive}: look at it with datasette, sqlite3 or taz-archive.")
    else:
        with tempfile.TemporaryDirectory(prefix="taz-archive-") as folder, chdir(folder):
            _perform(Path("demo.db"))


def _perform(archive: Path) -> None:
    newspaper = Newspaper(seed=SEED)
    with serving_apart(newspaper) as server:
        server.clock.set(FIRST_LOOK)
        _say(f"A made-up newspaper is served on {server.url}. Its first crawl:")
        crawl = ["crawl", str(archive), "--seed", server.url, "--delay", "0"]
        _run(*crawl)
        _run("status", str(archive))
        between = datetime.now(UTC)
        server.clock.set(SECOND_LOOK)
        _say(f"Half a day passes in its newsroom: {_events(newspaper)}. The second crawl:")
        _run(*crawl, "--ignore-schedule")
        _say("What came and went between the two crawls nobody saw; edits of one article are one to them.")
    _run("changes", str(archive), "--since", stamp(between))
    _look_back(archive, between)


def _look_back(archive: Path, between: datetime) -> None:
    """One edited article: its history, its last edit, and how it read before."""
    said = _output("changes", str(archive), "--since", stamp(between), "--json")
    edited = [change for change in json.loads(said) if change["event"] == "edited"]
    if not edited:
        raise click.ClickException("the second crawl found no edit; that should not be")
    article = str(edited[0]["id"])
    _say("One edited article: its history, what the edit changed, and how it read between the crawls:")
    _run("log", str(archive), article)
    _run("diff", str(archive), article)
    _run("show", str(archive), article, "--as-of", stamp(between), lines=SHOWN_LINES)
    _run("search", str(archive), "strasse", lines=SHOWN_LINES)


def _events(newspaper: Newspaper) -> str:
    counts = Counter(event.edit.value for event in newspaper.events(SECOND_LOOK, since=FIRST_LOOK))
    return ", ".join(f"{count} × {edit}" for edit, count in counts.most_common())


def _say(text: str) -> None:
    click.echo(click.style(f"\n# {text}", bold=True))


def _run(*words: str, lines: int | None = None) -> None:
    """Show a command and run it, as somebody would type it; of a long output the first ``lines``."""
    click.echo(click.style(f"\n$ {shlex.join(['taz-archive', *words])}", fg="green"))
    if lines is None:
        code = subprocess.run(_command(words), check=False).returncode  # noqa: S603 - our own command
        if code not in (exit_codes.DONE, exit_codes.SOME_FAILED):
            raise SystemExit(code)
        return
    shown = _output(*words).splitlines()
    click.echo("\n".join(shown[:lines]))
    if len(shown) > lines:
        click.echo(click.style(f"… {len(shown) - lines} more lines", dim=True))


def _output(*words: str) -> str:
    return subprocess.run(_command(words), check=True, capture_output=True, text=True).stdout  # noqa: S603 - the same


def _command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "archive", *words]
