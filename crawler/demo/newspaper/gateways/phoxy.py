"""gopherspace.de's phoxy: a header, ``<pre>``, umlauts transliterated after the text was wrapped."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from archive.dump.grammar import TITLE_LINE
from archive.gateways import ServerPage, in_host_and_pfad
from archive.model import Line
from archive.paper import HOST
from crawler.demo.newspaper.serving.web import SampleGateway

PHOXY_HEADER = "GOPHERSPACE.DE - P H O X Y"
TRANSLITERATED_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
)  # ß stays


def show(place: ServerPage, lines: Sequence[Line]) -> str:
    return _page(place, "".join(f"{_row(line)}\n" for line in lines))


def say(place: ServerPage, said: str) -> str:
    return _page(place, f"{escape(said)}\n")


def _row(line: Line) -> str:
    if line.target:
        return f'<a href="{escape(_href(line.target))}">{escape(line.text)}</a>'
    return escape(
        line.text if TITLE_LINE.fullmatch(line.text) else line.text.translate(TRANSLITERATED_UMLAUTS)
    )


def _href(target: str) -> str:
    return f"phoxy.php?host={HOST}&pfad={quote(target, safe='/!')}" if target.startswith("/") else target


def _page(place: ServerPage, rows: str) -> str:
    where = escape(f"{place.host}{place.selector}")
    return (
        f'<html>\n<head>\n<meta charset="utf-8">\n<title>{where}</title>\n</head>\n<body>\n'
        f"<h1>{PHOXY_HEADER}</h1>\n<p>{where}</p>\n<hr>\n<pre>\n{rows}</pre>\n<hr>\n"
        '<p><a href="/">Gopherspace.de</a></p>\n</body>\n</html>\n'
    )


PHOXY = SampleGateway("/proxy/phoxy.php", in_host_and_pfad, show, say)
