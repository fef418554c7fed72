"""gemini.nicfab.eu: the paper's gemtext as HTML, an element a line or for lines of text in a row."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote, unquote

from archive.gateways import EXTERNAL, ServerPage, in_lxy
from archive.model import Line, Page
from archive.paper import HOST
from archive.renditions.forms.gemtext import LINK_LINE
from crawler.demo.newspaper.pages.edition import Pages
from crawler.demo.newspaper.serving.web import SampleGateway

# By how a line of gemtext begins.
ELEMENTS = {"### ": "h3", "## ": "h2", "# ": "h1", "> ": "blockquote"}


def gemtext(pages: Pages, page: Page) -> list[Line]:
    """Return the lines of the page in geminispace."""
    return [Line(line) for line in pages.gemtext(page).splitlines()]


def show(place: ServerPage, lines: Sequence[Line]) -> str:
    groups = groupby((line.text for line in lines), key=_is_text)
    return _page(place, "".join(_text(rows) if is_text else _rows(rows) for is_text, rows in groups))


def say(place: ServerPage, said: str) -> str:
    return _page(place, f"<p>51 {escape(said)}</p>\n")


def _is_text(row: str) -> bool:
    return bool(row) and not row.startswith(("=>", *ELEMENTS))


def _text(rows: Iterator[str]) -> str:
    return f"<p>{'<br>'.join(map(escape, rows))}</p>\n"


def _rows(rows: Iterator[str]) -> str:
    return "".join(_row(row) for row in rows if row)


def _row(row: str) -> str:
    if link := LINK_LINE.fullmatch(row):
        return f'<p><a href="{escape(_href(link["url"]))}">{escape(link["text"] or link["url"])}</a></p>\n'
    mark = next(mark for mark in ELEMENTS if row.startswith(mark))
    return f"<{ELEMENTS[mark]}>{escape(row.removeprefix(mark))}</{ELEMENTS[mark]}>\n"


def _href(url: str) -> str:
    return EXTERNAL + quote(HOST + unquote(url), safe="") if url.startswith("/") else url


def _page(place: ServerPage, rows: str) -> str:
    where = escape(f"{place.host}{place.selector}")
    return (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>{where}</title>\n</head>\n<body>\n'
        f'<nav><form action="/lxy/"><input name="url" value="{where}"></form></nav>\n<main>\n{rows}</main>\n'
        "<footer><p>A gemini proxy.</p></footer>\n</body>\n</html>\n"
    )


NICFAB = SampleGateway(EXTERNAL, in_lxy, show, say, gemtext)
