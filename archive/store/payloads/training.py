"""Dictionaries, trained on the archive's own pages.

The first once there are enough of them, a newer one each time their number has doubled, if it pays.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.transactions import transaction
from archive.store.payloads import payloads
from archive.store.payloads.compression import (
    BEST_LEVEL,
    OptionalDictionary,
    compress,
    digest_of,
    train_dictionary,
    trained_dictionary,
)
from archive.store.payloads.dictionaries import for_compression, latest, store_copy
from archive.timestamps import stamp

MIN_PAYLOADS = 200  # payloads, for the first one
MAX_SAMPLES = 1200  # at most; one in four only judges what is trained on the others
MIN_SAMPLE_BYTES, MAX_SAMPLE_BYTES = 256, 2**17  # bytes; other pages are no samples
MAX_TRAINED_BYTES = 112_640  # bytes, as zstd's own tool makes them; twice that gains a fifteenth
SAMPLE_BYTES_PER_BYTE = 50  # bytes of samples for each of the dictionary, or it learns them by heart
MIN_GAIN = 0.02  # less is not worth another dictionary


def train_if_due(db: Database, *, at: datetime) -> bool:
    """Whether there is a new dictionary now. Takes a few seconds when one is due, no time when not."""
    chosen = latest(db)
    last: int = db.execute("SELECT ifnull(max(id), 0) FROM payloads").fetchone()[0]
    if last < (2 * chosen.judged if chosen else MIN_PAYLOADS):
        return False
    samples = _samples(db, last)
    taught = [body for n, body in enumerate(samples) if n % 4]
    judges = samples[::4]
    trained = train_dictionary(taught, min(MAX_TRAINED_BYTES, sum(map(len, taught)) // SAMPLE_BYTES_PER_BYTE))
    known = for_compression(db, chosen, BEST_LEVEL) if chosen else None
    pays = trained is not None and _pays(db, trained, judges, known)
    with transaction(db):
        if pays and trained:
            _store(db, trained, len(taught), last, at)
        elif chosen:
            db.execute("UPDATE dictionaries SET evaluated_at_payload = ? WHERE id = ?", [last, chosen.id])
    return pays


def _samples(db: Database, last: int) -> list[bytes]:
    """Pages stored whole, evenly from all the time there is."""
    step = max(1, last // MAX_SAMPLES)
    ids = {
        found[0]
        for place in range(1, last + 1, step)
        if (
            found := db.execute(
                _NEXT_SAMPLE, [place, place + step, MIN_SAMPLE_BYTES, MAX_SAMPLE_BYTES]
            ).fetchone()
        )
    }
    return [body for id_ in sorted(ids) if (body := _load_or_none(db, id_))]


_NEXT_SAMPLE = (
    "SELECT id FROM payloads WHERE id >= ? AND id < ? AND base_id IS NULL AND size BETWEEN ? AND ? LIMIT 1"
)


def _load_or_none(db: Database, id_: int) -> bytes | None:
    try:
        return payloads.load(db, id_)
    except DamagedArchive:
        return None


def _pays(db: Database, trained: bytes, judges: Sequence[bytes], known: OptionalDictionary) -> bool:
    """Whether it makes pages it has not seen that much smaller, and all of them by more than it takes."""
    if not judges:
        return False
    before = _compressed_size(judges, known)
    after = _compressed_size(judges, trained_dictionary(trained, level=BEST_LEVEL))
    (whole,) = db.execute("SELECT count(*) FROM payloads WHERE base_id IS NULL").fetchone()
    saved = (before - after) / len(judges)
    return after <= before * (1 - MIN_GAIN) and saved * whole > len(trained)


def _compressed_size(pages: Sequence[bytes], known: OptionalDictionary) -> int:
    return sum(len(compress(body, BEST_LEVEL, known)) for body in pages)


_NOTE = "zstd dictionary (RFC 8878, section 5), trained on {pages:,} pages of this archive"


def _store(db: Database, trained: bytes, pages: int, last: int, at: datetime) -> None:
    (id_,) = db.execute(
        "INSERT INTO dictionaries (digest, trained_at, note, evaluated_at_payload, body) VALUES (?,"
        " ?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET evaluated_at_payload = excluded.evaluated_at_payload"
        " RETURNING id",
        [digest_of(trained), stamp(at), _NOTE.format(pages=pages), last, trained],
    ).fetchone()
    store_copy(db, id_)
