"""gopher.fuckup.solutions and phroot.kroovy.de: gopherproxy-c, ``<pre>`` with a column of seven.

A row that does not fit its buffer ends the page with an error, in a page that is well formed.
"""

from collections.abc import Sequence
from html import escape

from archive.gateways import _OUTSIDE, ServerPage, in_q
from archive.model import Line
from archive.paper import GOPHER_PORT, HOST
from archive.renditions.forms.gopher import encode
from crawler.demo.newspaper.serving.web import SampleGateway

FUCKUP_LABELS = {"0": "TEXT", "1": "DIR", "3": "ERR", "7": "SEARCH", "I": "IMG", "h": "HTML"}
# gopherproxy-c reads rows by fgets into 1,024 bytes, one of which ends the string.
MAX_GOPHER_ROW_BYTES = 1023  # bytes of a row as the gopher server sends it, including its line ending


def show(place: ServerPage, lines: Sequence[Line]) -> str:
    rows = []
    for number, line in enumerate(lines, start=1):
        if _is_too_long(line):
            rows.append(f"{escape(_where(place))}:{number}: line too long")
            break
        rows.append(_row(line))
    return _page(place, "".join(f"{row}\n" for row in rows))


def say(place: ServerPage, said: str) -> str:
    return _page(place, f"   ERR {escape(said)}\n")


def _is_too_long(line: Line) -> bool:
    row, _, _ = encode([line], host=HOST, port=GOPHER_PORT).partition(b"\n")
    return len(row) + 1 > MAX_GOPHER_ROW_BYTES


def _where(place: ServerPage) -> str:
    return f"{place.host}:{place.port} {place.selector}"


def _row(line: Line) -> str:
    text = escape(line.text)
    if line.item == "i":
        return f"{'':6} {text}"
    label = f"{FUCKUP_LABELS.get(line.item, 'RESERV'):>6}"
    target = line.target or ""
    place = f"{HOST}/{line.item}{target if target.startswith('/') or not target else _OUTSIDE + target}"
    if line.item == "7":
        return (
            f'</pre><form method="get" action=""><pre>{label} '
            f'<input type="hidden" name="q" value="{escape(place)}" />'
            f'<input type="search" placeholder="{text}" name="p" value="" size="72" />'
            '<input type="submit" value="Search" /></pre></form><pre>'
        )
    return f'{label} <a href="?q={escape(place)}">{text}</a>'


def _page(place: ServerPage, rows: str) -> str:
    asked = escape(f"{place.host}/{place.item}{place.selector}")
    return (
        '<!DOCTYPE html>\n<html dir="ltr">\n<head>\n'
        '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />\n'
        f"<title>{asked} - Gopher HTTP proxy</title>\n</head>\n<body>\n"
        f'<form method="get" action=""><pre>  URI: <input type="search" name="q" value="{asked}"'
        ' placeholder="URI..." size="72" /><input type="submit" value="Go for it!" /></pre></form>'
        f"<pre>\n{rows}</pre>\n</body>\n</html>\n"
    )


FUCKUP = SampleGateway("/", in_q, show, say)
KROOVY = SampleGateway("/gopherproxy/", in_q, show, say)
