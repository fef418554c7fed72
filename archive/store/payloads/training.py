"""Dictionaries, trained on the archive's own pages.

The first once there are enough of them, a newer one each time their number has doubled, if it pays.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.transactions import transaction
from archive.store.payloads import payloads
from archive.store.payloads.compression import LEISURE, Known, as_dictionary, digest_of, pack, train
from archive.store.payloads.dictionaries import keep, latest, to_pack
from archive.timestamps import stamp

ENOUGH = 200  # payloads, for the first one
SAMPLES = 1200  # at most; one in four only judges what is trained on the others
SMALL, LARGE = 256, 2**17  # bytes; other pages are no samples
LARGEST = 112_640  # bytes, as zstd's own tool makes them; twice that gains a fifteenth
SHARE = 50  # bytes of samples for each of the dictionary, or it learns them by heart
GAIN = 0.02  # less is not worth another dictionary


def train_if_due(db: Database, *, at: datetime) -> bool:
    """Whether there is a new dictionary now. Takes a few seconds when one is due, no time when not."""
    chosen = latest(db)
    last: int = db.execute("SELECT ifnull(max(id), 0) FROM payloads").fetchone()[0]
    if last < (2 * chosen.judged if chosen else ENOUGH):
        return False
    samples = _samples(db, last)
    taught = [body for n, body in enumerate(samples) if n % 4]
    judges = samples[::4]
    trained = train(taught, min(LARGEST, sum(map(len, taught)) // SHARE))
    known = to_pack(db, chosen, LEISURE) if chosen else None
    pays = trained is not None and _pays(db, trained, judges, known)
    with transaction(db):
        if pays and trained:
            _keep(db, trained, len(taught), last, at)
        elif chosen:
            db.execute("UPDATE dictionaries SET judged = ? WHERE id = ?", [last, chosen.id])
    return pays


def _samples(db: Database, last: int) -> list[bytes]:
    """Pages stored whole, evenly from all the time there is."""
    step = max(1, last // SAMPLES)
    ids = {
        found[0]
        for place in range(1, last + 1, step)
        if (found := db.execute(NEXT, [place, place + step, SMALL, LARGE]).fetchone())
    }
    return [body for id_ in sorted(ids) if (body := _whole(db, id_))]


NEXT = "SELECT id FROM payloads WHERE id >= ? AND id < ? AND base IS NULL AND size BETWEEN ? AND ? LIMIT 1"


def _whole(db: Database, id_: int) -> bytes | None:
    try:
        return payloads.get(db, id_)
    except DamagedArchive:
        return None


def _pays(db: Database, trained: bytes, judges: Sequence[bytes], known: Known) -> bool:
    """Whether it makes pages it has not seen that much smaller, and all of them by more than it takes."""
    if not judges:
        return False
    before = _packed(judges, known)
    after = _packed(judges, as_dictionary(trained, level=LEISURE))
    (whole,) = db.execute("SELECT count(*) FROM payloads WHERE base IS NULL").fetchone()
    saved = (before - after) / len(judges)
    return after <= before * (1 - GAIN) and saved * whole > len(trained)


def _packed(pages: Sequence[bytes], known: Known) -> int:
    return sum(len(pack(body, LEISURE, known)) for body in pages)


NOTE = "zstd dictionary (RFC 8878, section 5), trained on {pages:,} pages of this archive"


def _keep(db: Database, trained: bytes, pages: int, last: int, at: datetime) -> None:
    (id_,) = db.execute(
        "INSERT INTO dictionaries (digest, trained, note, judged, body) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET judged = excluded.judged RETURNING id",
        [digest_of(trained), stamp(at), NOTE.format(pages=pages), last, trained],
    ).fetchone()
    keep(db, id_)
