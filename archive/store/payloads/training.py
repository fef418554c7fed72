"""Train compression dictionaries on the archive's own pages.

The first is trained once there are enough payloads. Each time their number has doubled, a new one is trained,
and kept if it saves enough.
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

MIN_PAYLOADS = 200  # for the first dictionary
MAX_SAMPLES = 1200  # every fourth one evaluates the dictionary trained on the others
MIN_SAMPLE_BYTES, MAX_SAMPLE_BYTES = 256, 2**17
MAX_TRAINED_BYTES = 112_640  # the default of the zstd tool; twice the size gains about 7 %
SAMPLE_BYTES_PER_BYTE = 50  # sample bytes per byte of dictionary, against overfitting
MIN_GAIN = 0.02  # fraction of the compressed size that a new dictionary must save


def train_if_due(db: Database, *, at: datetime) -> bool:
    """Train a dictionary if one is due, which takes a few seconds. Returns whether a new one was stored."""
    chosen = latest(db)
    last: int = db.execute("SELECT ifnull(max(id), 0) FROM payloads").fetchone()[0]
    if last < (2 * chosen.evaluated_at_payload if chosen else MIN_PAYLOADS):
        return False
    samples = _samples(db, last)
    training = [body for n, body in enumerate(samples) if n % 4]
    evaluation = samples[::4]
    size = min(MAX_TRAINED_BYTES, sum(map(len, training)) // SAMPLE_BYTES_PER_BYTE)
    trained = train_dictionary(training, size)
    known = for_compression(db, chosen, BEST_LEVEL) if chosen else None
    pays = trained is not None and _pays(db, trained, evaluation, known)
    with transaction(db):
        if pays and trained:
            _store(db, trained, len(training), last, at)
        elif chosen:
            db.table("dictionaries").update(chosen.id, {"evaluated_at_payload": last})
    return pays


def _samples(db: Database, last: int) -> list[bytes]:
    """Return payloads without a base, sampled evenly over all ids."""
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


def _pays(db: Database, trained: bytes, evaluation: Sequence[bytes], known: OptionalDictionary) -> bool:
    """Return whether a dictionary saves enough per page, and more in total than its own size."""
    if not evaluation:
        return False
    before = _compressed_size(evaluation, known)
    after = _compressed_size(evaluation, trained_dictionary(trained, level=BEST_LEVEL))
    whole = db["payloads"].count_where("base_id IS NULL")
    saved = (before - after) / len(evaluation)
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
