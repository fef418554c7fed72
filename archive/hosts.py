"""Default ports, and the host names that a web server answers to.

A stranger's web page can give its own name our address and then have a visitor's browser read whatever is
answered to that name (DNS rebinding). Addresses and names that no stranger can own are safe.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

DEFAULT_PORTS = {"gopher": 70, "gophers": 70, "gemini": 1965, "http": 80, "https": 443}
HOSTS_VARIABLE = "TAZ_ARCHIVE_HOSTS"  # of the environment: other names to answer to, with spaces between them


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
