"""Memento (RFC 7089): the versions of an article by its original URL and a time."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from archive.datasette.request import BadRequest, ReaderRequest
from archive.datasette.responses import Redirect, TextResponse, ViewResponse
from archive.errors import NothingFound
from archive.model import Kind
from archive.pagekey import article_url, page_key
from archive.store import Memento, VersionSummary, last_written
from archive.timestamps import parse_http_date, parse_stamp

LINK_FORMAT = "application/link-format"
SINGLE_SLASH_SCHEME = re.compile(r"^([a-z]+):/(?!/)")  # nginx makes one slash of two


def timegate(request: ReaderRequest) -> ViewResponse:
    """Redirect to the version of an original at ``Accept-Datetime``, by default to the latest.

    A time before the first version leads to the first (RFC 7089, section 4.5.3).
    """
    original, article = _original(request)
    steps = _datable(request.archive.history.versions(article))
    wanted = request.headers.get("accept-datetime")
    chosen = _at(steps, _asked(wanted)) if wanted else steps[-1]
    return Redirect(
        location=_memento_url(request, article, chosen),
        headers={"vary": "accept-datetime", "link": ", ".join(_links(request, original))},
    )


def timemap(request: ReaderRequest) -> ViewResponse:
    """List all mementos of an original, oldest first."""
    original, article = _original(request)
    steps = _datable(request.archive.history.versions(article))
    span = f'; from="{_http(steps[0])}"; until="{_http(steps[-1])}"'
    lines = [
        f'<{original}>; rel="original"',
        f'<{request.site.whole(request.site.timemap(original))}>; rel="self"; type="{LINK_FORMAT}"{span}',
        f'<{request.site.whole(request.site.timegate(original))}>; rel="timegate"',
        *(
            f'<{_memento_url(request, article, step)}>; rel="{_rel(step, steps)}"; datetime="{_http(step)}"'
            for step in steps
        ),
    ]
    return TextResponse(
        body=",\n".join(lines) + "\n", content_type=LINK_FORMAT, modified=last_written(request.archive.path)
    )


def headers(request: ReaderRequest, memento: Memento, *, fixed: bool) -> dict[str, str]:
    """Return the Memento headers of an article's page; ``fixed`` if it will always show this version."""
    if memento.url is None:
        return {}
    cited = f'<{request.site.whole(request.site.with_digest(memento.row.digest))}>; rel="cite-as"'
    link = {"link": ", ".join([*_links(request, memento.url), *([cited] if fixed else [])])}
    time = {"memento-datetime": _date(parse_stamp(memento.row.first_seen))} if fixed else {}
    return {**link, **time}


def _links(request: ReaderRequest, original: str) -> Iterator[str]:
    yield f'<{_ascii(original)}>; rel="original"'
    yield f'<{request.site.whole(request.site.timegate(original))}>; rel="timegate"'
    yield f'<{request.site.whole(request.site.timemap(original))}>; rel="timemap"; type="{LINK_FORMAT}"'


def _ascii(url: str) -> str:
    """Drop the characters that a header must not contain or that would end the link."""
    return "".join(sign if "!" <= sign <= "~" and sign not in '<>"' else "" for sign in url)


def _original(request: ReaderRequest) -> tuple[str, int]:
    """Return the original's URL, as the archive writes it, and the article's number."""
    query = f"?{request.query}" if request.query else ""
    asked = SINGLE_SLASH_SCHEME.sub(r"\1://", request.parts["original"]) + query
    key = page_key(asked)
    if key is None or key.kind is not Kind.ARTICLE:
        raise NothingFound(f"“{asked[:200]}” is not the URL of an article of the paper")
    known = request.archive.articles.url(key.number)
    return _ascii(known or article_url(key.number)), key.number


def _asked(text: str) -> datetime:
    time = parse_http_date(text)
    if time is None:
        raise BadRequest(f"Accept-Datetime must be like “Thu, 10 Apr 2025 12:00:00 GMT”, not “{text[:60]}”")
    return time


def _datable(steps: list[VersionSummary]) -> list[VersionSummary]:
    """Return the last version of each second, the precision of HTTP dates."""
    return list({_second(step): step for step in steps}.values())


def _second(step: VersionSummary) -> datetime:
    """Return when a version was first seen, to the second."""
    return parse_stamp(step.first_seen).replace(microsecond=0)


def _at(steps: list[VersionSummary], time: datetime) -> VersionSummary:
    """Return the version at a time, or the first one."""
    return next((step for step in reversed(steps) if _second(step) <= time), steps[0])


def _memento_url(request: ReaderRequest, article: int, step: VersionSummary) -> str:
    return request.site.whole(request.site.as_of(article, step.first_seen))


def _rel(step: VersionSummary, steps: list[VersionSummary]) -> str:
    ends = [name for name, end in (("first", steps[0]), ("last", steps[-1])) if step is end]
    return " ".join([*ends, "memento"])


def _http(step: VersionSummary) -> str:
    return _date(_second(step))


def _date(time: datetime) -> str:
    return format_datetime(time, usegmt=True)
