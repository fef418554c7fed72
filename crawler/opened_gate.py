"""The gate of a crawl, which its middlewares share."""

from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawler.gate.calls import GateCalls
from crawler.gate.embedded import EmbeddedGate
from crawler.opened_archive import archive_of, has_archive

_opened: WeakKeyDictionary[Crawler, GateCalls] = WeakKeyDictionary()


def gate_of(crawler: Crawler) -> GateCalls:
    """Return the gate of a crawl: the one it was given, else that of its archive, else one in memory.

    Raise :exc:`archive.errors.TazArchiveError` if the archive cannot be opened.
    """
    if crawler not in _opened:
        # With Scrapy's cache, nothing can be recorded, and archive_of() raises.
        has_one = has_archive(crawler) and not crawler.settings.getbool("HTTPCACHE_ENABLED")
        give_gate(crawler, GateCalls(EmbeddedGate(archive_of(crawler) if has_one else None)))
    return _opened[crawler]


def give_gate(crawler: Crawler, calls: GateCalls) -> None:
    """Let a crawl use a gate, such as one that it shares with others. Its owner closes it."""
    _opened[crawler] = calls
