"""Random changes of an archive by another program: how many ``verify`` misses, and an earlier proof.

``python -m benchmarks.tampering 1000 [SEED]`` makes so many changes, each in a copy of a small archive.
"""

import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from archive.errors import DamagedArchive
from archive.proofs.periods import CaptureLine
from archive.store import open_reader, open_writer
from archive.timestamps import parse_stamp, stamp
from benchmarks.pages import wire_pages
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START

PAGES, HOURS = 24, 5
SAME_BYTES = "a byte of a compressed page that is the same without it"
DEFAULTS = ("1000", "1")  # changes and seed
Db = sqlite3.Connection
Change = Callable[[Db, Random], int | None]  # returns the capture that it changed or removed, if it is one


def main() -> None:
    changes, seed = (int(word) for word in (*sys.argv[1:3], *DEFAULTS[len(sys.argv) - 1 :]))
    made = Counter[str]()
    missed = []
    for name, by_verify, by_proof in tampered(changes, seed):
        made[name] += 1
        if not (by_verify and by_proof):
            missed.append(f"{name}: verify {by_verify}, proof {by_proof}")
    show(
        "random changes of an archive", sum(made.values()), "", ", ".join(f"{n} {k}" for k, n in made.items())
    )
    show("  missed by verify --all or by an earlier proof", len(missed), "", "; ".join(missed[:5]))


def tampered(changes: int, seed: int) -> Iterator[tuple[str, bool, bool]]:
    """Yield the name of each change, whether ``verify`` found it, and whether an earlier proof shows it.

    A proof is only of the capture that was changed or removed; a change of another kind counts as shown.
    """
    dice = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, copy = Path(folder, "whole.db"), Path(folder, "copy.db")
        _fill(whole)
        proven = _proven(whole)
        for _ in range(changes):
            name = dice.choice(list(CHANGES))
            shutil.copy(whole, copy)
            with closing(sqlite3.connect(copy)) as db, db:
                capture = CHANGES[name](db, dice)
            if name == "a byte" and capture and _has_same_bytes(copy, proven[capture]):
                yield SAME_BYTES, True, True
            else:
                yield name, _found(copy), capture is None or not _is_as_proven(copy, proven[capture])


def _fill(path: Path) -> None:
    with open_writer(path) as archive:
        for hours in range(HOURS):
            at = START + timedelta(hours=hours)
            captures = [
                page.capture(at + timedelta(seconds=place)) for place, page in enumerate(wire_pages(PAGES))
            ]
            archive.record(replace(one, source="gopher") for one in captures)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _proven(path: Path) -> dict[int, CaptureLine]:
    with open_reader(path) as archive:
        ids = [number for (number,) in archive.rows("SELECT id FROM captures")]
        return {number: archive.tree.proof(number).capture for number in ids}


def _found(path: Path) -> bool:
    with open_reader(path, as_is=True) as archive:
        planned = archive.checks.plan(every=True)
        return any(archive.checks.faults(planned, lambda _: None))


def _is_as_proven(path: Path, capture: CaptureLine) -> bool:
    """Return whether the archive has a capture as it was, and its bytes can be read."""
    with open_reader(path, as_is=True) as archive:
        if not archive.tree.has(capture):
            return False
        planned = archive.checks.plan(every=True)
        return not any(fault.part == "payloads" for fault in archive.checks.faults(planned, lambda _: None))


def _has_same_bytes(path: Path, capture: CaptureLine) -> bool:
    """Return whether a page still decompresses to its bytes: some bits of compressed data mean nothing."""
    with suppress(DamagedArchive), open_reader(path, as_is=True) as archive:
        return archive.captures.body_with(f"sha256:{capture.digest}") is not None
    return False


def _any_capture(db: Db, dice: Random) -> int:
    return int(dice.choice(db.execute("SELECT id FROM captures").fetchall())[0])


def _change_bytes(db: Db, dice: Random) -> int:
    capture = _any_capture(db, dice)
    (payload,) = db.execute("SELECT payload_id FROM captures WHERE id = ?", [capture]).fetchone()
    (body,) = db.execute("SELECT body FROM payloads WHERE id = ?", [payload]).fetchone()
    place, bits = dice.randrange(len(body)), dice.randrange(1, 256)
    changed = body[:place] + bytes([body[place] ^ bits]) + body[place + 1 :]
    db.execute("UPDATE payloads SET body = ? WHERE id = ?", [changed, payload])
    return capture


def _change_digest(db: Db, dice: Random) -> int:
    capture = _any_capture(db, dice)
    db.execute(
        "UPDATE payloads SET digest = ? WHERE id = (SELECT payload_id FROM captures WHERE id = ?)",
        [dice.randbytes(32), capture],
    )
    return capture


def _swap_payload(db: Db, dice: Random) -> int:
    capture = _any_capture(db, dice)
    others = "SELECT id FROM payloads WHERE id <> (SELECT payload_id FROM captures WHERE id = ?)"
    (payload,) = dice.choice(db.execute(others, [capture]).fetchall())
    db.execute("UPDATE captures SET payload_id = ? WHERE id = ?", [payload, capture])
    return capture


def _change_time(db: Db, dice: Random) -> int:
    capture = _any_capture(db, dice)
    (at,) = db.execute("SELECT captured_at FROM captures WHERE id = ?", [capture]).fetchone()
    moved = parse_stamp(at) + timedelta(milliseconds=dice.choice((-1, 1)) * 10 ** dice.randrange(9))
    db.execute("UPDATE captures SET captured_at = ? WHERE id = ?", [stamp(moved), capture])
    return capture


def _change_text(column: str) -> Change:
    def change(db: Db, dice: Random) -> int:
        capture = _any_capture(db, dice)
        (text,) = db.execute(f"SELECT {column} FROM captures WHERE id = ?", [capture]).fetchone()
        place = dice.randrange(len(text))
        changed = text[:place] + chr(ord(text[place]) ^ dice.randrange(1, 8)) + text[place + 1 :]
        db.execute(f"UPDATE captures SET {column} = ? WHERE id = ?", [changed, capture])
        return capture

    return change


def _remove(db: Db, dice: Random) -> int:
    capture = _any_capture(db, dice)
    db.execute("DELETE FROM captures WHERE id = ?", [capture])
    return capture


def _insert(db: Db, dice: Random) -> None:
    """Insert a copy of a capture at another time, with an id that is free."""
    capture = _any_capture(db, dice)
    (last,) = db.execute("SELECT max(id) FROM captures").fetchone()
    free = dice.choice((last + 1, last + 1000, 0, -1))
    db.execute(
        "INSERT INTO captures (id, source, url, captured_at, payload_id, outcome)"
        " SELECT ?, source, url, ?, payload_id, outcome FROM captures WHERE id = ?",
        [free, stamp(START + timedelta(seconds=dice.randrange(3600 * HOURS), microseconds=1000)), capture],
    )


def _change_version(db: Db, dice: Random) -> None:
    column = dice.choice(("title", "text", "first_seen", "published", "digest", "words"))
    (version,) = dice.choice(db.execute("SELECT id FROM versions").fetchall())
    value = (
        dice.randbytes(32) if column == "digest" else 7 if column == "words" else "2025-01-01T00:00:00.000Z"
    )
    db.execute(f"UPDATE versions SET {column} = ? WHERE id = ?", [value, version])


CHANGES: dict[str, Change] = {
    "a byte": _change_bytes,
    "the digest of bytes": _change_digest,
    "other bytes": _swap_payload,
    "a time": _change_time,
    "a source": _change_text("source"),
    "an address": _change_text("url"),
    "a capture removed": _remove,
    "a capture inserted": _insert,
    "a version": _change_version,
}

if __name__ == "__main__":
    main()
