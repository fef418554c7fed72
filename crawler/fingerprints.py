"""Which requests are the same: those for one page of the paper, however its URL is spelled."""

from hashlib import sha1

from scrapy import Request

from archive.model import PageKey


class PageKeyFingerprinter:
    """Scrapy's own sorts a query and keeps a default port; a selector is opaque, and ``:70`` says nothing.

    A request for no page, as for robots.txt, is known by its URL as it stands.
    """

    def fingerprint(self, request: Request) -> bytes:
        key = request.meta.get("key")
        name = f"{key.kind}:{key.number}" if isinstance(key, PageKey) else request.url
        return sha1(name.encode(), usedforsecurity=False).digest()
