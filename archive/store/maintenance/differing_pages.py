"""Find the pages of another archive that hold anything this one lacks: a merge works only on these.

SQLite compares the rows themselves, with this archive attached to the connection that reads the other: no
digest is stored that could be out of date. If a payload is stored in another way here, it is read, to see
whether it is damaged. Where either archive cannot be read, all pages of the batch differ, and the merge
reports the damage.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.errors import translated
from archive.store.db.row_rules import capture_fault
from archive.store.frontier.known_pages import STATE_COLUMNS
from archive.store.maintenance.foreign_archive import Choose, ForeignArchive
from archive.store.payloads import dictionaries, payloads

Skip = Callable[[int, int], object]


@contextmanager
def choosing_differing(db: Database, other: ForeignArchive, skip: Skip) -> Iterator[Choose]:
    """Yield a function that takes ids of pages in the other archive and returns those that are to be merged.

    It takes all valid pages between the first and the last of the ids, which ascend. ``skip`` is called with
    the number of pages that are not to be merged, and of their captures in the other archive.
    """
    if not _is_comparable(db, other):
        yield lambda ids: ids
        return
    path = next(file for _, name, file in db.execute("PRAGMA database_list") if name == "main")
    other.db.execute("ATTACH ? AS ours", [f"{Path(path).as_uri()}?mode=ro"])
    try:
        yield _Comparison(db, other, skip).differing
    finally:
        other.db.execute("DETACH ours")


def _is_comparable(db: Database, other: ForeignArchive) -> bool:
    """Return whether the files can be attached, and payloads that are stored alike are readable alike."""
    encodings = {one.execute("PRAGMA encoding").fetchone() for one in (db, other.db)}
    return len(encodings) == 1 and not any(dictionaries.find_damaged(db))


@dataclass(frozen=True, slots=True)
class _Comparison:
    db: Database
    other: ForeignArchive
    skip: Skip

    def differing(self, ids: Sequence[int]) -> Sequence[int]:
        with suppress(DamagedArchive), translated(self.other.path):
            values = {"first": ids[0], "last": ids[-1], "now": self.other.now}
            pages = {id_: rest for id_, *rest in self.other.db.execute(_STORED_ALIKE, values)}
            if not pages.keys() >= set(ids):  # rows of a damaged table that are out of order
                return ids
            others = self._missing([id_ for id_ in ids if not pages[id_][1]])
            here = [pages[id_][0] for id_ in ids if id_ not in others]
            self.skip(len(here), sum(here))
            return sorted(others)
        return ids

    def _missing(self, ids: Sequence[int]) -> set[int]:
        """Return the pages of which anything is missing or unreadable here, however it is stored."""
        missing, pages = set[int](), frozenset(ids)
        is_sound = cache(partial(payloads.is_sound, self.db))  # captures share payloads
        values = {"first": min(ids, default=0), "last": max(ids, default=-1), "now": self.other.now}
        with closing(self.other.db.execute(_IS_HERE, values)) as rows:
            for page, _, same, digest in rows:
                if page in missing or page not in pages:
                    continue
                if not same or (digest is not None and not is_sound(digest)):
                    missing.add(page)
        return missing


# Rows of the other archive are p, c and y, ours op, oc and oy. Links of captures to pages are as in
# `ForeignArchive.captures_of`. The + keeps SQLite from searching all articles instead of those of a batch.
_THEIR_LINKS = (
    "+p.kind = 'article' AND c.article_id = p.number AND c.page_id = p.id",
    "c.article_id IS NULL AND c.page_id = p.id",
)
_OUR_LINKS = (
    "oc.article_id = p.number AND oc.page_id = op.id",
    "oc.article_id IS NULL AND oc.page_id = op.id",
)
_SAME_FACTS = """
oc.captured_at = c.captured_at AND oc.source = c.source AND oc.url = c.url AND oc.rendition IS c.rendition
AND oy.digest IS y.digest AND (oc.payload_id IS NULL) = (c.payload_id IS NULL)
AND (c.payload_id IS NOT NULL OR (oc.outcome, oc.problem) IS (c.outcome, c.problem))
"""
# If what a delta needs is damaged, that is found where its own captures are compared.
_SAME_STORED = f"""
{_SAME_FACTS} AND (oy.size, oy.encoding, length(oy.body)) IS (y.size, y.encoding, length(y.body))
AND oy.body IS y.body  -- of a payload of ours, no foreign one of any size
AND (SELECT digest FROM ours.payloads WHERE id = oy.base_id)
 IS (SELECT digest FROM main.payloads WHERE id = y.base_id)
AND (SELECT digest FROM ours.dictionaries WHERE id = oy.dictionary_id)
 IS (SELECT digest FROM main.dictionaries WHERE id = y.dictionary_id)
"""  # noqa: S608 - ours


def _is_ours(same: str) -> str:
    """Return the expression for whether there is a capture of ours for which ``same`` is true."""
    return " OR ".join(
        "EXISTS (SELECT 1 FROM ours.captures oc LEFT JOIN ours.payloads oy ON oy.id = oc.payload_id"  # noqa: S608 - ours
        f" WHERE {link} AND {same})"
        for link in _OUR_LINKS
    )


def _rows(same: str) -> str:
    """Return the query for a page and its captures.

    Columns: the page's id, 1 for a capture, whether there is the same here, the payload's digest.
    """
    state, our_state = (", ".join(f"{of}.{name}" for name in STATE_COLUMNS) for of in ("p", "op"))
    pages = "FROM main.pages p LEFT JOIN ours.pages op ON op.kind = p.kind AND op.number = p.number"
    wanted = "WHERE p.id BETWEEN :first AND :last"
    valid = f"({capture_fault('c.id')}) IS NULL"
    captures = (
        f"SELECT p.id AS page, 1 AS captures, {valid} AND ({_is_ours(same)}) AS same, y.digest"
        f" {pages} CROSS JOIN main.captures c ON {link}"
        f" LEFT JOIN main.payloads y ON y.id = c.payload_id {wanted}"
        for link in _THEIR_LINKS
    )
    states = f"SELECT p.id, 0, ({our_state}) IS ({state}), NULL {pages} {wanted}"
    return " UNION ALL ".join((*captures, states))


_STORED_ALIKE = f"SELECT page, sum(captures), min(same) FROM ({_rows(_SAME_STORED)}) GROUP BY page"  # noqa: S608 - ours
_IS_HERE = _rows(_SAME_FACTS)
