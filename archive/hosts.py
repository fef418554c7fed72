"""Default ports, and the host names that a web server answers to.

A hostile web page can point its own host name to our address, and then read our answers with a visitor's
browser (DNS rebinding). IP addresses and names that an attacker cannot own are safe.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

DEFAULT_PORTS = {"gopher": 70, "gophers": 70, "gemini": 1965, "http": 80, "https": 443}
HOSTS_VARIABLE = "TAZ_ARCHIVE_HOSTS"  # environment variable with further names, separated by spaces


def is_own_name(host: str, names: Collection[str]) -> bool:
    """Return whether a ``Host`` header has an IP address, localhost or one of ``names``, with any port."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return _is_address(name) or name.endswith(".localhost") or name in {"localhost", *map(str.lower, names)}


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
