"""The pages at the top of the site: ``/``, which leads to the reading room, and ``/robots.txt``.

Where no archive is served, both are as Datasette has them.
"""

from pathlib import Path
from typing import Any

from datasette.utils.asgi import Response  # type: ignore[import-untyped]  # it ships no types
from datasette.views.index import IndexView  # type: ignore[import-untyped]  # the same

from archive.datasette.dispatch import PAGE_HEADERS, served_archive
from archive.datasette.http.robots import robots_txt


async def root(request: Any, datasette: Any) -> Response:
    """Redirect to the reading room, unless there is a query or the operator has their own index page."""
    is_plain = request.method in ("GET", "HEAD") and not request.query_string
    if is_plain and served_archive(datasette) is not None and not _has_own_index(datasette):
        location = datasette.urls.path("/-/paper/")
        return Response("", status=302, headers={**PAGE_HEADERS, "location": location})
    request.scope["url_route"] = {"kwargs": {"format": None}}
    return await IndexView(datasette).dispatch_request(request)


def _has_own_index(datasette: Any) -> bool:
    """Return whether the operator's ``--template-dir`` has an index page."""
    return bool(datasette.template_dir) and Path(datasette.template_dir, "index.html").exists()


async def robots(datasette: Any) -> Response:
    if served_archive(datasette) is None:
        return Response.text("not found\n", status=404)
    return Response.text(robots_txt(), headers=PAGE_HEADERS)


ROOT_ROUTES = {r"/": root, r"/robots\.txt": robots}
