"""How a crawl treats the servers of others by default.

``taz-archive crawl`` passes its options on to Scrapy; plain ``scrapy crawl`` uses these as they are.
"""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address

from archive.errors import SourceError
from archive.sources import Source

PAUSE = timedelta(seconds=1)  # between two requests to a host; less is allowed only for one's own servers
MAX_DELAY = timedelta(days=1)  # of what a person may set
TIMEOUT = timedelta(seconds=30)  # from connecting to the last byte
MAX_CRAWL_DELAY = timedelta(seconds=60)  # a "Crawl-delay: 86400" of a robots.txt would stall a run


def check_delay(sources: Sequence[Source], delay: timedelta) -> None:
    """Raise :exc:`SourceError` for a delay of more than a day, or one too short for the servers of others."""
    if delay > MAX_DELAY:
        raise SourceError("a delay of more than a day would never end; use 1s, or 60s for slow servers")
    others = [source.host for source in sources if not _is_own(source.host)]
    if others and delay < PAUSE:
        hosts, least = ", ".join(others), f"{PAUSE.total_seconds():g}s"
        raise SourceError(f"a delay below {least} is only allowed for your own servers, not for {hosts}")


def _is_own(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
