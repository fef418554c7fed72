"""A digest of an article's editorial wording, by which machines notice edits without its text."""

import hashlib

from archive.model import Article
from archive.reading.same_wording import WORDING_FIELDS, wording_of


def wording_digest(article: Article) -> bytes | None:
    """Return the SHA-256 of a reading's wording; None if the reading is truncated or transliterated.

    Two whole readings have the same digest if and only if they are of one wording
    (:func:`archive.reading.same_wording.same_wording`).
    """
    wording = wording_of(article)
    if article.truncations or wording.as_spelled is None:
        return None
    parts = [
        str(wording.published),
        *(f"author {name}" for name in wording.authors or ()),
        *(f"{field} {wording.as_spelled[field].text}" for field in WORDING_FIELDS),
    ]
    return hashlib.sha256("\0".join(parts).encode()).digest()
