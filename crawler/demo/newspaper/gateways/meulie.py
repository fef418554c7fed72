"""gopherproxy.meulie.net: a table of two cells a row, no blank rows, long rows truncated."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from archive.gateways import ServerPage, in_path
from archive.model import Line
from crawler.demo.newspaper.gateways.paths import href
from crawler.demo.newspaper.serving.web import SampleGateway

MAX_TABLE_ROW_BYTES = 80  # bytes of a row; of a longer one the first 79 are kept


def cut(text: str) -> str:
    """Return a row as shown. Half a character at the truncation becomes U+FFFD."""
    row = text.encode(errors="replace")
    return (
        text
        if len(row) <= MAX_TABLE_ROW_BYTES
        else row[: MAX_TABLE_ROW_BYTES - 1].decode(errors="replace") + "…"
    )


def show(place: ServerPage, lines: Sequence[Line]) -> str:
    return _page(place, "".join(map(_row, (line for line in lines if line.text))))


def say(place: ServerPage, said: str) -> str:
    return _page(place, _row(Line(said)))


def _row(line: Line) -> str:
    text = escape(cut(line.text))
    if line.target:
        text = f'<a href="{escape(href(line))}">{text}</a>'
    return f"<tr><td>{text}</td><td></td></tr>\n"


def _page(place: ServerPage, rows: str) -> str:
    where = escape(f"{place.host}/{place.item}{quote(place.selector, safe='/!')}")
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f"<title>{where}</title>\n<style>td {{ font-family: monospace }}</style>\n</head>\n<body>\n"
        f'<p><a href="/">Gopher proxy</a></p>\n<p>{where}</p>\n'
        f"<table>\n{rows}</table>\n<p>Served over HTTP.</p>\n</body>\n</html>\n"
    )


MEULIE = SampleGateway("/", in_path, show, say)
