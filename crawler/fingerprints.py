"""Fingerprints of requests: equal for all URLs of a page."""

from hashlib import sha1

from scrapy import Request

from archive.model import PageKey


class PageKeyFingerprinter:
    """Fingerprints a request by the key of its page, or by its URL if it is not for a page.

    Scrapy's own fingerprinter sorts queries, but a selector is opaque, and keeps default ports.
    """

    def fingerprint(self, request: Request) -> bytes:
        key = request.meta.get("key")
        name = f"{key.kind}:{key.number}" if isinstance(key, PageKey) else request.url
        return sha1(name.encode(), usedforsecurity=False).digest()
