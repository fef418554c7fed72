"""``search``: articles that contain given words."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from archive.cli.options import archive_argument, json_option, limit_option, section_option
from archive.cli.output.printing import coloured, count, print_json_rows, print_none, print_text, when
from archive.dump.grammar import clean
from archive.shell_commands import command
from archive.store import (
    MAX_RANKED,
    ArticleFilter,
    Continuation,
    MatchSpan,
    SearchHit,
    SearchResult,
    open_reader,
)
from archive.text.search_query import is_as_typed


@click.command()
@archive_argument
@click.argument("query")
@limit_option(20)
@click.option("--newest", is_flag=True, help="Sort by publication, newest first, instead of by relevance.")
@click.option("--all-versions", is_flag=True, help="Search earlier versions too.")
@section_option
@json_option
def search(
    archive: Path,
    query: str,
    limit: int,
    newest: bool,
    all_versions: bool,
    section: str | None,
    as_json: bool,
) -> None:
    """Find articles by the words in them.

    The latest version of each article is searched, and the best matches come
    first; if very many match, the newest. QUERY may use -word, or, "a phrase",
    begin*, title: word, and all else of SQLite's FTS5. Umlauts, ß and gendered
    forms are found in either spelling, and an article by its number. --json
    prints an array with one object a line.

    \b
      taz-archive search taz.db strasse
      taz-archive search taz.db 'title: bahn* -streik' --newest
      taz-archive search taz.db '"rote linie"' --all-versions
    """
    if not clean(query):
        raise click.UsageError(
            f"QUERY is empty: give words to search for; `{command('list', archive)}` lists all articles"
        )
    with open_reader(archive) as opened:
        found = opened.search.versions(
            query,
            ArticleFilter(section=section),
            limit=limit or -1,
            best=not newest,
            all_versions=all_versions,
        )
        few = section is None and len(found.hits) < (limit or MAX_RANKED)
        continued = opened.search.continued(query) if few else None
    if as_json:
        print_json_rows(_hit_fields(hit) for hit in found.hits)
    else:
        for hit in found.hits:
            _print_hit(hit)
    _print_notes(query, found, continued, newest=newest)


def _print_notes(query: str, found: SearchResult, continued: Continuation | None, *, newest: bool) -> None:
    """Print what was searched for and how results are sorted, where it may surprise, and what finds more."""
    if not found.hits:
        print_none("articles found")
    elif not (newest or found.ranked):
        click.echo(f"{MAX_RANKED:,} or more match, sorted by date; add words to sort by relevance.", err=True)
    if found.reading and not is_as_typed(query, found.reading):
        click.echo(f"Searched for: {clean(found.reading)}", err=True)
    if continued:
        much = count(continued.articles, "article has", "articles have")
        click.echo(f"{much} words that begin so; search for '{clean(continued.query)}'.", err=True)


def _hit_fields(hit: SearchHit) -> dict[str, object]:
    return {
        "id": hit.article,
        "version": hit.number,
        "published": hit.published,
        "first_seen": hit.first_seen,
        "title": _plain(hit.title),
        "snippet": _plain(hit.snippet),
    }


def _plain(spans: Sequence[MatchSpan]) -> str:
    return "".join(span.text for span in spans)


def _print_hit(hit: SearchHit) -> None:
    about = f"!{hit.article}  {hit.published or when(hit.first_seen)}  version {hit.number}"
    print_text(Text.assemble((about, "dim"), "  ", *_bold(hit.title, "bold yellow")))
    if hit.snippet:
        print_text(Text.assemble(*_bold(hit.snippet, "bold")), indent=4)


def _bold(spans: Sequence[MatchSpan], style: str) -> list[tuple[str, str]]:
    return [(span.text, style if span.hit and coloured() else "") for span in spans]
