"""Rows that an archive lost, and versions in it that its newspaper never printed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archive.model import Article, PageKey
from archive.reading.same_wording import Wording, wording_of
from archive.store import Reader, VersionRow, open_reader
from archive.store.maintenance import verifying
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
        with open_reader(path) as archive:
            self.captures.extend(map(tuple, archive.db.execute(FACTS, [last])))

    def lost(self, path: Path) -> int:
        """Return how many of them are missing or changed."""
        with open_reader(path) as archive:
            return len(set(self.captures).difference(map(tuple, archive.db.execute(FACTS, [0]))))


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
    rows = archive.db.execute(VERSIONS, [key.number]).fetchall()
    return [wording_of(archive.versions.wording(VersionRow(*row))) for row in rows]


def faults(path: Path) -> list[str]:
    """Return the faults that ``verify --all`` finds."""
    with open_reader(path) as archive:
        plan = verifying.plan_verify(path, archive.db, every=True)
        return [fault.what for fault in verifying.find_faults(path, archive.db, plan)]
