"""Merge captures of another archive, some hundred at a time, in one transaction of the caller's."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from sqlite_utils import Database

from archive.batching import in_batches
from archive.errors import DamagedArchive
from archive.model import PageKey
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.store.ingest import unnumbered
from archive.store.maintenance.foreign_archive import ForeignArchive, ForeignCapture
from archive.store.payloads import payloads, repair
from archive.store.rederivation import pending
from archive.store.roots.added_captures import next_capture, note_added
from archive.timestamps import display_stamp


@dataclass
class MergeResult:
    """The result for one archive: counts by :data:`.merging.MERGE_COUNTS`, and a line per damaged item.

    ``distrusted`` are hosts for which the other archive trusts another certificate; this archive's is kept.
    """

    found: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    distrusted: list[str] = field(default_factory=list)

    def lose(self, what: str, why: DamagedArchive) -> None:
        self.found["damaged"] += 1
        self.lost.append(f"{what}: {why}")


class PageCapture(NamedTuple):
    """A capture of another archive, and the key and the id here of its page; None: it names no page."""

    fact: ForeignCapture
    key: PageKey | None = None
    page: int | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what the same capture here has in common with it, besides its bytes."""
        fact = self.fact
        return self.page, fact.captured_at, fact.source, fact.url, fact.rendition


class _OwnCapture(NamedTuple):
    """A capture of this archive; ``stored`` is the id of its payload if that exists."""

    id: int
    payload: int | None
    stored: int | None
    digest: bytes | None
    outcome: str
    problem: str | None

    def is_same(self, fact: ForeignCapture) -> bool:
        """Return whether it is the same capture, also if its payload is missing here."""
        is_missing = self.payload is not None and self.stored is None
        if self.digest != fact.digest and not is_missing:
            return False
        return fact.digest is not None or (self.outcome, self.problem) == (fact.outcome, fact.problem)


Own = defaultdict[tuple[object, ...], list[_OwnCapture]]  # by identity


class CaptureMerger:
    """Adds captures of another archive that are not known here, and mends payloads that are damaged here."""

    def __init__(self, db: Database, other: ForeignArchive, merged: MergeResult) -> None:
        self._db = db
        self._other = other
        self._merged = merged
        self._any_unnumbered = unnumbered.are_any(db)

    def merge(self, captures: Sequence[PageCapture]) -> list[tuple[int, ForeignCapture]]:
        """Merge captures. Return those that were added, with their ids."""
        own = _own_captures(self._db, captures)
        new = list[PageCapture]()
        for one in captures:
            if self._is_faulty(one.fact):
                continue
            known = next((row for row in own[one.identity] if row.is_same(one.fact)), None)
            if known is None:
                new.append(one)
                own[one.identity].append(_placeholder(one.fact))
            else:
                self._merged.found["known"] += 1
                self._mend(one, known)
        batches = in_batches(self._with_bodies(new), len(new), MAX_PAGE_BYTES)
        return [added for batch in batches for added in self._add(batch)]

    def _is_faulty(self, fact: ForeignCapture) -> bool:
        """Report a capture that breaks the rules for facts; return whether it does."""
        if fact.fault:
            path = self._other.path
            self._merged.lose(f"capture {fact.id}", DamagedArchive(f"{path}: damaged: it {fact.fault}"))
        return bool(fact.fault)

    def _with_bodies(
        self, new: Sequence[PageCapture]
    ) -> Iterator[tuple[tuple[PageCapture, bytes | None], int]]:
        """Yield new captures with their bytes, and how many these are."""
        for one in new:
            fact = one.fact
            try:
                body = None if fact.payload is None else self._other.body(fact.payload)
            except DamagedArchive as error:
                self._merged.lose(f"{fact.url}, {display_stamp(fact.captured_at)}", error)
                continue
            yield (one, body), len(body or b"")

    def _add(self, batch: Sequence[tuple[PageCapture, bytes | None]]) -> Iterator[tuple[int, ForeignCapture]]:
        """Store new captures and their bytes, and mark what follows from them as pending."""
        db = self._db
        stored = self._stored([body for _, body in batch if body is not None])
        first = next_capture(db)
        ids = range(first, first + len(batch))
        added = list(zip(ids, batch, strict=True))
        db.conn.executemany(
            _INSERT_CAPTURE,
            [
                {**one.fact._asdict(), "id": id_, "page": one.page, "payload": stored.get(body)}
                for id_, (one, body) in added
            ],
        )
        note_added(db, first, len(batch))
        self._mark([(one.key, one.page, id_) for id_, (one, _) in added])
        self._merged.found["captures"] += len(batch)
        yield from ((id_, one.fact) for id_, (one, _) in added)

    def _stored(self, bodies: Sequence[bytes]) -> dict[bytes | None, int]:
        """Store the bytes of pages, and mend them where they are known and damaged. Return their payloads.

        They are stored whole, and not as deltas: what the archive holds of their pages is not looked up.
        """
        (last,) = self._db.execute("SELECT ifnull(max(id), 0) FROM payloads").fetchone()
        found = payloads.store_all(self._db, [payloads.PageBytes(body) for body in bodies])
        stored: dict[bytes | None, int] = dict(zip(bodies, found, strict=True))
        for body, payload in zip(bodies, found, strict=True):
            if payload <= last:
                self._merged.found["mended"] += repair.repair_damaged(self._db, payload, partial(bytes, body))
        return stored

    def _mend(self, one: PageCapture, known: _OwnCapture) -> None:
        """Restore a known capture's payload from the other archive, if it is missing or damaged here."""
        if known.payload is None or one.fact.payload is None:
            return
        theirs = partial(self._other.body, one.fact.payload)
        try:
            if known.stored is None:
                repair.replace_missing(self._db, known.id, theirs())
            elif not repair.repair_damaged(self._db, known.stored, theirs):
                return
        except DamagedArchive:  # in both archives; `verify` reports it
            return
        self._merged.found["mended"] += 1
        self._mark([(one.key, one.page, known.id)])

    def _mark(self, captures: Sequence[tuple[PageKey | None, int | None, int]]) -> None:
        """Mark what follows from captures as pending: articles, menus, and which pages belong to articles."""
        pending.mark(self._db, captures)
        if captures and self._any_unnumbered:
            pending.mark_unnumbered(self._db)


def _placeholder(fact: ForeignCapture) -> _OwnCapture:
    """Return a capture that is about to be added; it needs no mending."""
    return _OwnCapture(0, None, None, fact.digest, fact.outcome, fact.problem)


_INSERT_CAPTURE = (
    "INSERT INTO captures (id, page_id, source, rendition, url, captured_at, payload_id, outcome, problem)"
    " VALUES (:id, :page, :source, :rendition, :url, :captured_at, :payload, :outcome, :problem)"
)


# -- What is known here -----------------------------------------------------------------------------------


def _own_captures(db: Database, captures: Sequence[PageCapture]) -> Own:
    """Return this archive's captures of the same pages and instants."""
    wanted = {
        (one.page, one.fact.captured_at, one.key.number)
        for one in captures
        if one.key is not None and not one.fact.fault
    }
    unnumbered = {
        (one.fact.captured_at, one.fact.url) for one in captures if one.key is None and not one.fact.fault
    }
    own: Own = defaultdict(list)
    for query, values in ((_OWN, wanted), (_OWN_UNNUMBERED, unnumbered)):
        if values:
            for page, at, source, url, rendition, *row in db.execute(
                query, {"wanted": json.dumps(list(values))}
            ):
                own[page, at, source, url, rendition].append(_OwnCapture._make(row))
    return own


_COLUMNS = (
    "c.page_id, c.captured_at, c.source, c.url, c.rendition,"
    " c.id, c.payload_id, p.id, p.digest, c.outcome, c.problem"
)
_OWN = " UNION ALL ".join(
    f"SELECT {_COLUMNS} FROM json_each(:wanted) w CROSS JOIN captures c"  # noqa: S608 - ours
    " LEFT JOIN payloads p ON p.id = c.payload_id"
    f" WHERE {article} AND c.page_id = w.value ->> 0 AND c.captured_at = w.value ->> 1"
    for article in ("c.article_id IS NULL", "c.article_id = w.value ->> 2")
)
# Captures without a page have no index of their own; see :func:`.merging.list_unnumbered`.
_OWN_UNNUMBERED = f"""
SELECT {_COLUMNS} FROM json_each(:wanted) w
CROSS JOIN temp.unnumbered u ON u.captured_at = w.value ->> 0 AND u.url = w.value ->> 1
JOIN captures c ON c.id = u.id LEFT JOIN payloads p ON p.id = c.payload_id
"""  # noqa: S608 - ours
