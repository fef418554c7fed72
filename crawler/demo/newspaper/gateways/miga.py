"""gopher.miga.me.uk: bare lines, links among them, no blank ones."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from archive.gateways import ServerPage, in_url
from archive.model import Line
from archive.paper import GOPHER_PORT, HOST
from crawler.demo.newspaper.serving.web import SampleGateway


def show(place: ServerPage, lines: Sequence[Line]) -> str:
    return _page(place, "".join(f"{_row(line)}<br>\n" for line in lines if line.text))


def say(place: ServerPage, said: str) -> str:
    return _page(place, f"{escape(said)}<br>\n")


def _row(line: Line) -> str:
    text = escape(line.text)
    return f'<a href="{escape(_href(line.item, line.target))}">{text}</a>' if line.target else text


def _href(item: str, target: str) -> str:
    if not target.startswith("/"):
        return target
    return f"?url={quote(f'gopher://{HOST}:{GOPHER_PORT}/{item}{target}', safe='')}"


def _page(place: ServerPage, rows: str) -> str:
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(place.host)}</title>\n</head>\n<body>\n"
        '<form action="/"><input name="url"><input type="submit" value="Go"></form>\n'
        f'<div class="menu">\n{rows}</div>\n<footer>A gopher proxy.</footer>\n</body>\n</html>\n'
    )


MIGA = SampleGateway("/", in_url, show, say)
