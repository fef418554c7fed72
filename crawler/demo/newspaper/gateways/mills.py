"""gopher.mills.io and bbs.cortex-media.info: ``<pre>``, a column of seven before each line.

Here the second shows its pages without what is blank of that column, which it does at times.
"""

from collections.abc import Sequence
from html import escape

from archive.gateways import ServerPage, in_path
from archive.model import Line
from crawler.demo.newspaper.gateways.paths import href
from crawler.demo.newspaper.serving.web import SampleGateway

MILLS_LABELS = {"0": "TXT", "1": "DIR", "7": "QRY", "I": "IMG", "h": "HTM"}
COLUMN = " " * 7


def show(place: ServerPage, lines: Sequence[Line]) -> str:
    return _page(place, "".join(f"{_row(line)}\n" for line in lines))


def show_flattened(place: ServerPage, lines: Sequence[Line]) -> str:
    """Show the page without the spaces of the column."""
    return _page(place, "".join(f"{_row(line).removeprefix(COLUMN).removeprefix(' ')}\n" for line in lines))


def say(place: ServerPage, said: str) -> str:  # noqa: ARG001 - an error is all it shows
    return f"<b>Error:</b><pre>{escape(said)}</pre>"


def _row(line: Line) -> str:
    text = escape(line.text)
    if line.item == "i":
        return f"{COLUMN}{text}"
    label = MILLS_LABELS.get(line.item, "TXT")
    link = escape(href(line)) if line.target else f"/{line.item}"
    return f' ({label}) <a class="{label}" href="{link}">{text}</a>'


def _page(place: ServerPage, rows: str) -> str:
    return (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(place.host)}</title>\n</head>\n<body>\n<section>\n"
        f"<pre>\n{rows}</pre>\n</section>\n"
        "<script>\nvar asked = document.getElementsByClassName('QRY')\n</script>\n</body>\n</html>\n"
    )


MILLS = SampleGateway("/", in_path, show, say)
CORTEX = SampleGateway("/", in_path, show_flattened, say)
