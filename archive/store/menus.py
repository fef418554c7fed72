"""Which section an article is in: that whose menu has listed it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Capture, Kind, Menu, PageKey
from archive.pagekey import page_key
from archive.store import payloads
from archive.store.deriving import read
from archive.store.times import moment, stamp


class Section(NamedTuple):
    """A section: its number, its name as its menu was last headed, and all articles it has ever listed.

    ``listed`` has of each article the stamp of when it was seen there first.
    """

    number: int
    name: str
    listed: Mapping[int, str]

    def articles(self, at: str | None = None) -> list[int]:
        """By a time, a stamp, or until now; by number."""
        return sorted(article for article, first in self.listed.items() if at is None or first <= at)


def sections(db: Database, *, until: datetime | None = None) -> list[Section]:
    """The sections whose menus were read by a time, by number."""
    rows = db.execute("SELECT id, number FROM pages WHERE kind = 'section' ORDER BY number").fetchall()
    found = (_section(db, page, number, until) for page, number in rows)
    return [section for section in found if section]


def _section(db: Database, page: int, number: int, until: datetime | None) -> Section | None:
    name, listed = None, dict[int, str]()
    for at, menu in _menus(db, page, PageKey(Kind.SECTION, number), until):
        name = menu.title or name
        keys = (page_key(entry.target) for entry in menu.entries if entry.target)
        for key in keys:
            if key and key.kind is Kind.ARTICLE:
                listed.setdefault(key.number, at)
    return Section(number, name or f"!p{number}", listed) if listed else None


def _menus(db: Database, page: int, key: PageKey, until: datetime | None) -> Iterator[tuple[str, Menu]]:
    """What the menu said, and when first, each wording of it once, in the order of time."""
    rows = db.execute(
        "SELECT payload, source, rendition, url, min(captured_at) FROM captures"
        " WHERE article IS NULL AND page = ? AND outcome = 'ok' AND payload IS NOT NULL"
        " AND (? IS NULL OR captured_at <= ?) GROUP BY payload, rendition ORDER BY 5, 1",
        [page, until and stamp(until), until and stamp(until)],
    ).fetchall()
    for payload, source, rendition, url, at in rows:
        body = payloads.get(db, payload)
        said = read(
            Capture(source=source, url=url, captured_at=moment(at), key=key, body=body, rendition=rendition)
        ).page
        if isinstance(said, Menu):
            yield at, said
