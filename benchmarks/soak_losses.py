"""Rows that an archive lost, and versions in it that its newspaper never printed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archive.model import Article, PageKey
from archive.reading.same_wording import Wording, wording_of
from archive.store import Reader, VersionRow, open_reader
from archive.store.db.connection import open_to_read
from archive.store.query.versions import VERSION
from crawler.demo.newspaper.pages.newspaper import Newspaper

FACTS = "SELECT id, source, url, captured_at, outcome, payload_id FROM captures WHERE id > ? ORDER BY id"
VERSIONS = f"SELECT {VERSION} FROM versions WHERE article_id = ? ORDER BY number"


@dataclass(frozen=True, slots=True)
class Remembered:
    """Every capture seen in an archive so far."""

    captures: list[tuple[object, ...]] = field(default_factory=list)

    def update(self, path: Path) -> None:
        """Add new captures."""
        last = self.captures[-1][0] if self.captures else 0
        with closing(open_to_read(path)) as db:
            self.captures.extend(db.execute(FACTS, [last]))

    def lost(self, path: Path) -> int:
        """Return how many of them are missing or changed."""
        with closing(open_to_read(path)) as db:
            return len(set(self.captures).difference(db.execute(FACTS, [0])))


def misread(path: Path, newspaper: Newspaper, at: datetime) -> Iterator[PageKey]:
    """Yield articles whose latest version differs from the paper."""
    with open_reader(path) as archive:
        for key in newspaper.articles_there(at):
            page, versions = newspaper.page(key, at), _versions(archive, key)
            if not isinstance(page, Article) or versions[-1:] != [wording_of(page)]:
                yield key


def invented(path: Path, newspaper: Newspaper, at: datetime) -> Iterator[PageKey]:
    """Yield articles with a version that the paper never printed."""
    with open_reader(path) as archive:
        for key in newspaper.articles_there(at):
            printed = [wording_of(page) for _, page in newspaper.wordings(key, at) if page]
            if any(version not in printed for version in _versions(archive, key)):
                yield key


def _versions(archive: Reader, key: PageKey) -> list[Wording]:
    with closing(open_to_read(archive.path)) as db:
        rows = db.execute(VERSIONS, [key.number]).fetchall()
    return [wording_of(archive.versions.wording(VersionRow(*row))) for row in rows]


def faults(path: Path) -> list[str]:
    """Return the faults that ``verify --all`` finds."""
    with open_reader(path) as archive:
        plan = archive.checks.plan(every=True)
        return [fault.what for fault in archive.checks.faults(plan, lambda _: None)]
