"""Bytes of any rendition → the page they are: the one way in, for crawls, imports and re-reading."""

from collections.abc import Callable
from typing import NamedTuple

from archive.dump.grammar import SENTENCE_END, clean
from archive.dump.reader import parse_dump, parse_menu
from archive.dump.wrapping import WRAPPED
from archive.errors import DumpError, RenditionError
from archive.model import Article, Kind, Layout, Line, Page, PageKey
from archive.renditions import (
    fuckup,
    gemtext,
    gopher,
    html,
    meulie,
    miga,
    mills,
    phoxy,
    signatures,
    table,
    text,
)
from archive.renditions.charset import decode_text

Decoder = Callable[[bytes, str], list[Line]]

# Adding a rendition is a module with `decode` and a line here.
DECODERS: dict[str, Decoder] = {
    "gopher": gopher.decode,
    "gemini": gemtext.decode,
    "meulie": meulie.decode,
    "mills": mills.decode,
    "fuckup": fuckup.decode,
    "miga": miga.decode,
    "phoxy": phoxy.decode,
    "table": table.decode,
    "text": text.decode,
}
# How renditions lay out their lines, where it is not as the paper's gopher pages do.
LAYOUTS: dict[str, Layout] = {"gemini": Layout(wrapped=False), "phoxy": Layout(folded=True)}
# The items the paper's lines have; see Line. "h" is how most servers mark a link to the web.
ITEMS = frozenset("i1I7h3")


class Seen(NamedTuple):
    """A page, how many lines it had, and how many of these were of a form its rendition does not know."""

    page: Page
    rows: int
    unknown_rows: int


def read_page(
    body: bytes, *, key: PageKey | None, rendition: str | None = None, home: str = "taz.de:70"
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
    if key and key.kind is not Kind.ARTICLE:
        return Seen(parse_menu(lines), len(lines), unknown)
    article = parse_dump(lines, LAYOUTS.get(form, WRAPPED))
    _refuse_half(article, lines, body, form)
    return Seen(article, len(lines), unknown)


def guess(body: bytes) -> str:
    """The rendition the bytes look like: a gateway's page, menu rows, link lines, table rows, else text."""
    content = html.decode_html(body)
    if html.looks_like(content):
        return signatures.of_html(content)
    content = decode_text(body)
    if gopher.looks_like(content):
        return "gopher"
    if gemtext.looks_like(content):
        return "gemini"
    return "table" if table.looks_like(content) else signatures.of_text(content) or "text"


def _refuse_half(article: Article, lines: list[Line], body: bytes, form: str) -> None:
    """A page that stops early would be taken for an edit. Judge by what it holds where its end does not tell.

    Better a whole page refused, which is kept and can be read anew, than half of one believed.
    """
    if article.tags or article.related or _ends_whole(body, form):
        return
    stops = form == "gemini" and gemtext.stops_early(article, lines, body)
    if article.authors and not stops:
        return
    last = next(clean(line.text) for line in reversed(lines) if clean(line.text))
    found = f'the end of the page after "{last[-30:]}"'
    if stops:
        raise DumpError(len(lines), expected="the rest of the page", found=found)
    if not article.published and (form in ("gopher", "gemini") or not SENTENCE_END.search(last)):
        raise DumpError(len(lines), expected='a date line ("8 Oct 2020")', found=found)
    if lost := [link.n for link in article.links if link.target is None]:
        raise DumpError(len(lines), expected=f"where link [{lost[0]}] leads", found=found)


def _ends_whole(body: bytes, form: str) -> bool:
    """Whether one sees that the page has come to its end. HTML that did not is no page to begin with."""
    if form == "gopher":
        return gopher.ends_whole(body)
    if form == "gemini":  # no mark in gemtext tells
        return False
    return gemtext.ends_line(body) or html.looks_like(html.decode_html(body))
