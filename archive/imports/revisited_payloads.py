"""Finds the bytes that a WARC's revisit record refers to, in the imported files or in the archive."""

import base64
import hashlib
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from archive.pagekey import page_key
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.store import Reader
from archive.timestamps import stamp

MAX_RECENT_PAGES = 250
MAX_RECENT_BYTES = 4 * MAX_PAGE_BYTES
ONE_SECOND = timedelta(seconds=1)
ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


class RevisitedCapture(NamedTuple):
    """The capture that a revisit repeats, taken in the second ``at`` if ``exact``, else then or before."""

    digest: str
    url: str
    at: datetime
    exact: bool


class _Recent(NamedTuple):
    digest: str
    url: str
    at: datetime
    body: bytes


class RevisitedPayloads:
    """The pages of all files of one import. ``archive`` is None if it does not exist yet.

    ``max_pages`` are kept in memory: more than are read before they are in the archive.
    """

    def __init__(self, archive: Reader | None, *, max_pages: int = MAX_RECENT_PAGES) -> None:
        self._archive = archive
        self._max_pages = max_pages
        self._recent: deque[_Recent] = deque()
        self._size = 0

    def keep(self, digest: str, url: str, at: datetime, body: bytes) -> None:
        """Keep a page until it is in the archive."""
        self._recent.append(_Recent(digest, url, at, body))
        self._size += len(body)
        while len(self._recent) > self._max_pages or self._size > MAX_RECENT_BYTES:
            self._size -= len(self._recent.popleft().body)

    def find(self, origin: RevisitedCapture) -> bytes | None:
        """Return the bytes of an earlier capture from the files so far or the archive, or None."""
        recent = (kept.body for kept in reversed(self._recent) if _is_of(kept, origin))
        found = next(recent, None)
        return next(self._stored(origin), None) if found is None else found

    def _stored(self, origin: RevisitedCapture) -> Iterator[bytes]:
        if self._archive is None:
            return
        body = self._archive.captures.body_with(origin.digest)
        if body is not None:
            yield body
        key = page_key(origin.url)
        if key is None:
            return
        until = stamp(origin.at.replace(microsecond=0) + ONE_SECOND)
        since = stamp(origin.at.replace(microsecond=0)) if origin.exact else ""
        for body in self._archive.captures.bodies_of(key, origin.url, since, until):
            if origin.exact or has_digest(body, origin.digest):
                yield body


def _is_of(kept: _Recent, origin: RevisitedCapture) -> bool:
    if origin.digest and kept.digest == origin.digest:
        return True
    same_second = kept.at.replace(microsecond=0) == origin.at.replace(microsecond=0)
    return origin.exact and kept.url == origin.url and same_second


def has_digest(body: bytes, digest: str) -> bool:
    """Return whether bytes have a digest as WARCs write it: ``sha1:`` and base32, or ``sha256:`` and hex."""
    algorithm, _, value = digest.partition(":")
    if algorithm not in ALGORITHMS:
        return False
    found = hashlib.new(algorithm, body, usedforsecurity=False).digest()
    return value.lower() in (found.hex(), base64.b32encode(found).decode().lower())
