"""``check``: verify a proof without the archive."""

from pathlib import Path

import click

from archive.proofs.checking import checked


@click.command()
@click.argument("proof", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--root", metavar="DIGEST", help="Fail unless the proof leads to this root.")
def check(proof: Path, root: str | None) -> None:
    """Check a proof that a capture was in an archive.

    Needs only the proof, not the archive, which `verify` checks. Prints the time,
    address and digest of the capture, and the root that the proof leads to.
    Compare the root with one that was published, or give that with --root: if they
    are the same, the capture has not changed since. `digest` writes proofs.

    \b
      taz-archive check proof.json
      taz-archive check proof.json --root "$(cat root.txt)"
    """
    click.echo(checked(proof, root), nl=False)
