"""Bytes of any rendition → a page."""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

from archive.dump.grammar import SECTION_HEADINGS, clean
from archive.dump.reader import parse_dump, parse_menu
from archive.errors import DumpError, RenditionError
from archive.gateways import GATEWAYS, WebGateway
from archive.model import Article, Kind, Line, Page, PageKey
from archive.paper import GOPHER_SERVER
from archive.plugins import with_plugins
from archive.renditions import detect, html_page
from archive.renditions.charset import decode_text, ends_line
from archive.renditions.forms import geminispace, gemtext, gopher, table, text
from archive.renditions.rendition import Rendition


def _rendition_of(gateway: WebGateway) -> Rendition:
    """Return what the module named for a gateway's rendition declares."""
    module = import_module(f"archive.renditions.forms.{gateway.rendition.replace('-', '_')}")
    rendition: Rendition = module.RENDITION
    return rendition


# By name. The first whose signature is found in a page reads it, so the order matters.
RENDITIONS = {
    rendition.name: rendition
    for rendition in (
        gopher.RENDITION,
        gemtext.RENDITION,
        *map(_rendition_of, GATEWAYS),
        table.RENDITION,
        text.RENDITION,
    )
}
# The item types on the paper's pages; most servers mark links to the web with "h".
_KNOWN_ITEMS = frozenset("i1I7h3")
# All complete articles seen have one or the other.
INCOMPLETE = "no date and none of the four sections: the page is incomplete, or a menu"
_MAX_QUOTED_LENGTH = 30  # characters of a page's last line that an error quotes


@cache
def renditions() -> Mapping[str, Rendition]:
    """Return all renditions by name, those of plugins too. Raise :exc:`PluginError`."""
    return with_plugins(RENDITIONS, "register_renditions", Rendition)


def _rendition_named(name: str) -> Rendition:
    """Return a rendition; packages are searched for plugins only if none of ours has the name."""
    found = RENDITIONS.get(name) or renditions().get(name)
    if found is None:
        raise RenditionError(f'unknown rendition "{name}": expected one of {", ".join(renditions())}')
    return found


def _in_order_of_detection() -> Iterator[Rendition]:
    """Yield our renditions, then those of plugins, which are loaded only if a page is of none of ours."""
    yield from RENDITIONS.values()
    yield from renditions().values()


class DecodedPage(NamedTuple):
    """A page, how many lines it has, and how many of them are of an unknown form."""

    page: Page
    rows: int
    unknown_rows: int


def read_page(
    body: bytes, *, key: PageKey | None, rendition: str | None = None, home: str = GOPHER_SERVER
) -> Page:
    """Read the page that ``key`` names; without a key an article is expected.

    ``rendition`` is a name of :func:`renditions`, or None to detect it. ``home`` is the
    ``host:port`` the bytes came from. Raises :exc:`RenditionError`, :exc:`AbsentError` or
    :exc:`DumpError`, whose messages say what was expected and what was found.
    """
    return decode_page(body, key=key, rendition=rendition, home=home).page


def decode_page(body: bytes, *, key: PageKey | None, rendition: str | None, home: str) -> DecodedPage:
    """Read a page like :func:`read_page`, and count its lines."""
    form = rendition or detect_rendition(body)
    rendition_used = _rendition_named(form)
    lines = rendition_used.decode(body, home)
    unknown = len([item for _, _, item, _ in lines if item not in _KNOWN_ITEMS])
    if key and key.kind is not Kind.ARTICLE:
        return DecodedPage(parse_menu(lines, rendition_used.layout), len(lines), unknown)
    article = parse_dump(lines, rendition_used.layout)
    _refuse_incomplete(article, lines, body, form)
    return DecodedPage(article, len(lines), unknown)


def detect_rendition(body: bytes) -> str:
    """Return the name of the rendition that the bytes look like, ``text`` if no other."""
    content = html_page.decode_html(body)
    if html_page.looks_like(content):
        return detect.gateway_of_html(content, _in_order_of_detection())
    content = decode_text(body)
    if gopher.looks_like(content):
        return "gopher"
    if gemtext.looks_like(content) or geminispace.below_head(content) is not None:
        return "gemini"
    return "table" if table.looks_like(content) else detect.gateway_of_text(content) or "text"


def _refuse_incomplete(article: Article, lines: list[Line], body: bytes, form: str) -> None:
    """Raise :exc:`DumpError` for a page that seems to stop early: its missing end would count as an edit.

    Only the last row of a gopher menu proves that a page is complete. A saved file may end at any line, and
    a gateway closes its HTML even if the paper's server hung up, so all other pages are judged by their
    content. A page that is refused is stored, and can be parsed again.
    """
    if form == "gopher" and gopher.ends_whole(body):
        return
    last = next(clean(line.text) for line in reversed(lines) if clean(line.text))[-_MAX_QUOTED_LENGTH:]
    if not (article.published or _has_any(lines, SECTION_HEADINGS)):
        expected = f'the rest of the page after "{last}"'
        raise DumpError(len(lines), expected=expected, found=INCOMPLETE)
    if article.tags or article.related:
        return
    found = f'the end of the page after "{last}"'
    # LINKS or AUTOREN begin but no author is named: the authors may be lost.
    is_cut = article.published and not article.authors and _has_any(lines, SECTION_HEADINGS[:2])
    if is_cut or (form == "gemini" and not ends_line(body)):
        raise DumpError(len(lines), expected="the rest of the page", found=found)
    if article.authors:
        return
    if not article.published and (form in ("gopher", "gemini", "gemini-html") or not ends_line(body)):
        raise DumpError(len(lines), expected='a date line ("8 Oct 2020")', found=found)
    if lost := [link.position for link in article.links if link.target is None]:
        raise DumpError(len(lines), expected=f"where link [{lost[0]}] leads", found=found)


def _has_any(lines: list[Line], headings: Collection[str]) -> bool:
    return any(clean(line.text) in headings for line in lines)
