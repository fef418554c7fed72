"""A rendition: a form in which a source sends the paper's pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from archive.dump.wrapping import WRAPPED
from archive.model import Layout, Line

Decoder = Callable[[bytes, str], list[Line]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """How the bytes of one form are read.

    ``decode`` takes a page and the ``host:port`` it came from, and returns its lines from the title on. It
    raises :exc:`archive.errors.RenditionError` for bytes of another form, :exc:`archive.errors.GatewayError`
    for a gateway's own error or a page that stops early, and :exc:`archive.errors.AbsentError` if the paper's
    server says that there is no such page. ``layout`` says how lines are laid out. ``html_signature`` matches
    HTML of this form only, so that saved pages are recognized.
    """

    name: str
    decode: Decoder
    layout: Layout = WRAPPED
    html_signature: re.Pattern[str] | None = None
