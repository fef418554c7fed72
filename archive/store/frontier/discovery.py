"""Discover pages: add the pages that captures link to, which are due at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.store.frontier.known_pages import ONLY_SHARD, Shard, page_rows
from archive.store.frontier.page_finder import LinkedPages, NewPage, PageFinder


class Discovered(NamedTuple):
    """How many pages each step added, and when the first page of each was known by then; the ids of all."""

    counts: list[int]
    since: list[str | None]
    ids: dict[PageKey, int]


def discover(
    db: Database,
    keys: Iterable[PageKey],
    at: datetime,
    *,
    by: Kind | None = None,
    shard: Shard = ONLY_SHARD,
) -> int:
    """Add pages not known yet. Return how many; ``by`` is the kind of the page that links to them."""
    return discover_all(db, [LinkedPages(list(keys), at, by)], shard).counts[0]


def discover_all(db: Database, steps: Sequence[LinkedPages], shard: Shard = ONLY_SHARD) -> Discovered:
    """Add the pages of several steps, one after the other. Of known pages, lower ``discovered_at``."""
    rows = page_rows(db, "id, discovered_at", {key for step in steps for key in step.keys})
    known = {key: discovered_at for key, (_, discovered_at) in rows.items()}
    newest_article, newest_page = _highest_numbers(db)
    finder = PageFinder(known, newest_article=newest_article, newest_page=newest_page, shard=shard)
    taken = [(finder.take(step), finder.known_since(step)) for step in steps]
    ids = {key: id_ for key, (id_, _) in rows.items()}
    _lower_discovery(db, finder.earlier, ids)
    ids |= _insert(db, finder.new)
    return Discovered([count for count, _ in taken], [since for _, since in taken], ids)


def _lower_discovery(db: Database, earlier: Mapping[PageKey, str], ids: Mapping[PageKey, int]) -> None:
    db.conn.executemany(
        "UPDATE pages SET discovered_at = :at, due_at = iif(checked_at IS NULL, min(due_at, :at), due_at)"
        " WHERE id = :id",
        [{"at": at, "id": ids[key]} for key, at in earlier.items()],
    )


def _insert(db: Database, new: Mapping[PageKey, NewPage]) -> dict[PageKey, int]:
    """Insert pages, and return their ids."""
    if not new:
        return {}
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM pages").fetchone()
    ids = {key: id_ for id_, key in enumerate(new, start=last + 1)}
    db.conn.executemany(
        "INSERT INTO pages (id, kind, number, priority, due_at, discovered_at) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (ids[key], key.kind.value, key.number, page.priority, *[page.discovered_at] * 2)
            for key, page in new.items()
        ],
    )
    return ids


def _highest_numbers(db: Database) -> tuple[int, int]:
    """Return the highest number of an archived article and of an article's page; 0 without any."""
    row = db.execute(
        "SELECT ifnull((SELECT max(id) FROM articles WHERE id > 0), 0),"
        " ifnull((SELECT max(number) FROM pages WHERE kind = 'article'), 0)"
    ).fetchone()
    return int(row[0]), int(row[1])
