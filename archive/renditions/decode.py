"""Bytes of any rendition → the page they are: the one way in, for crawls, imports and re-reading."""

from collections.abc import Callable
from typing import NamedTuple

from archive.dump.grammar import SECTIONS, clean
from archive.dump.reader import parse_dump, parse_menu
from archive.dump.wrapping import WRAPPED
from archive.errors import DumpError, RenditionError
from archive.model import Article, Kind, Layout, Line, Page, PageKey
from archive.paper import GOPHER_SERVER
from archive.renditions import (
    detect,
    fuckup,
    gemini_html,
    geminispace,
    gemtext,
    gopher,
    html,
    meulie,
    miga,
    mills,
    phoxy,
    table,
    text,
)
from archive.renditions.charset import decode_text, ends_line

Decoder = Callable[[bytes, str], list[Line]]

# Adding a rendition is a module with `decode` and a line here.
DECODERS: dict[str, Decoder] = {
    "gopher": gopher.decode,
    "gemini": gemtext.decode,
    "gemini-html": gemini_html.decode,
    "meulie": meulie.decode,
    "mills": mills.decode,
    "fuckup": fuckup.decode,
    "miga": miga.decode,
    "phoxy": phoxy.decode,
    "table": table.decode,
    "text": text.decode,
}
# How renditions lay out their lines, where it is not as the paper's gopher pages do.
LAYOUTS: dict[str, Layout] = {
    "gemini": Layout(wrapped=False),
    "gemini-html": Layout(wrapped=False),
    "phoxy": Layout(transliterated=True),
}
# The items the paper's lines have; see Line. "h" is how most servers mark a link to the web.
ITEMS = frozenset("i1I7h3")
# No complete article seen lacks both.
INCOMPLETE = "no date and none of the four sections: the page is incomplete, or a menu"
QUOTED = 30  # characters of a page's last line that an error quotes


class Seen(NamedTuple):
    """A page, how many lines it had, and how many of these were of a form its rendition does not know."""

    page: Page
    rows: int
    unknown_rows: int


def read_page(
    body: bytes, *, key: PageKey | None, rendition: str | None = None, home: str = GOPHER_SERVER
) -> Page:
    """Read the page that ``key`` names; without a key an article is expected.

    ``rendition`` is one of :data:`DECODERS`, or None to guess it from the bytes. ``home`` is the
    ``host:port`` the bytes came from. Raises :exc:`RenditionError`, :exc:`AbsentError` or
    :exc:`DumpError`, whose messages say what was expected and what was found.
    """
    return see_page(body, key=key, rendition=rendition, home=home).page


def see_page(body: bytes, *, key: PageKey | None, rendition: str | None, home: str) -> Seen:
    """The same, with what its lines looked like."""
    form = rendition or guess(body)
    if form not in DECODERS:
        raise RenditionError(f'unknown rendition "{form}": expected one of {", ".join(DECODERS)}')
    lines = DECODERS[form](body, home)
    unknown = len([item for _, _, item, _ in lines if item not in ITEMS])
    layout = LAYOUTS.get(form, WRAPPED)
    if key and key.kind is not Kind.ARTICLE:
        return Seen(parse_menu(lines, layout), len(lines), unknown)
    article = parse_dump(lines, layout)
    _refuse_half(article, lines, body, form)
    return Seen(article, len(lines), unknown)


def guess(body: bytes) -> str:
    """The rendition the bytes look like: a gateway's page, menu rows, link lines, table rows, else text."""
    content = html.decode_html(body)
    if html.looks_like(content):
        return detect.of_html(content)
    content = decode_text(body)
    if gopher.looks_like(content):
        return "gopher"
    if gemtext.looks_like(content) or geminispace.below_head(content) is not None:
        return "gemini"
    return "table" if table.looks_like(content) else detect.of_text(content) or "text"


def _refuse_half(article: Article, lines: list[Line], body: bytes, form: str) -> None:
    """Raise :exc:`DumpError` for a page that seems to stop early: its missing end would count as an edit.

    Only the last row of a gopher menu proves that a page is complete. A saved file may end at any line, and
    a gateway closes its HTML even if the paper's server hung up, so all other pages are judged by their
    content. A complete page that is refused is kept and can be parsed again.
    """
    if form == "gopher" and gopher.ends_whole(body):
        return
    last = next(clean(line.text) for line in reversed(lines) if clean(line.text))[-QUOTED:]
    if not (article.published or _has_section(lines)):
        expected = f'the rest of the page after "{last}"'
        raise DumpError(len(lines), expected=expected, found=INCOMPLETE)
    if article.tags or article.related:
        return
    found = f'the end of the page after "{last}"'
    if _stops_in_sections(article, lines) or (form == "gemini" and not ends_line(body)):
        raise DumpError(len(lines), expected="the rest of the page", found=found)
    if article.authors:
        return
    if not article.published and (form in ("gopher", "gemini", "gemini-html") or not ends_line(body)):
        raise DumpError(len(lines), expected='a date line ("8 Oct 2020")', found=found)
    if lost := [link.n for link in article.links if link.target is None]:
        raise DumpError(len(lines), expected=f"where link [{lost[0]}] leads", found=found)


def _has_section(lines: list[Line]) -> bool:
    return any(clean(line.text) in SECTIONS for line in lines)


def _stops_in_sections(article: Article, lines: list[Line]) -> bool:
    """Return whether LINKS or AUTOREN begin but no author is named, so that the authors may be lost."""
    begun = article.published is not None and any(clean(line.text) in SECTIONS[:2] for line in lines)
    return begun and not article.authors
