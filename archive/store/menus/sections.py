"""Sections and their articles, from the captures of their menus."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Capture, Kind, Menu, PageKey
from archive.pagekey import page_key
from archive.renditions.read_capture import read_capture
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp, stamp


class Section(NamedTuple):
    """A section: its number, the last title of its menu, and all articles that its menu ever listed.

    ``listed`` maps each article to the stamp of when the menu first listed it.
    """

    number: int
    name: str
    listed: Mapping[int, str]

    def articles(self, at: str | None = None) -> list[int]:
        """Return the articles listed by a time (a stamp), or by now, in order of number."""
        return sorted(article for article, first in self.listed.items() if at is None or first <= at)


class Sections:
    """The sections whose menus were captured."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(
        self, *, until: datetime | None = None, known: Sequence[Section] = (), after: int = 0
    ) -> list[Section]:
        """Return the sections whose menus were captured by a time, by number.

        ``known`` is an earlier result for all captures up to the id ``after``, which are not read again.
        """
        rows = self._db.execute(
            "SELECT id, number FROM pages WHERE kind = 'section' ORDER BY number"
        ).fetchall()
        before = {section.number: section for section in known}
        asked = {"until": until and stamp(until), "after": after}
        found = (
            _section(
                self._db, before.get(number) or Section(number, f"!p{number}", {}), {**asked, "page": page}
            )
            for page, number in rows
        )
        return [section for section in found if section.listed]

    def last_capture(self) -> int:
        """Return the id of the last capture; 0 in an empty archive."""
        (last,) = self._db.execute("SELECT ifnull(max(id), 0) FROM captures").fetchone()
        return int(last)


def _section(db: Database, known: Section, asked: dict[str, object]) -> Section:
    name, listed = known.name, dict(known.listed)
    for at, menu in _menus(db, PageKey(Kind.SECTION, known.number), asked):
        name = menu.title or name
        keys = (page_key(entry.target) for entry in menu.entries if entry.target)
        for key in keys:
            if key and key.kind is Kind.ARTICLE:
                listed[key.number] = min(at, listed.get(key.number, at))
    return Section(known.number, name, listed)


def _menus(db: Database, key: PageKey, asked: dict[str, object]) -> Iterator[tuple[str, Menu]]:
    """Yield the different menus of a section, each with the stamp of its first capture, in order of time."""
    rows = db.execute(
        "SELECT payload_id, source, rendition, url, min(captured_at) FROM captures"
        " WHERE article_id IS NULL AND page_id = :page AND outcome = 'ok' AND payload_id IS NOT NULL"
        " AND (:until IS NULL OR captured_at <= :until) AND id > :after"
        " GROUP BY payload_id, rendition ORDER BY 5, 1",
        asked,
    ).fetchall()
    for payload, source, rendition, url, at in rows:
        body = payloads.load(db, payload)
        said = read_capture(
            Capture(
                source=source, url=url, captured_at=parse_stamp(at), key=key, body=body, rendition=rendition
            )
        ).page
        if isinstance(said, Menu):
            yield at, said
