"""The bytes of captures."""

from collections.abc import Iterator

from sqlite_utils import Database

from archive.model import PageKey
from archive.store.payloads import payloads
from archive.store.payloads.compression import parse_digest


class Captures:
    """The bytes of captures, as received."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def body_with(self, digest: str) -> bytes | None:
        """Return the bytes with a digest (``sha256:…``); None if the archive does not have them."""
        row = self._db.execute("SELECT id FROM payloads WHERE digest = ?", [parse_digest(digest)]).fetchone()
        return payloads.load(self._db, row[0]) if row else None

    def bodies_of(self, key: PageKey, url: str, since: str, until: str) -> Iterator[bytes]:
        """Yield the bytes of a page's captures from a URL between two stamps, latest first, at most ten."""
        named = {"kind": key.kind.value, "number": key.number, "url": url, "since": since, "until": until}
        for (payload,) in self._db.execute(_PAYLOADS_OF_PAGE, named).fetchall():
            yield payloads.load(self._db, payload)


# A capture belongs to an article, or, if no article could be read from it, only to a page.
_PAYLOADS_OF_PAGE = """
SELECT payload_id FROM (
  SELECT payload_id, url, captured_at FROM captures WHERE :kind = 'article' AND article_id = :number
    AND captured_at >= :since AND captured_at < :until
  UNION ALL SELECT payload_id, url, captured_at FROM captures
  WHERE article_id IS NULL AND page_id = (SELECT id FROM pages WHERE kind = :kind AND number = :number)
    AND captured_at >= :since AND captured_at < :until)
WHERE payload_id IS NOT NULL AND url = :url ORDER BY captured_at DESC LIMIT 10
"""
