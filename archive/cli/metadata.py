"""``metadata``: what Datasette needs to show an archive well."""

from pathlib import Path

import click
import yaml

from archive.store import datasette_metadata as describe

HEADER = """\
# For Datasette 0.65, by `taz-archive metadata {archive}`:
#   datasette serve {archive} --metadata metadata.yml --setting suggest_facets off
"""


class Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block, as people do."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, _text)


@click.command()
@click.argument("archive", metavar="[DB]", default="taz.db", type=click.Path(dir_okay=False, path_type=Path))
def metadata(archive: Path) -> None:
    """Print metadata.yml for Datasette: descriptions, search, labels, facets, queries.

    It is written for a database of DB's name, which need not exist yet; taz.db without one.

    \b
      taz-archive metadata taz.db > metadata.yml
      datasette serve taz.db --metadata metadata.yml --setting suggest_facets off
    """
    click.echo(metadata_yml(archive), nl=False)


def metadata_yml(archive: Path) -> str:
    """The whole file, with a word on what it is for."""
    body = yaml.dump(describe(archive.stem), Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    return HEADER.format(archive=archive.name) + body
