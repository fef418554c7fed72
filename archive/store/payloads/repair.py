"""Restore damaged or missing payloads from the same bytes in another archive or capture."""

from collections.abc import Callable

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.payloads import payloads
from archive.store.payloads.compression import FAST_LEVEL


def repair_damaged(db: Database, payload: int, body: Callable[[], bytes]) -> bool:
    """Restore a damaged payload if ``body`` returns its original bytes. Returns whether it was restored."""
    try:
        payloads.load(db, payload)
    except DamagedArchive:
        found = body()
    else:
        return False
    (digest,) = db.execute("SELECT digest FROM payloads WHERE id = ?", [payload]).fetchone()
    if payloads.digest_of(found) != digest:
        return False
    _replace_body(db, payload, found)
    return True


def replace_missing(db: Database, capture: int, body: bytes) -> None:
    """Store ``body`` as the payload of a capture whose payload is missing."""
    db.execute("UPDATE captures SET payload_id = ? WHERE id = ?", [payloads.store(db, body), capture])


def _replace_body(db: Database, payload: int, body: bytes) -> None:
    """Store ``body`` in the payload's own row, whose id captures and other payloads refer to."""
    db.execute("UPDATE payloads SET size = ? WHERE id = ?", [len(body), payload])
    payloads.replace(db, payload, payloads.compress_smallest(db, body, FAST_LEVEL, None))
