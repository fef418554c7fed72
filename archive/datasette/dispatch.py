"""Runs a view for a request of Datasette: permissions, the archive, threads, errors and headers."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from datasette.utils.asgi import NotFound, Response  # type: ignore[import-untyped]  # it ships no types

from archive.datasette.html.template_texts import page_texts
from archive.datasette.html.urls import SiteUrls
from archive.datasette.http.conditional import is_fresh, validators
from archive.datasette.http.deadline import Deadline
from archive.datasette.http.language import VARY, feed_language, keep_choice, language_links, page_language
from archive.datasette.http.robots import robots_allowed
from archive.datasette.request import BadRequest, ReaderRequest, article_number
from archive.datasette.responses import Redirect, TemplateResponse, TextResponse, ViewResponse
from archive.errors import DamagedArchive, NothingFound, StoreError, TazArchiveError
from archive.languages import LANGUAGE_NAMES, N_
from archive.pagekey import article_url
from archive.paper import LANGUAGE
from archive.store import Reader, as_store_error, is_archive, open_reader

View = Callable[[ReaderRequest], ViewResponse]
PLUGIN = "taz-archive"  # under which Datasette serves our static files
STATIC = Path(__file__).parent / "plugin" / "static"
LOCK_WAIT_SECONDS = 2  # for a writer that holds an exclusive lock
RESPONSE_SECONDS = 10  # from a request to its response
# Slow views have threads of their own, so that any number of requests for them does not delay other pages.
QUICK_EXECUTOR = ThreadPoolExecutor(4, "quick-answers")
SLOW_EXECUTOR = ThreadPoolExecutor(2, "slow-answers")

# Allow only our own style, script and images, whatever an article contains.
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
REQUIRED_TABLES = ("articles", "versions", "captures")  # a reader needs permission to view them


def datasette_view(
    view: View, *, is_slow: bool, seconds: float = RESPONSE_SECONDS
) -> Callable[..., Awaitable[Response]]:
    """Wrap a view as Datasette calls it. One that ``is_slow`` may take seconds, at most ``seconds``."""
    executor = SLOW_EXECUTOR if is_slow else QUICK_EXECUTOR

    async def answer(request: Any, datasette: Any) -> Response:
        database = served_archive(datasette)
        if database is not None:
            await _check_permissions(datasette, database, request)
        loop = asyncio.get_running_loop()
        work = partial(_run_view, view, request, datasette, database, Deadline.after(seconds))
        site, found = await loop.run_in_executor(executor, work)
        return await _render(found, site, datasette, request)

    return answer


def served_archive(datasette: Any) -> Any:
    """Return the first database that is an archive, or None."""
    return next((db for db in datasette.databases.values() if db.path and is_archive(Path(db.path))), None)


async def _check_permissions(datasette: Any, database: Any, request: Any) -> None:
    """Raise Datasette's ``Forbidden`` unless the actor may view the tables that a view reads."""
    parents = [("view-database", database.name), "view-instance"]
    for table in REQUIRED_TABLES:
        await datasette.ensure_permissions(request.actor, [("view-table", (database.name, table)), *parents])


def _run_view(
    view: View, request: Any, datasette: Any, database: Any, deadline: Deadline
) -> tuple[SiteUrls, ViewResponse]:
    site = _site_urls(datasette, request, database.name if database else "")
    try:
        if request.method not in ("GET", "HEAD"):
            raise BadRequest(f"method {request.method} is not supported: use GET")
        if database is None:
            raise NothingFound("no archive is served here; start Datasette with one: datasette taz.db")
        deadline.check()
        with open_reader(Path(database.path), patience=LOCK_WAIT_SECONDS, limit=deadline.left) as archive:
            return site, view(_reader_request(request, archive, site, deadline))
    except TazArchiveError as error:
        path = str(database.path) if database else ""
        return site, error_page(error, _suggestions(request, site), path=path)


def _suggestions(request: Any, site: SiteUrls) -> list[tuple[str, str]]:
    """Return links to other pages of an article that cannot be shown."""
    try:
        number = article_number(unquote(request.url_vars.get("article") or ""))
    except BadRequest:
        return []
    away = [(article_url(number), N_("On the paper’s website"))] if number > 0 else []
    here = [(site.article(number), N_("The latest version of the article"))]
    return away if request.path.rstrip("/").endswith(request.url_vars["article"]) else [*here, *away]


def _reader_request(request: Any, archive: Reader, site: SiteUrls, deadline: Deadline) -> ReaderRequest:
    return ReaderRequest(
        archive=archive,
        site=site,
        parts={name: unquote(part or "") for name, part in request.url_vars.items()},
        args={name: request.args[name].strip() for name in request.args},
        query=request.query_string,
        headers=request.headers,
        now=datetime.now(UTC),
        deadline=deadline,
        language=page_language(request),
    )


def _site_urls(datasette: Any, request: Any, database: str) -> SiteUrls:
    prefix = datasette.urls.path
    return SiteUrls(
        path=lambda path: str(prefix(path)),
        whole=lambda path: str(datasette.absolute_url(request, path)),
        database=str(datasette.urls.database(database)) if database else "",
        here=str(prefix(request.full_path)),
        style=str(prefix(_static("room.css"))),
        script=str(prefix(_static("room.js"))),
        feed_language=feed_language(request),
    )


@cache
def _static(name: str) -> str:
    """Return a static file's path, with a digest of its content for browser caches."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/-/static-plugins/{PLUGIN}/{name}?{digest[:8]}"


STATUS_BY_ERROR: dict[type[TazArchiveError], tuple[int, str]] = {
    BadRequest: (400, N_("Bad request")),
    NothingFound: (404, N_("Not in the archive")),
    DamagedArchive: (500, N_("The archive is damaged")),
    StoreError: (503, N_("The archive is temporarily unavailable")),
}
# What a message says in English, for readers of other languages.
EXPLANATIONS = {
    400: N_("Something in the address is invalid, such as a day or a number."),
    404: N_("This article or page is not archived, or does not exist."),
    500: N_("Please report this to the operator of this archive."),
    503: N_("Please try again later."),
}


def error_page(
    error: TazArchiveError, links: Sequence[tuple[str, str]] = (), *, path: str = ""
) -> TemplateResponse:
    """Return the page for an error, without the folder of ``path``, the archive's, in its message."""
    status, title = next(found for kind, found in STATUS_BY_ERROR.items() if isinstance(error, kind))
    message = str(error).replace(path, Path(path).name) if path else str(error)
    headers = {"retry-after": "10"} if status == 503 else {}  # noqa: PLR2004 - said in STATUS
    return TemplateResponse(
        template="error.html",
        context={"title": title, "message": message, "explanation": EXPLANATIONS[status], "links": links},
        status=status,
        headers=headers,
    )


def reader_error(datasette: Any, exception: Exception) -> TazArchiveError | None:
    """Return our error for an exception on any page, including Datasette's own, or None."""
    database = served_archive(datasette)
    if database is None:
        return None
    if isinstance(exception, NotFound):
        message = str(exception)
        return NothingFound("this page does not exist" if message in ("", "404") else message)
    return as_store_error(Path(database.path), exception)


async def error_response(datasette: Any, request: Any, error: TazArchiveError) -> Response:
    """Return the error page, or JSON for a path that ends in ``.json``."""
    database = served_archive(datasette)
    page = error_page(error, path=str(database.path))
    if request.path.endswith(".json"):
        details = {"ok": False, "error": page.context["message"], "status": page.status, "title": None}
        return Response.json(details, status=page.status)
    return await _render(page, _site_urls(datasette, request, database.name), datasette, request)


async def _render(found: ViewResponse, site: SiteUrls, datasette: Any, request: Any) -> Response:
    if isinstance(found, Redirect):
        headers = {**PAGE_HEADERS, **found.headers, "location": found.location}
        response = Response("", status=302, headers=headers)
    elif isinstance(found, TextResponse):
        return _text_response(found, {**PAGE_HEADERS, **VARY, **found.headers}, request)
    else:
        response = await _page(found, site, datasette, request)
    keep_choice(request, response, datasette.setting("base_url"))
    return response


async def _page(found: TemplateResponse, site: SiteUrls, datasette: Any, request: Any) -> Response:
    context = {
        **found.context,
        **page_texts(page_language(request)),
        "site": site,
        "language": LANGUAGE,
        "noindex": not robots_allowed(),
        "language_links": language_links(request.query_string),
        "language_names": LANGUAGE_NAMES,
    }
    body = await datasette.render_template(f"room/{found.template}", context, request=request)
    headers = {**PAGE_HEADERS, **VARY, **found.headers}
    return Response.html(body, status=found.status, headers=headers)


def _text_response(found: TextResponse, headers: dict[str, str], request: Any) -> Response:
    """Return the text, or 304 if the client's copy is current."""
    checks = validators(found)
    headers = {**headers, **checks}
    if is_fresh(request.headers, checks):
        return Response("", status=304, headers=headers, content_type=found.content_type)
    return Response(found.body, headers=headers, content_type=found.content_type)
