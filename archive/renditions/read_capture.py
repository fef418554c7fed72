"""A capture → the page it holds, or what is wrong with it. Pure."""

from typing import NamedTuple
from urllib.parse import urlsplit

from archive.errors import AbsentError, GatewayError, PageError
from archive.gateways import DEFAULT_PORTS
from archive.model import Capture, Outcome, Page
from archive.paper import GOPHER_SERVER
from archive.renditions.decode import decode_page

# Servers of these schemes name themselves in their links; other sources link to the paper's gopher server.
NATIVE_SCHEMES = ("gopher", "gophers", "gemini")


class ParsedCapture(NamedTuple):
    """The page of a capture, or the problem with it.

    ``rows`` is how many lines the page has, ``unknown_rows`` how many of them are of an unknown form.
    """

    page: Page | None
    outcome: Outcome
    problem: str | None = None
    rows: int = 0
    unknown_rows: int = 0


def read_capture(capture: Capture) -> ParsedCapture:
    """Parse a capture. A problem with the page is returned, not raised."""
    if capture.outcome is not Outcome.OK:
        return ParsedCapture(None, capture.outcome, capture.problem)
    if capture.body is None:
        return ParsedCapture(None, Outcome.FAILED, "expected a page, found nothing")
    home = home_server(capture.url)
    try:
        decoded = decode_page(capture.body, key=capture.key, rendition=capture.rendition, home=home)
    except AbsentError as error:
        return ParsedCapture(None, Outcome.ABSENT, str(error))
    except GatewayError as error:
        return ParsedCapture(None, Outcome.FAILED, str(error))
    except PageError as error:
        return ParsedCapture(None, Outcome.UNREADABLE, str(error))
    return ParsedCapture(decoded.page, Outcome.OK, None, decoded.rows, decoded.unknown_rows)


def home_server(url: str) -> str:
    """Return the ``host:port`` that links within the paper lead to on a page captured at ``url``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # "gopher://[broken"
        return GOPHER_SERVER
    if parts.scheme not in NATIVE_SCHEMES:
        return GOPHER_SERVER
    return f"{parts.hostname}:{port or DEFAULT_PORTS[parts.scheme]}"
