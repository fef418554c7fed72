"""Between Datasette and our views: who may look, which archive, what a browser may do with the page."""

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

from archive.datasette.html.urls import Site
from archive.datasette.http.conditional import is_fresh, validators
from archive.datasette.http.deadline import Deadline
from archive.datasette.request import Ask, NotAsked, article_number
from archive.datasette.responses import Answer, Elsewhere, Page, Text
from archive.errors import DamagedArchive, NothingFound, StoreError, TazArchiveError
from archive.pagekey import article_url
from archive.paper import LANGUAGE
from archive.store import Reader, hindrance, is_archive, open_reader

View = Callable[[Ask], Answer]
PLUGIN = "taz-archive"  # under which Datasette serves our static files
STATIC = Path(__file__).parent / "plugin" / "static"
PATIENCE = 2  # seconds a reader waits for a writer that lets nobody read
TIME_LIMIT = 10  # seconds from a request until its answer is made
# Threads in which answers are made. Answers that may take seconds have fewer than there are, so that however
# many are asked for, and given up by who asked, other pages are answered at once.
QUICK_ANSWERS = ThreadPoolExecutor(4, "quick-answers")
SLOW_ANSWERS = ThreadPoolExecutor(2, "slow-answers")

# Nothing but our own style, script and pictures, whatever an article holds.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
NEEDED = ("articles", "versions", "captures")  # tables that whoever looks must be allowed to look into


def served(view: View, *, is_slow: bool) -> Callable[..., Awaitable[Response]]:
    """A view as Datasette calls it. ``is_slow`` says that its answers may take seconds."""
    executor = SLOW_ANSWERS if is_slow else QUICK_ANSWERS

    async def answer(request: Any, datasette: Any) -> Response:
        database = archive_of(datasette)
        if database is not None:
            await _permit(datasette, database, request)
        loop = asyncio.get_running_loop()
        work = partial(_answered, view, request, datasette, database, Deadline.after(TIME_LIMIT))
        site, found = await loop.run_in_executor(executor, work)
        return await _response(found, site, datasette, request)

    return answer


def archive_of(datasette: Any) -> Any:
    """The first of the databases served that is an archive; None if there is none."""
    return next((db for db in datasette.databases.values() if db.path and is_archive(Path(db.path))), None)


async def _permit(datasette: Any, database: Any, request: Any) -> None:
    """Raise Datasette's ``Forbidden`` where its own pages would."""
    around = [("view-database", database.name), "view-instance"]
    for table in NEEDED:
        await datasette.ensure_permissions(request.actor, [("view-table", (database.name, table)), *around])


def _answered(
    view: View, request: Any, datasette: Any, database: Any, deadline: Deadline
) -> tuple[Site, Answer]:
    site = _site(datasette, request, database.name if database else "")
    try:
        if request.method not in ("GET", "HEAD"):
            raise NotAsked(f"nothing here takes {request.method}")
        if database is None:
            raise NothingFound("no archive is served here; start Datasette with one: datasette taz.db")
        deadline.check()
        with open_reader(Path(database.path), patience=PATIENCE, limit=deadline.left) as archive:
            return site, view(_ask(request, archive, site, deadline))
    except TazArchiveError as error:
        return site, trouble(error, _ways(request, site), path=str(database.path) if database else "")


def _ways(request: Any, site: Site) -> list[tuple[str, str]]:
    """Where else to look for an article that cannot be shown so."""
    try:
        number = article_number(unquote(request.url_vars.get("article") or ""))
    except NotAsked:
        return []
    away = [(article_url(number), "On the paper’s website")] if number > 0 else []
    here = [(site.article(number), "The article as it last read")]
    return away if request.path.rstrip("/").endswith(request.url_vars["article"]) else [*here, *away]


def _ask(request: Any, archive: Reader, site: Site, deadline: Deadline) -> Ask:
    return Ask(
        archive=archive,
        site=site,
        parts={name: unquote(part or "") for name, part in request.url_vars.items()},
        args={name: request.args[name].strip() for name in request.args},
        query=request.query_string,
        headers=request.headers,
        now=datetime.now(UTC),
        deadline=deadline,
    )


def _site(datasette: Any, request: Any, database: str) -> Site:
    prefix = datasette.urls.path
    return Site(
        path=lambda path: str(prefix(path)),
        whole=lambda path: str(datasette.absolute_url(request, path)),
        database=str(datasette.urls.database(database)) if database else "",
        here=str(prefix(request.full_path)),
        style=str(prefix(_static("room.css"))),
        script=str(prefix(_static("room.js"))),
    )


@cache
def _static(name: str) -> str:
    """A static file's path, with what changes when it does."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/-/static-plugins/{PLUGIN}/{name}?{digest[:8]}"


STATUS: dict[type[TazArchiveError], tuple[int, str]] = {
    NotAsked: (400, "That is no question"),
    NothingFound: (404, "Not in the archive"),
    DamagedArchive: (500, "The archive is damaged"),
    StoreError: (503, "The archive cannot be read just now"),
}


def trouble(error: TazArchiveError, ways: Sequence[tuple[str, str]] = (), *, path: str = "") -> Page:
    """A page that says what is wrong, with the right status. Where the archive lies is nobody's business."""
    status, title = next(told for kind, told in STATUS.items() if isinstance(error, kind))
    told = str(error).replace(path, Path(path).name) if path else str(error)
    headers = {"retry-after": "10"} if status == 503 else {}  # noqa: PLR2004 - said in STATUS
    return Page(
        template="trouble.html",
        context={"title": title, "told": told, "ways": ways},
        status=status,
        headers=headers,
    )


def told_of(datasette: Any, exception: Exception) -> TazArchiveError | None:
    """What our page tells of an exception on any page, Datasette's too; None for what is not ours to tell."""
    database = archive_of(datasette)
    if database is None:
        return None
    if isinstance(exception, NotFound):
        told = str(exception)
        return NothingFound("there is no such page here" if told in ("", "404") else told)
    return hindrance(Path(database.path), exception)


async def told_page(datasette: Any, request: Any, error: TazArchiveError) -> Response:
    """The page, or JSON for programs."""
    database = archive_of(datasette)
    page = trouble(error, path=str(database.path))
    if request.path.endswith(".json"):
        told = {"ok": False, "error": page.context["told"], "status": page.status, "title": None}
        return Response.json(told, status=page.status)
    return await _response(page, _site(datasette, request, database.name), datasette, request)


async def _response(found: Answer, site: Site, datasette: Any, request: Any) -> Response:
    if isinstance(found, Elsewhere):
        return Response("", status=302, headers={**HEADERS, **found.headers, "location": found.location})
    headers = {**HEADERS, **found.headers}
    if isinstance(found, Text):
        return _text(found, headers, request)
    body = await datasette.render_template(
        f"room/{found.template}", {**found.context, "site": site, "language": LANGUAGE}, request=request
    )
    return Response.html(body, status=found.status, headers=headers)


def _text(found: Text, headers: dict[str, str], request: Any) -> Response:
    """The text, or only that the client has it already."""
    checks = validators(found)
    headers = {**headers, **checks}
    if is_fresh(request.headers, checks):
        return Response("", status=304, headers=headers, content_type=found.content_type)
    return Response(found.body, headers=headers, content_type=found.content_type)
