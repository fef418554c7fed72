"""The pages of an article: a version, and the diff of two versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.datasette.html.article_html import body_blocks
from archive.datasette.html.citation import chicago
from archive.datasette.html.diff_html import inline, side_by_side
from archive.datasette.html.diff_view import diff_context
from archive.datasette.html.links import LinkResolver, is_safe
from archive.datasette.html.placements import stays
from archive.datasette.html.story import story
from archive.datasette.http.page_limits import MAX_PARTS, limit_article
from archive.datasette.request import BadRequest, ReaderRequest, read_time, whole
from archive.datasette.responses import Redirect, TemplateResponse, ViewResponse
from archive.datasette.views import mementos
from archive.datasette.views.downloads import cited
from archive.export.bibtex import write_bibtex
from archive.reading.wording_digest import digest_digits
from archive.store import Memento, VersionRow, VersionSummary, text_of
from archive.timestamps import stamp

LINKED_NEIGHBOURS = 6  # versions before and after the newer one that the diff page links to


def latest(request: ReaderRequest) -> ViewResponse:
    return _article(request, request.archive.articles.memento(request.article, most=MAX_PARTS))


def as_of(request: ReaderRequest) -> ViewResponse:
    at = read_time(request.parts["time"], now=request.now, end=True)
    return _article(request, request.archive.articles.memento(request.article, at=at, most=MAX_PARTS), at=at)


def redirect_to_time(request: ReaderRequest) -> ViewResponse:
    """Redirect from the form for a time."""
    time = request.args.get("time", "")
    read_time(time, now=request.now)
    return Redirect(location=request.site.as_of(request.article, time))


def version(request: ReaderRequest) -> ViewResponse:
    number = whole(request.parts["number"], "a version")
    return _article(
        request,
        request.archive.articles.memento(request.article, number=number, most=MAX_PARTS),
        numbered=True,
    )


def with_digest(request: ReaderRequest) -> ViewResponse:
    """Redirect to the first version with a digest, given by its first 16 or more hexadecimal digits."""
    digits = digest_digits(request.parts["digest"])
    if digits is None:
        raise BadRequest("a version’s digest has 64 hexadecimal digits, of which 16 are enough")
    row = request.archive.versions.with_digest(digits)
    return Redirect(location=request.site.version(row.article_id, row.number))


def _article(
    request: ReaderRequest, memento: Memento, *, at: datetime | None = None, numbered: bool = False
) -> TemplateResponse:
    reader, row = request.archive, memento.row
    shown = limit_article(reader, memento)
    article, origins = shown.article, shown.origins
    teased = [teaser.target for teaser in article.related]
    links = LinkResolver.for_targets(request, [*(link.target for link in article.links), *teased])
    context = {
        "memento": memento,
        "article": article,
        "hidden_parts": shown.hidden,
        "row": row,
        "at": stamp(at) if at else None,
        "current": at is None and not numbered,
        "blocks": list(body_blocks(article, origins, links)),
        "related": [(teaser, links.to(teaser.target)) for teaser in article.related],
        "notes": [(link, links.to(link.target)) for link in article.links],
        "original": memento.url if memento.url and is_safe(memento.url) else None,
        "origins": origins,
        "stays": list(stays(reader.sections.places(row.article_id))),
        **_citations(request, row),
        "missing": [(cut, _before(row, cut.field, cut.offset)) for cut in origins.missing],
        **story(request, row.article_id, row.number),
    }
    headers = mementos.headers(request, memento, fixed=at is not None or numbered)
    return TemplateResponse(template="article.html", context=context, headers=headers)


def _citations(request: ReaderRequest, row: VersionRow) -> dict[str, str]:
    url = request.site.whole(request.site.as_of(row.article_id, row.first_seen))
    version = cited(request.archive.export.version(row), url)
    return {"citation": chicago(version, request.language), "bibtex": write_bibtex(version)}


def _before(row: VersionRow, field: str, offset: int) -> str:
    """Return the last words before an offset, to locate it."""
    return " ".join(text_of(row, field)[max(offset - 80, 0) : offset].split()[-5:])


@dataclass(frozen=True, slots=True)
class Slider:
    """The compared versions and their neighbours. ``near`` are the versions that get a link."""

    older: VersionSummary
    newer: VersionSummary
    near: tuple[VersionSummary, ...]
    count: int

    @property
    def back(self) -> int | None:
        """Return the older version of the previous pair, or None."""
        return self.newer.number - 2 if self.newer.number > 2 else None  # noqa: PLR2004 - the first pair is 1..2

    @property
    def on(self) -> int | None:
        """Return the older version of the next pair, or None."""
        return self.newer.number if self.newer.number < self.count else None


def diff(request: ReaderRequest) -> ViewResponse:
    """Show the diff of two versions, inline or side by side."""
    older, newer = (whole(request.parts[name], "a version") for name in ("older", "newer"))
    view = request.args.get("view", "inline")
    if view not in ("inline", "split"):
        raise BadRequest("invalid view: use inline or split")
    reader = request.archive
    before, after = (reader.versions.numbered(request.article, number) for number in (older, newer))
    steps = reader.history.versions(request.article)
    context = {
        "row": after,
        "split": view == "split",
        "paragraph": side_by_side if view == "split" else inline,
        "slider": _slider(steps, older, newer),
        "cut": [row.number for row in (before, after) if row.truncation_count],
        **diff_context(reader, before, after, request.deadline),
    }
    return TemplateResponse(template="diff.html", context=context)


def _slider(steps: Sequence[VersionSummary], older: int, newer: int) -> Slider:
    near = {1, len(steps), older, *range(newer - LINKED_NEIGHBOURS, newer + LINKED_NEIGHBOURS + 1)}
    shown = tuple(step for step in steps if step.number in near)
    return Slider(steps[older - 1], steps[newer - 1], shown, len(steps))


def redirect_to_diff(request: ReaderRequest) -> ViewResponse:
    """Redirect from the slider's form to the diff of two versions, by default of the one before."""
    newer, older = request.number("to"), request.number("from")
    if newer is None:
        newer = request.archive.versions.count(request.article)
    if older is None:
        older = max(newer - 1, 1)
    split = request.args.get("view") == "split"
    return Redirect(location=request.site.diff(request.article, older, newer, split=split))
