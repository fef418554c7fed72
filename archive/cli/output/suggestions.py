"""What ``search`` and ``list`` print on stderr after they found nothing: why, and what finds something."""

import click

from archive.cli.output.printing import count, print_none
from archive.dump.grammar import clean
from archive.model import Kind
from archive.store import MAX_RANKED, Continuation, Suggestions, UnknownName
from archive.text.search_query import FIELDS

_KINDS = {Kind.AUTHOR: "author", Kind.TOPIC: "topic"}


def print_suggestions(found: Suggestions) -> None:
    """Print that nothing was found, then a line for each reason and suggestion."""
    print_none("articles found")
    for name in found.fields:
        fields = ", ".join(f"{field}:" for field in FIELDS)
        click.echo(f"No field is called {clean(name)}; words can be sought in {fields}.", err=True)
    for unknown in found.names:
        click.echo(unknown_name(unknown), err=True)
    if found.unfiltered:
        click.echo(f"Without filters: {_amount(found.unfiltered, 'result')}.", err=True)
    if found.earlier:
        click.echo(f"With --all-versions: {_amount(found.earlier, 'result')}.", err=True)


def print_longer_words(found: Continuation) -> None:
    """Print how many articles have words that begin as the one that was sought."""
    much = count(found.articles, "article has", "articles have")
    click.echo(f"{much} words that begin so; search for '{clean(found.query)}'.", err=True)


def unknown_name(unknown: UnknownName) -> str:
    """Return the line about a name that no author or topic has."""
    kind = _KINDS[unknown.kind]
    line = f'No {kind} has "{unknown.name}" in the name'
    return f"{line}; there are {', '.join(unknown.near)}." if unknown.near else f"{line}."


def _amount(number: int, what: str) -> str:
    return f"{count(number, what)} or more" if number >= MAX_RANKED else count(number, what)
