"""``demo``: a sample newspaper on loopback, crawled before and after some edits."""

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

FIRST_CRAWL, SECOND_CRAWL = START + timedelta(hours=6), START + timedelta(hours=18)  # on the paper's clock
_SEED = 5  # of a paper with edits of every kind between the two crawls
_MAX_LINES = 14  # of a long output


@click.command()
@click.argument("archive", required=False, type=click.Path(dir_okay=False, path_type=Path))
def demo(archive: Path | None) -> None:
    """Crawl a sample newspaper twice and show what changed.

    Everything runs on this machine. The archive is kept if ARCHIVE is given; the
    file must not exist, and TAZ_ARCHIVE is ignored.

    \b
      taz-archive demo
      taz-archive demo demo.db && taz-archive serve demo.db
    """
    if archive and archive.exists():
        raise click.UsageError(f"{archive} exists; give another name, or delete it first")
    if archive:
        _perform(archive)
        _say(f"The archive is {archive}: open it with taz-archive, datasette or sqlite3.")
    else:
        with tempfile.TemporaryDirectory(prefix="taz-archive-") as folder, chdir(folder):
            _perform(Path("demo.db"))
        _say("The archive was not kept; taz-archive demo demo.db keeps it.")


def _perform(archive: Path) -> None:
    newspaper = Newspaper(seed=_SEED)
    with serving_apart(newspaper) as server:
        server.clock.set(FIRST_CRAWL)
        _say(f"A sample newspaper is served on {server.url}. The first crawl:")
        crawl = ["crawl", str(archive), "--seed", server.url, "--delay", "0"]
        _run(*crawl)
        _run("status", str(archive))
        between = datetime.now(UTC)
        server.clock.set(SECOND_CRAWL)
        _say(f"Twelve hours of edits pass: {_events(newspaper)}. The second crawl:")
        _run(*crawl, "--ignore-schedule")
        _say("Crawls see one edit where an article was edited several times, and miss what came and went.")
    _run("changes", str(archive), "--since", stamp(between))
    _look_back(archive, between)


def _look_back(archive: Path, between: datetime) -> None:
    """Show one edited article: its history, its last edit, and its earlier version."""
    listed = _output("changes", str(archive), "--since", stamp(between), "--json")
    edited = [change for change in json.loads(listed) if change["event"] == "edited"]
    if not edited:
        raise click.ClickException("the second crawl found no edit, which is a bug")
    article = str(edited[0]["id"])
    _say("One edited article: its versions, what the edit changed, and its text before the edit:")
    _run("log", str(archive), article)
    _run("diff", str(archive), article)
    _run("show", str(archive), article, "--as-of", stamp(between), lines=_MAX_LINES)
    _run("search", str(archive), "strasse", lines=_MAX_LINES)


def _events(newspaper: Newspaper) -> str:
    counts = Counter(event.edit.value for event in newspaper.events(SECOND_CRAWL, since=FIRST_CRAWL))
    return ", ".join(f"{count} × {edit}" for edit, count in counts.most_common())


def _say(text: str) -> None:
    click.echo(click.style(f"\n# {text}", bold=True))


def _run(*words: str, lines: int | None = None) -> None:
    """Print a command line and run it; print at most ``lines`` of its output."""
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
    return subprocess.run(_command(words), check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own command


def _command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "archive", *words]
