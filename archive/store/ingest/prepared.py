"""What follows from a capture by itself, whatever the archive holds: it can be worked out ahead."""

from typing import NamedTuple

from archive.model import Capture
from archive.renditions.read_capture import ParsedCapture
from archive.store.payloads.payloads import PreparedPayload
from archive.text.indexed_text import IndexedText


class PreparedCapture(NamedTuple):
    """What a capture was read as.

    How its article's text is indexed, and its payload, may be worked out too.
    """

    found: ParsedCapture
    indexed: IndexedText | None = None
    payload: PreparedPayload | None = None


CaptureAhead = tuple[Capture, PreparedCapture | None]
