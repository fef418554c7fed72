"""Hooks by which other packages, and our own crawler, extend ``taz-archive``.

A package names the module with its hooks in an entry point, and marks each function with :data:`hookimpl`::

    [project.entry-points.taz_archive]
    theirs = "their_package.plugin"

Hooks that return values return an iterable. A name, or a gateway's host, that is already taken, and a hook
that raises, end the command that needs the hook with an error that names the plugin. Pages of our own
renditions and gateways are read without loading plugins: a page has a plugin's rendition only if it has none
of ours.
"""

from typing import TYPE_CHECKING

import click
import pluggy

from archive.plugins import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.export.formats import Format
    from archive.gateways import WebGateway
    from archive.renditions.rendition import Rendition
    from archive.sources import SourceKind

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands to ``taz-archive`` with ``@cli.command()``, as Datasette's plugins do."""


@hookspec
def register_sources() -> "Iterable[SourceKind]":  # type: ignore[empty-body]  # a specification
    """Return sources to crawl: choices of ``crawl --via``."""


@hookspec
def register_gateways() -> "Iterable[WebGateway]":  # type: ignore[empty-body]  # a specification
    """Return web gateways: sources whose URLs are also recognized in links, imports and arguments."""


@hookspec
def register_renditions() -> "Iterable[Rendition]":  # type: ignore[empty-body]  # a specification
    """Return forms in which sources send pages."""


@hookspec
def register_export_formats() -> "Iterable[Format]":  # type: ignore[empty-body]  # a specification
    """Return formats of ``export --format``."""
