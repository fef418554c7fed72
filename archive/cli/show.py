"""``show``: one article, as of any time."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from archive.cli.options import ALLOW_NEGATIVE_IDS, UtcTime, archive_argument, article_argument
from archive.cli.output.markdown import write_markdown
from archive.cli.output.provenance import print_provenance, provenance_fields
from archive.cli.output.tables import (
    print_json,
    print_page,
    when,
)
from archive.dump.writer import write_dump
from archive.errors import NothingFound
from archive.model import PageKey
from archive.store import Memento, open_reader


@click.command(context_settings=ALLOW_NEGATIVE_IDS)
@archive_argument
@article_argument
@click.option("--as-of", "at", type=UtcTime(end=True), help="As it read then; a day is its end, UTC.")
@click.option("--version", "number", type=int, help="That version; `log` lists them.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["dump", "markdown", "json"]),
    default="dump",
    show_default=True,
    help="dump: as the paper lays out its pages.",
)
@click.option(
    "--provenance",
    "origins",
    is_flag=True,
    help="Not the article, but which captures it is made of, and what is missing; json has both anyway.",
)
def show(
    archive: Path, key: PageKey, at: datetime | None, number: int | None, form: str, origins: bool
) -> None:
    """Print one article as it last read, or as it read at a given time.

    ID is the article's number, or any address that holds it.

    \b
      taz-archive show taz.db 6081430
      taz-archive show taz.db 6081430 --as-of 2025-04-10T18:00
      taz-archive show taz.db 'https://taz.de/!6081430/' --version 1 --format markdown
      taz-archive show taz.db 6081430 --provenance
    """
    if at is not None and number is not None:
        raise click.UsageError("--as-of and --version each choose a version; give one of them")
    with open_reader(archive) as opened:
        memento = opened.articles.memento(key.number, at=at, number=number)
        found = opened.provenance(memento.row)
    _refuse_gone(memento, at)
    if form == "json":
        print_json({**_memento_fields(memento), "provenance": provenance_fields(found)})
    elif origins:
        print_provenance(memento.row, found)
    elif form == "markdown":
        print_page(write_markdown(memento.article))
    else:
        print_page("\n".join(line.text for line in write_dump(memento.article)).rstrip("\n") + "\n")


def _refuse_gone(memento: Memento, at: datetime | None) -> None:
    """At a time when it was gone an article did not read at all; without one, its last wording is meant."""
    if memento.gone_since is None:
        return
    gone = f"article {memento.row.article} is gone since {when(memento.gone_since)} UTC"
    if at is not None:
        raise NothingFound(f"{gone}; --version {memento.row.number} shows how it last read")
    click.echo(f"{gone[0].upper()}{gone[1:]}; this is how it last read.", err=True)


def _memento_fields(memento: Memento) -> dict[str, object]:
    row, article = memento.row, memento.article
    return {
        "id": row.article,
        "version": row.number,
        "versions": memento.versions,
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
        "gone_since": memento.gone_since,
        "url": memento.url,
        "title": article.title,
        "kicker": article.kicker,
        "headline": article.headline,
        "lead": article.lead,
        "caption": article.caption,
        "dateline": article.dateline,
        "published": article.published,
        "text": article.text,
        "words": row.words,
        "cuts": row.cuts,
        "links": [asdict(link) for link in article.links],
        "authors": [asdict(author) for author in article.authors],
        "tags": [asdict(tag) for tag in article.tags],
        "related": [asdict(teaser) for teaser in article.related],
    }
