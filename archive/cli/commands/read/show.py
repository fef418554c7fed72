"""``show``: one article, as of now or of an earlier time."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from archive.cli.options import (
    ALLOW_NEGATIVE_IDS,
    archive_argument,
    article_or_digest,
    as_of_option,
    zone_option,
)
from archive.cli.output.printing import print_json, print_page
from archive.cli.output.provenance import print_provenance, provenance_fields
from archive.dump.writer import write_dump
from archive.errors import NothingFound
from archive.export.markdown import write_markdown
from archive.model import PageKey
from archive.store import Memento, Reader, open_reader
from archive.timestamps import display_stamp


@click.command(context_settings=ALLOW_NEGATIVE_IDS)
@archive_argument
@click.argument("key", metavar="ID", type=article_or_digest)
@as_of_option
@click.option("--version", "number", type=int, metavar="N", help="Version N; `log` lists the versions.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["dump", "markdown", "json"]),
    default="dump",
    show_default=True,
    help="dump is the paper's own layout.",
)
@click.option(
    "--provenance",
    "provenance_only",
    is_flag=True,
    help="Print where the text is from and what is missing, instead of the article.",
)
@zone_option
def show(
    archive: Path,
    key: PageKey | str,
    at: datetime | None,
    number: int | None,
    form: str,
    provenance_only: bool,
) -> None:
    """Print one article, as of now or of an earlier time.

    ID is the article's number, or any address that contains it; or the digest of
    a version, of which 16 digits are enough. --format json includes the
    provenance and the digest.

    \b
      taz-archive show taz.db 6081430
      taz-archive show taz.db 6081430 --as-of 2025-04-10T18:00
      taz-archive show taz.db 'https://taz.de/!6081430/' --format markdown
      taz-archive show taz.db 6081430 --version 1
      taz-archive show taz.db 6081430 --provenance
      taz-archive show taz.db 9f2f7c3d5a1b0e44
    """
    if at is not None and number is not None:
        raise click.UsageError("--as-of and --version exclude each other; give one of them")
    if isinstance(key, str) and (at is not None or number is not None):
        raise click.UsageError("a digest names one version; leave out --as-of and --version")
    with open_reader(archive) as opened:
        memento = _memento(opened, key, at, number)
        found = opened.provenance(memento.row)
    _refuse_gone(memento, at)
    if form == "json":
        print_json({**_memento_fields(memento), "provenance": provenance_fields(found)})
    elif provenance_only:
        print_provenance(memento.row, found)
    elif form == "markdown":
        print_page(write_markdown(memento.article))
    else:
        print_page("\n".join(line.text for line in write_dump(memento.article)).rstrip("\n") + "\n")


def _memento(opened: Reader, key: PageKey | str, at: datetime | None, number: int | None) -> Memento:
    if isinstance(key, PageKey):
        return opened.articles.memento(key.number, at=at, number=number)
    row = opened.versions.with_digest(key)
    return opened.articles.memento(row.article_id, number=row.number)


def _refuse_gone(memento: Memento, at: datetime | None) -> None:
    """Raise :exc:`NothingFound` if the article was gone at the time ``at``; note it if it is gone now."""
    if memento.gone_since is None:
        return
    gone = f"article {memento.row.article_id} has been gone since {display_stamp(memento.gone_since)}"
    if at is not None:
        raise NothingFound(f"{gone}; --version {memento.row.number} shows its last version")
    click.echo(f"{gone[0].upper()}{gone[1:]}; this is its last version.", err=True)


def _memento_fields(memento: Memento) -> dict[str, object]:
    row, article = memento.row, memento.article
    return {
        "id": row.article_id,
        "version": row.number,
        "versions": memento.versions,
        "digest": row.digest.hex(),
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
        "truncation_count": row.truncation_count,
        "links": [asdict(link) for link in article.links],
        "authors": [asdict(author) for author in article.authors],
        "tags": [asdict(tag) for tag in article.tags],
        "related": [asdict(teaser) for teaser in article.related],
    }
