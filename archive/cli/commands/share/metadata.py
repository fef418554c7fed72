"""``metadata``: descriptions of an archive's tables for Datasette."""

from pathlib import Path

import click
import yaml

from archive.cli.default_archive import ARCHIVE_VARIABLE
from archive.datasette.metadata import datasette_metadata as describe

_HEADER = """\
# For Datasette 0.65, by `taz-archive metadata {archive}`:
#   datasette serve {archive} --metadata metadata.yml --setting suggest_facets off
"""


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


@click.command()
@click.argument(
    "archive", default="taz.db", envvar=ARCHIVE_VARIABLE, type=click.Path(dir_okay=False, path_type=Path)
)
def metadata(archive: Path) -> None:
    """Print metadata.yml, which describes an archive to Datasette.

    It holds descriptions, labels, facets and queries for a database with the name
    of ARCHIVE, which need not exist. Without ARCHIVE the name is taz.db.

    \b
      taz-archive metadata taz.db > metadata.yml
      datasette serve taz.db -m metadata.yml --setting suggest_facets off
    """
    click.echo(metadata_yml(archive), nl=False)


def metadata_yml(archive: Path) -> str:
    """Return ``metadata.yml``, with a comment that says how to use it."""
    body = yaml.dump(describe(archive.stem), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    return _HEADER.format(archive=archive.name) + body
