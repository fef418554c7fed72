"""``search``: articles that contain given words."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.cli.filter_options import article_filter, article_filters, order_option
from archive.cli.options import archive_argument, json_option, limit_option, zone_option
from archive.cli.output.printing import coloured, count, print_json_rows, print_text, print_zone, when
from archive.cli.output.suggestions import print_longer_words, print_suggestions
from archive.dump.grammar import clean
from archive.shell_commands import command
from archive.store import (
    MAX_RANKED,
    ArticleFilter,
    ArticleOrder,
    MatchSpan,
    SearchHit,
    SearchResult,
    open_reader,
)
from archive.text.search_query import is_as_typed

_SORTED = {
    ArticleOrder.BEST: "best first",
    ArticleOrder.NEWEST: "newest first",
    ArticleOrder.OLDEST: "oldest first",
    ArticleOrder.MOST_EDITED: "most edited first",
}


@click.command()
@archive_argument
@click.argument("query")
@limit_option(20)
@order_option(
    list(ArticleOrder),
    f"Best matches first, by day of publication, or by number of versions. Of {MAX_RANKED:,} or more matches"
    " the newest come first instead of the best.",
)
@click.option("--all-versions", is_flag=True, help="Search earlier versions too.")
@article_filters
@zone_option
@json_option
def search(
    archive: Path,
    query: str,
    limit: int,
    order: ArticleOrder,
    all_versions: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """Find articles by the words in them.

    The latest version of each article is searched. QUERY may use -word, or, "a
    phrase", begin*, title: word, and all else of SQLite's FTS5. Umlauts, ß and
    gendered forms are found in either spelling, and an article by its number.

    --json prints an array with one object a line. Its title_hits and
    snippet_hits are where the words are in title and snippet: pairs of
    the first character, from 0, and the one after the last.

    \b
      taz-archive search taz.db strasse
      taz-archive search taz.db 'title: bahn* -streik' --order newest
      taz-archive search taz.db wahl --section Berlin --edited --since 2025-04-01
      taz-archive search taz.db '"rote linie"' --all-versions
    """
    if not clean(query):
        raise click.UsageError(
            f"QUERY is empty: give words to search for; `{command('list', archive)}` lists all articles"
        )
    wanted = article_filter(**filters)
    with open_reader(archive) as opened:
        found = opened.search.versions(
            query, wanted, limit=limit or -1, order=order, all_versions=all_versions
        )
        nothing = (
            None if found.hits else opened.suggestions.for_nothing(query, wanted, all_versions=all_versions)
        )
        few = wanted == ArticleFilter() and len(found.hits) < (limit or MAX_RANKED)
        longer = opened.suggestions.longer_words(query) if few else None
    if as_json:
        print_json_rows(_hit_fields(hit) for hit in found.hits)
    else:
        for hit in found.hits:
            _print_hit(hit)
        if not all(hit.published for hit in found.hits):
            print_zone()
    if nothing:
        print_suggestions(nothing)
    else:
        _print_summary(found, order, "version" if all_versions else "article")
    if found.reading and not is_as_typed(query, found.reading):
        click.echo(f"Searched for: {clean(found.reading)}", err=True)
    if longer:
        print_longer_words(longer)


def _print_summary(found: SearchResult, order: ArticleOrder, what: str) -> None:
    """Print how many were found, how many of them are shown, and in which order."""
    shown = len(found.hits)
    total = f"{found.count:,}" if found.exact else f"{found.count:,} or more"
    is_all = found.exact and shown == found.count
    amount = count(shown, what) if is_all else f"{shown:,} of {total} {what}s"
    more = "" if is_all else "; --limit 0 shows all"
    why = "" if found.order is order else ", since too many match to sort by relevance"
    click.echo(f"{amount}, {_SORTED[found.order]}{why}{more}.", err=True)


def _hit_fields(hit: SearchHit) -> dict[str, object]:
    return {
        "id": hit.article,
        "version": hit.number,
        "published": hit.published,
        "first_seen": hit.first_seen,
        "version_count": hit.version_count,
        "state": hit.state,
        "authors": hit.authors,
        "title": _plain(hit.title),
        "title_hits": list(_places(hit.title)),
        "snippet": _plain(hit.snippet),
        "snippet_hits": list(_places(hit.snippet)),
    }


def _plain(spans: Sequence[MatchSpan]) -> str:
    return "".join(span.text for span in spans)


def _places(spans: Sequence[MatchSpan]) -> Iterator[tuple[int, int]]:
    """Yield where the hits are in the text of all spans."""
    start = 0
    for span in spans:
        end = start + len(span.text)
        if span.hit:
            yield start, end
        start = end


def _print_hit(hit: SearchHit) -> None:
    version = (
        f"version {hit.number}"
        if hit.number == hit.version_count
        else f"version {hit.number} of {hit.version_count}"
    )
    about = [f"!{hit.article}", hit.published or when(hit.first_seen), version, *_gone(hit)]
    print_text(Text.assemble(("  ".join(about), "dim"), "  ", *_bold(hit.title, "bold yellow")))
    if hit.authors:
        print_text(Text(", ".join(hit.authors)), indent=4)
    if hit.snippet:
        print_text(Text.assemble(*_bold(hit.snippet, "bold")), indent=4)


def _gone(hit: SearchHit) -> list[str]:
    return ["gone"] if hit.state == "gone" else []


def _bold(spans: Sequence[MatchSpan], style: str) -> list[tuple[str, str]]:
    return [(span.text, style if span.hit and coloured() else "") for span in spans]
