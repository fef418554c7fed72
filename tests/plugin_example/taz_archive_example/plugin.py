"""The hooks of the example."""

from collections.abc import Iterable

import click

from archive.export.formats import Format, Shape
from archive.gateways import IN_PATH, WebGateway
from archive.hookspecs import hookimpl
from archive.renditions.rendition import Rendition
from archive.sources import SourceKind

from .numbered import decode, read_seed


@hookimpl
def register_commands(cli: click.Group) -> None:
    @cli.command()
    def greet() -> None:
        """Print a greeting."""
        click.echo("Moin")


@hookimpl
def register_sources() -> Iterable[SourceKind]:
    return [SourceKind(name="numbered", home="http://numbered.example/", read_seed=read_seed)]


@hookimpl
def register_gateways() -> Iterable[WebGateway]:
    return [
        WebGateway(name="lines", home="https://lines.example/", form=IN_PATH, rendition="numbered-lines"),
    ]


@hookimpl
def register_renditions() -> Iterable[Rendition]:
    return [Rendition(name="numbered-lines", decode=decode)]


@hookimpl
def register_export_formats() -> Iterable[Format]:
    return [
        Format(
            name="titles",
            what="one title per line",
            shapes=(Shape.STREAM,),
            module="taz_archive_example.titles",
        )
    ]
