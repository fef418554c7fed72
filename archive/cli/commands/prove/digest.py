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
    """Print the root, a digest of all captures, or a capture's proof.

    The root is computed from the bytes, time, source and address of every capture.
    Archives of the same captures have the same root, and any change of one changes
    it. Once it is published (see `witness`), no capture can be changed unnoticed,
    not even by the archive's owner. A proof shows that a capture was in the archive
    with a root; `check` checks it without the archive.

    With --as-of, the root and the proof are of the captures until then, and a proof
    is for the text as of then. Give the time `newest` of a published record to get a
    proof that leads to the published root.

    \b
      taz-archive digest taz.db
      taz-archive digest taz.db --as-of 2025-04-10
      taz-archive digest taz.db --proof 6081430 > proof.json
      taz-archive digest taz.db --proof 6081430 --as-of 2025-04-10T11:59:02.000Z
    """
    if proven is not None and capture is not None:
        raise click.UsageError("--proof and --capture exclude each other; give one of them")
    with open_reader(archive) as opened, opened.snapshot():
        if proven is not None or capture is not None:
            number = _capture_of(opened, proven, at) if proven is not None else capture or 0
            click.echo(write_proof(opened.tree.proof(number, at)))
            return
        root, captures = opened.tree.root(at)
    if as_json:
        print_json({"root": root.hex(), "captures": captures, "as_of": at})
    else:
        click.echo(root.hex())
        click.echo(f"the root of {count(captures, 'capture')}", err=True)


def _capture_of(opened: Reader, proven: PageKey | str, at: datetime | None) -> int:
    """Return the capture that the text of an article as of a time, or of a version's digest, is from."""
    if isinstance(proven, PageKey):
        return opened.versions.at(proven.number, at).capture_id
    return opened.versions.with_digest(proven).capture_id
