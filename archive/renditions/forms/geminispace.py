"""The archive of geminispace: pages below a head that says when they were captured.

The head ends with a ruler::

    Archived View for taz.de captured on 2024-03-21 at 14:45:49.
    …
    -=-=-=-=-=-=-
"""

import re

from archive.paper import HOST

_HEAD = re.compile(
    r"Archived View for \S{1,100} captured on (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r" at (?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
)
_MARK = b"Archived View for "
RULER = re.compile(r"(?:-=){4,40}-?")
# The paper's title, in gemtext or as HTML: what stands below it belongs to the page.
_TITLE = re.compile(
    rf"^#{{1,3}}[ \t]*{re.escape(HOST)}\b|<h[1-3](?:\s[^<>]{{0,200}})?>\s{{0,20}}(?:# )?{re.escape(HOST)}\b",
    re.MULTILINE,
)
HEAD_WITHIN = 20_000  # characters, markup counted


def time_shown(body: bytes) -> str | None:
    """Return when a page says that it was captured, as ``2024-03-21T14:45:49+00:00``; None if it does not."""
    if _MARK not in body[:HEAD_WITHIN]:
        return None
    head = _head(body[:HEAD_WITHIN].decode(errors="replace"))
    return head and f"{head['day']}T{head['time']}+00:00"


def below_head(text: str) -> str | None:
    """Return what stands below the head of an archived page; None if the text does not begin with a head."""
    head = _head(text[:HEAD_WITHIN])
    ruler = head and RULER.search(text, head.end())
    return text[ruler.end() :] if ruler else None


def _head(text: str) -> re.Match[str] | None:
    head = _HEAD.search(text)
    return None if head is None or _TITLE.search(text, 0, head.start()) else head
