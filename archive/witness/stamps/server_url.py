"""URLs of servers that are witnesses."""

import re
from urllib.parse import urlsplit

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]+")
_MAX_NAME_LENGTH = 80


def server_url(text: str) -> str:
    """Return the URL of a server, without a final slash. Raise :exc:`ValueError` for the user."""
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        is_fine = False
    if not is_fine or not url.isascii() or not url.isprintable() or " " in url or "@" in url:
        raise ValueError(f'invalid URL "{text}": use one such as https://tsa.example/tsr, without a password')
    return url


def file_name_of(url: str) -> str:
    """Return a URL as part of a file's name, without its query: ``tsa.example-tsr``."""
    parts = urlsplit(url)
    return _NOT_IN_NAMES.sub("-", f"{parts.netloc}{parts.path}").strip("-.")[:_MAX_NAME_LENGTH]
