"""The reading room: a plugin for Datasette 0.65, registered by an entry point in the group ``datasette``.

Its hooks ignore databases that are not archives.
"""

from collections.abc import Callable, Generator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import pluggy
from datasette.utils import (  # type: ignore[import-untyped]  # it ships no types
    StartupError,
    path_with_replaced_args,
)
from markupsafe import Markup

from archive.datasette.dispatch import (
    QUICK_EXECUTOR,
    datasette_view,
    error_response,
    reader_error,
    served_archive,
)
from archive.datasette.html.template_texts import install_texts
from archive.datasette.http.proxy_prefix import App, without_prefix
from archive.datasette.http.security import with_host_check
from archive.datasette.metadata import datasette_metadata, refuse_datasette
from archive.datasette.routes import ROUTES, SLOW_VIEWS
from archive.datasette.row_links import LINKED_COLUMNS, linked_cell
from archive.datasette.site_root import ROOT_ROUTES
from archive.errors import TazArchiveError
from archive.store import bound_results, format_digest, is_archive
from archive.text.hyphenation import load_patterns
from archive.timestamps import zone

hookimpl = pluggy.HookimplMarker("datasette")


@hookimpl(trylast=True)  # a page of another plugin at the same address goes first
def register_routes() -> list[tuple[str, Any]]:
    """Add the pages of the reading room."""
    views = {path: datasette_view(view, is_slow=view in SLOW_VIEWS) for path, view in ROUTES.items()}
    return [(rf"^{path}$", view) for path, view in {**views, **ROOT_ROUTES}.items()]


@hookimpl(trylast=True)  # a metadata.yml of the operator takes precedence
def get_metadata(datasette: Any) -> dict[str, Any]:
    """Describe an archive's tables."""
    archives = [db.name for db in datasette.databases.values() if db.path and is_archive(Path(db.path))]
    if not archives:
        return {}
    databases = {name: datasette_metadata(name)["databases"][name] for name in archives}
    return {**datasette_metadata(""), "description_html": _way_in(datasette), "databases": databases}


def _way_in(datasette: Any) -> Markup:
    """Return the description on Datasette's index page, which links to the reading room."""
    paper = datasette.urls.path("/-/paper/")
    return Markup(
        '<p>{}</p><p><strong><a href="{}">Read the archive</a></strong>: the paper day by day, its articles'
        " and their edits.</p>"
    ).format(datasette_metadata("")["description"], paper)


@hookimpl
def prepare_jinja2_environment(env: jinja2.Environment) -> None:
    """Add the functions for translated texts, which only our templates call."""
    install_texts(env)


@hookimpl
def startup(datasette: Any) -> None:
    """Refuse Datasette 1 and an unknown time zone. Disable suggested facets, which scan whole tables."""
    if served_archive(datasette) is not None:
        try:
            refuse_datasette(version("datasette"))
            zone()
        except TazArchiveError as error:
            raise StartupError(str(error)) from error
        # A plugin has no other way to set it: https://docs.datasette.io/en/0.65/settings.html#suggest-facets
        datasette._settings["suggest_facets"] = False  # noqa: SLF001
        QUICK_EXECUTOR.submit(load_patterns)  # which takes half a second


@hookimpl
def prepare_connection(conn: Any, database: str, datasette: Any) -> None:
    """Limit the size of query results: a value of 1 GB takes several to render."""
    known = datasette.databases.get(database)
    if known and known.path and is_archive(Path(known.path)):
        bound_results(conn)


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Support a proxy that keeps or strips the prefix, and refuse unknown hosts."""
    prefix = str(datasette.setting("base_url"))

    def wrapped(app: App) -> App:
        app = app if prefix == "/" else without_prefix(app, prefix)
        return app if served_archive(datasette) is None else with_host_check(app)

    return wrapped


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """Add a link to the reading room to Datasette's menu."""
    if served_archive(datasette) is None:
        return []
    return [{"href": datasette.urls.path("/-/paper/"), "label": "Reading room"}]


@hookimpl
def extra_template_vars(datasette: Any) -> dict[str, Any]:
    """Add the prefix to the facet links of Datasette's templates, which lack it."""

    def replaced(request: Any, args: Any, path: str | None = None) -> Any:
        return datasette.urls.path(path_with_replaced_args(request, args, path))

    return {"path_with_replaced_args": replaced}


@hookimpl(hookwrapper=True)
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Generator[None, Any, None]:
    """Show our own error page for a missing page and for an unreadable archive.

    Where rich is installed, as it is here, Datasette takes a second to render its own, or fails.
    """
    outcome = yield
    error = reader_error(datasette, exception)
    if error:
        outcome.force_result([partial(error_response, datasette, request, error)])


@hookimpl
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any) -> Any:
    """Show a digest as text, and link articles and versions to their pages."""
    is_digest = column == "digest" and isinstance(value, bytes)
    if not (is_digest or column in LINKED_COLUMNS):
        return None
    ours = served_archive(datasette)
    if ours is None or ours.name != database:
        return None
    return format_digest(value) if is_digest else linked_cell(datasette, database, table, column, value, row)
