"""``list``, ``search`` and ``show``: what is in an archive."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from rich.text import Text

from archive.cli.options import ArticleKey, UtcTime, archive_argument, json_option, refuse_reversed
from archive.cli.output.markdown import write_markdown
from archive.cli.output.provenance import print_provenance, provenance_fields
from archive.cli.output.tables import (
    Column,
    coloured,
    limit_option,
    print_json,
    print_json_rows,
    print_none,
    print_page,
    print_table,
    print_text,
    when,
)
from archive.dump.grammar import clean
from archive.dump.writer import write_dump
from archive.errors import NothingFound
from archive.model import PageKey
from archive.shell import command
from archive.store.archive import Archive
from archive.store.query import article_versions, listing, searching
from archive.store.query.article_versions import Memento
from archive.store.query.fts import Hit, Span
from archive.store.query.listing import Listed, Wanted
from archive.store.query.provenance import provenance
from archive.timestamps import day_of

# An article's number may be negative: "-2625…" is no option. What really is a wrong option still ends as
# wrong usage, being no article.
NEGATIVE_IDS = {"ignore_unknown_options": True}
LIST_COLUMNS = (
    Column("id", right=True),
    Column("published"),
    Column("versions", right=True),
    Column("state"),
    Column("title", wide=True),
)


@click.command("list")
@archive_argument
@limit_option(50)
@click.option("--since", type=UtcTime(), help="Published on this day or later.")
@click.option("--until", type=UtcTime(end=True), help="Published on this day or before.")
@click.option("--state", type=click.Choice(["here", "gone"]), help="Those still there, or those gone.")
@click.option("--edited", is_flag=True, help="Only those with more than one version.")
@click.option("--author", help="Part of an author's name.")
@click.option("--tag", help="Part of the name of a tag the article ever had.")
@json_option
def list_articles(
    archive: Path,
    limit: int,
    since: datetime | None,
    until: datetime | None,
    state: str | None,
    edited: bool,
    author: str | None,
    tag: str | None,
    as_json: bool,
) -> None:
    """List articles, the last published first.

    --json prints an array of objects, one a line.

    \b
      taz-archive list taz.db --limit 10
      taz-archive list taz.db --edited --since 2025-04-01
      taz-archive list taz.db --tag Klima --json | jq -r '.[].title'
    """
    refuse_reversed(since, until)
    wanted = Wanted(
        since=since and day_of(since),
        until=until and day_of(until),
        state=state,
        edited=edited,
        author=author,
        tag=tag,
    )
    with Archive.to_read(archive) as opened:
        found = listing.articles(opened.db, wanted, limit=limit)
    if as_json:
        print_json_rows(article._asdict() for article in found)
    elif found:
        _print_list(found)
    if not found:
        print_none("articles found")
    if limit and len(found) == limit:
        click.echo(f"The first {limit}; --limit 0 lists all.", err=True)


def _print_list(found: Sequence[Listed]) -> None:
    print_table(LIST_COLUMNS, ((row.id, row.published, row.versions, row.state, row.title) for row in found))


@click.command()
@archive_argument
@click.argument("query")
@limit_option(20)
@click.option("--newest", is_flag=True, help="The last published first, not the best.")
@click.option("--all-versions", is_flag=True, help="Search earlier wordings too.")
@json_option
def search(archive: Path, query: str, limit: int, newest: bool, all_versions: bool, as_json: bool) -> None:
    """Find articles by their words, as they last read: the best first, or of very many the newest.

    QUERY may use FTS5's language: AND, OR, NOT, "a phrase", begin*, title: word. Umlauts and ß are found
    in either spelling. --json prints an array of objects, one a line.

    \b
      taz-archive search taz.db strasse
      taz-archive search taz.db 'title: bahn* NOT streik' --newest
      taz-archive search taz.db '"rote linie"' --all-versions
    """
    if not clean(query):
        raise click.UsageError(
            f"there is nothing to search for; `{command('list', archive)}` lists all articles"
        )
    with Archive.to_read(archive) as opened:
        found = searching.sift(
            opened.db, query, Wanted(), limit=limit or -1, best=not newest, all_versions=all_versions
        )
    if as_json:
        print_json_rows(_hit_fields(hit) for hit in found.hits)
    else:
        for hit in found.hits:
            _print_hit(hit)
    if not found.hits:
        print_none("articles found")
    elif not (newest or found.ranked):
        click.echo(f"{searching.FEW:,} or more match: the newest first; with more words, the best.", err=True)


def _hit_fields(hit: Hit) -> dict[str, object]:
    return {
        "id": hit.article,
        "version": hit.number,
        "published": hit.published,
        "first_seen": hit.first_seen,
        "title": _plain(hit.title),
        "snippet": _plain(hit.snippet),
    }


def _plain(spans: Sequence[Span]) -> str:
    return "".join(span.text for span in spans)


def _print_hit(hit: Hit) -> None:
    about = f"!{hit.article}  {hit.published or when(hit.first_seen)}  version {hit.number}"
    print_text(Text.assemble((about, "dim"), "  ", *_bold(hit.title, "bold yellow")))
    if hit.snippet:
        print_text(Text.assemble(*_bold(hit.snippet, "bold")), indent=4)


def _bold(spans: Sequence[Span], style: str) -> list[tuple[str, str]]:
    return [(span.text, style if span.hit and coloured() else "") for span in spans]


@click.command(context_settings=NEGATIVE_IDS)
@archive_argument
@click.argument("key", metavar="ID", type=ArticleKey())
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
    with Archive.to_read(archive) as opened:
        memento = article_versions.memento(opened.db, key.number, at=at, number=number)
        found = provenance(opened.db, memento.row)
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
