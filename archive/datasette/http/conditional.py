"""Conditional requests (RFC 9110, section 13)."""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime

from archive.datasette.responses import TextResponse
from archive.timestamps import parse_http_date


def validators(text: TextResponse) -> dict[str, str]:
    """Return the response headers that a client sends back with its next request."""
    digest = hashlib.sha256(text.body.encode()).hexdigest()
    return {
        "etag": f'"{digest[:32]}"',
        "last-modified": format_datetime(text.modified.astimezone(UTC), usegmt=True),
        "cache-control": "no-cache",
    }


def is_fresh(asked: Mapping[str, str], validators: Mapping[str, str]) -> bool:
    """Return whether the client's copy is current. ``If-None-Match`` overrides ``If-Modified-Since``."""
    if known := asked.get("if-none-match"):
        # A proxy that compresses turns "x" into the weak tag W/"x".
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or validators["etag"] in tags
    since = parse_http_date(asked.get("if-modified-since", ""))
    return since is not None and parsedate_to_datetime(validators["last-modified"]) <= since
