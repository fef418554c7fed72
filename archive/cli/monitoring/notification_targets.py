"""Targets of ``--notify``, as the user writes them."""

import re
from pathlib import Path
from urllib.parse import urlsplit

STDOUT = "-"
WEB_SCHEMES = ("http", "https")
_SCHEME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+.-]*):\S")  # no shell command starts like this
_MAX_TARGET_BYTES = 4096  # of a file that holds a target


def target(text: str) -> str:
    """Parse a target: an http or https URL, a shell command, ``-`` for stdout, or ``@FILE`` that holds one.

    A file keeps secrets out of crontabs, units and process lists.
    """
    found = _read_target(Path(text[1:]).expanduser()) if text.startswith("@") else text
    if not found.strip():
        raise ValueError("empty: use an http or https URL, a shell command, or -")
    scheme = scheme_of(found)
    if scheme and scheme not in WEB_SCHEMES:
        raise ValueError(f"{scheme} URLs are not supported: use http or https, or a shell command")
    if scheme and not _is_complete(found):  # the URL is not printed, since it may hold a secret
        raise ValueError("invalid URL: use http://HOST/PATH or https://HOST/PATH, without a password")
    return found


def _read_target(file: Path) -> str:
    """Return the target in a file. Error messages never contain it."""
    if not file.is_absolute():
        raise ValueError(f"@{file} is relative: use an absolute path, since cron runs elsewhere")
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_TARGET_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    if len(content) > _MAX_TARGET_BYTES:
        raise ValueError(f"{file}: expected at most {_MAX_TARGET_BYTES:,} bytes")
    try:
        return content.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: expected UTF-8 text") from error


def scheme_of(text: str) -> str | None:
    """Return the scheme of a URL in lower case; None for any other text."""
    match = _SCHEME.match(text)
    return match["name"].lower() if match else None


def _is_complete(url: str) -> bool:
    """Return whether a URL has a host, a valid port, no user name, and no unescaped characters."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and _is_escaped(url)
    except ValueError:
        return False


def _is_escaped(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url
