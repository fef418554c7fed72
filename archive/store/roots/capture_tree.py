"""The tree over all captures: its root, kept in the archive, and proofs that a capture is in it.

Captures arrive in the order of time, so a crawl changes a few periods at the end; an import changes those of
the times that it brings. The root depends on the captures only, not on the order in which they came.
"""

from bisect import bisect_left
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import NothingFound
from archive.proofs.merkle import audit_path, leaf_digest
from archive.proofs.periods import LEVELS, CaptureLine
from archive.proofs.proof import Proof, ProofStep
from archive.store.roots.period_tree import AFTER, CAPTURE_LINES, PeriodTree
from archive.timestamps import stamp

_STORE = "INSERT OR REPLACE INTO capture_periods (level, period, capture_count, root) VALUES (?, ?, ?, ?)"
_LAST = "SELECT computed_at, capture_count, last_capture_id, digest FROM roots ORDER BY id DESC LIMIT 1"
_INSERT = "INSERT INTO roots (computed_at, capture_count, last_capture_id, digest) VALUES (?, ?, ?, ?)"
_CAPTURE = f"{CAPTURE_LINES} WHERE c.id = ?"
_AT_TIME = f"{CAPTURE_LINES} WHERE c.captured_at = ?"
_NEWEST = "SELECT ifnull(max(id), 0) FROM captures"


class StoredRoot(NamedTuple):
    """The root of all captures with ids up to ``last_capture``, as it was stored at a time, a stamp."""

    computed_at: str
    captures: int
    last_capture: int
    digest: bytes


class CaptureTree:
    """The root of all captures, and proofs that a capture is among them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def root(self, as_of: datetime | None = None) -> tuple[bytes, int]:
        """Return the root of all captures, or of those up to a time, and their number."""
        tree = self._tree()
        line = tree.line() if as_of is None else tree.line_until(stamp(as_of))
        return bytes.fromhex(line.root), line.captures

    def last_stored(self) -> StoredRoot | None:
        """Return the root that was stored last; None before the first."""
        row = self._db.execute(_LAST).fetchone()
        return row and StoredRoot._make(row)

    def update(self, at: datetime) -> None:
        """Store the root of all captures if any came since the last one. Run within a transaction."""
        (newest,) = self._db.execute(_NEWEST).fetchone()
        if newest <= self._last_capture():
            return
        tree = self._tree()
        changed = (
            (len(line.period), line.period, line.captures, bytes.fromhex(line.root))
            for line in tree.changed.values()
        )
        self._db.conn.executemany(_STORE, changed)
        root = tree.line()
        self._db.execute(_INSERT, [stamp(at), root.captures, newest, bytes.fromhex(root.root)])

    def proof(self, capture: int, as_of: datetime | None = None) -> Proof:
        """Return the proof that a capture is among all, or among those up to a time.

        Raise :exc:`NothingFound` if it is not.
        """
        row = self._db.execute(_CAPTURE, [capture]).fetchone()
        if row is None:
            raise NothingFound(f"the archive has no capture {capture}")
        proven, tree, until = CaptureLine._make(row), self._tree(), stamp(as_of) if as_of else AFTER
        if proven.captured_at > until:
            raise NothingFound(f"capture {capture} is of {proven.captured_at}, later than {until}")
        line, steps = proven.line, list[ProofStep]()
        for length in LEVELS:
            period = tree.line_until(until, proven.captured_at[:length])
            steps.append(_step(line, tree.lines_until(until, period.period), period.captures))
            line = period.line
        return Proof(proven, steps)

    def has(self, capture: CaptureLine) -> bool:
        """Return whether a capture is in the archive with the same bytes, time, source and address."""
        rows = self._db.execute(_AT_TIME, [capture.captured_at])
        return any(CaptureLine._make(row) == capture for row in rows)

    def _tree(self) -> PeriodTree:
        return PeriodTree(self._db, self._last_capture())

    def _last_capture(self) -> int:
        last = self.last_stored()
        return last.last_capture if last else 0


def _step(line: str, lines: list[str], captures: int) -> ProofStep:
    index = bisect_left(lines, line)
    return ProofStep(captures, len(lines), index, audit_path([leaf_digest(each) for each in lines], index))
