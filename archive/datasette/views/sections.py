"""The pages of sections: what each lists and listed, and an index of all."""

from archive.datasette.request import ReaderRequest, read_time, whole
from archive.datasette.responses import TemplateResponse, ViewResponse
from archive.model import Kind, PageKey
from archive.pagekey import ROOT, web_url
from archive.store import PlaceCursor
from archive.timestamps import stamp

ARTICLES_PER_PAGE = 50


def sections(request: ReaderRequest) -> ViewResponse:
    context = {"sections": request.archive.section_pages.all()}
    return TemplateResponse(template="sections.html", context=context)


def section(request: ReaderRequest) -> ViewResponse:
    """Show the articles of a section, those that it listed last first."""
    number, pages = whole(request.parts["number"], "a section"), request.archive.section_pages
    found, after = pages.find(number), _cursor(request)
    rows = pages.articles(number, limit=ARTICLES_PER_PAGE + 1, after=after)
    shown = rows[:ARTICLES_PER_PAGE]
    context = {
        "section": found,
        "rows": shown,
        "is_first": after is None,
        "more": shown[-1] if len(rows) > len(shown) else None,
        "original": web_url(PageKey(Kind.SECTION, number) if number else ROOT),
    }
    return TemplateResponse(template="section.html", context=context)


def _cursor(request: ReaderRequest) -> PlaceCursor | None:
    """Return where the list continues: after an article last seen at ``before``, at ``place``."""
    before = request.args.get("before")
    if not before:
        return None
    return PlaceCursor(stamp(read_time(before, now=request.now)), request.number("place") or 0)
