"""``digest``: the root of all captures, and proofs that a capture is among them."""

from datetime import datetime
from pathlib import Path

import click

from archive.cli.options import archive_argument, article_or_digest, as_of_option, json_option, zone_option
from archive.cli.output.printing import count, print_json
from archive.model import PageKey
from archive.proofs.proof import write_proof
from archive.store import Reader, open_reader


@click.command()
@archive_argument
@as_of_option
@click.option(
    "--proof",
    "proven",
    metavar="ID",
    type=article_or_digest,
    help="Print a proof for the text of an article or of a version's digest.",
)
@click.option("--capture", metavar="N", type=int, help="Print a proof for a capture, by its number.")
@json_option
@zone_option
def digest(
    archive: Path, at: datetime | None, proven: PageKey | str | None, capture: int | None, as_json: bool
) -> None:
    """Print the digest of all captures, or a proof that one is in it.

    The digest, a root, is one number for all captures: the bytes, time, source
    and address of each. Archives of the same captures have the same root, and any change of
    one changes it. Once it is published, no capture can be changed unnoticed, by
    the archive's owner either. A proof shows that a capture was in the archive
    with the root; `check` verifies it without the archive.

    \b
      taz-archive digest taz.db
      taz-archive digest taz.db --as-of 2025-04-10
      taz-archive digest taz.db --proof 6081430 > proof.json
    """
    wanted = [name for name, given in (("--as-of", at), ("--proof", proven), ("--capture", capture)) if given]
    if len(wanted) > 1:
        raise click.UsageError(f"{' and '.join(wanted)} exclude each other; give one of them")
    with open_reader(archive) as opened, opened.snapshot():
        if proven is not None or capture is not None:
            number = _capture_of(opened, proven) if proven is not None else capture or 0
            click.echo(write_proof(opened.tree.proof(number)))
            return
        root, captures = opened.tree.root(at)
    if as_json:
        print_json({"root": root.hex(), "captures": captures, "as_of": at})
    else:
        click.echo(root.hex())
        click.echo(f"the root of {count(captures, 'capture')}", err=True)


def _capture_of(opened: Reader, proven: PageKey | str) -> int:
    """Return the capture that the text of an article's latest version, or of a version's digest, is from."""
    if isinstance(proven, PageKey):
        return opened.versions.at(proven.number, None).capture_id
    return opened.versions.with_digest(proven).capture_id
