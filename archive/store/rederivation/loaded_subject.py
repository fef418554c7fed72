"""What an archive holds of a subject, loaded, so that the subject can be derived without the archive."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlite_utils import Database

from archive.model import Kind, PageKey
from archive.store.frontier.known_pages import page_id
from archive.store.ingest.deriving import exists
from archive.store.payloads import payloads
from archive.store.rederivation.stored import Bodies, Stored, Subject, key_of, stored_of
from archive.store.rederivation.turnover import NO_WORDINGS, Wordings, wordings

Title = tuple[str, date | None]  # title and date, which identify a page without a number


class ArchivedBodies:
    """The bytes of payloads, loaded from an archive one at a time, since pages can be large."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __getitem__(self, payload: int, /) -> bytes:
        """Return the bytes of a payload. Raise :exc:`DamagedArchive` if it is damaged."""
        return payloads.load(self._db, payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSubject:
    """A subject, the key and id of its page, its captures, and the bytes of these.

    Of an article or a page without a number, ``before`` are its versions. Of an article, ``titles`` are those
    of its versions, ``unnumbered`` its captures without a number, and ``is_known``: it is in the archive.
    """

    subject: Subject
    key: PageKey | None
    page: int | None
    stored: Sequence[Stored]
    bodies: Bodies
    before: Wordings = NO_WORDINGS
    titles: frozenset[Title] = field(default_factory=frozenset)
    unnumbered: Sequence[int] = ()
    is_known: bool = False

    @property
    def is_menu(self) -> bool:
        """Whether the subject is a page that lists others."""
        return self.key is not None and self.key.kind is not Kind.ARTICLE

    def with_bodies(self) -> "LoadedSubject":
        """Return the subject with all bytes in memory. Raise :exc:`DamagedArchive` if some are damaged."""
        return replace(self, bodies={one.payload: self.bodies[one.payload] for one in self.stored})


def load_subject(db: Database, subject: Subject) -> LoadedSubject:
    """Load a subject. Bytes are loaded when they are needed."""
    key = key_of(db, subject)
    page = page_id(db, key) if key else None
    stored, bodies = stored_of(db, subject, page), ArchivedBodies(db)
    loaded = LoadedSubject(subject=subject, key=key, page=page, stored=stored, bodies=bodies)
    if loaded.is_menu:
        return loaded
    loaded = replace(loaded, before=wordings(db, {capture.id: capture.version for capture in stored}))
    article = subject.article
    if article is None:
        return loaded
    return replace(
        loaded,
        titles=_titles(db, article),
        unnumbered=_unnumbered(db, article),
        is_known=exists(db, article),
    )


def _titles(db: Database, article: int) -> frozenset[Title]:
    """Return the titles and dates of all versions of an article."""
    rows = db.execute("SELECT DISTINCT title, published FROM versions WHERE article_id = ?", [article])
    return frozenset((title, published and date.fromisoformat(published)) for title, published in rows)


def _unnumbered(db: Database, article: int) -> list[int]:
    """Return the captures of an article that have no number of their own."""
    query = "SELECT id FROM captures WHERE article_id = ? AND page_id IS NULL"
    return [capture for (capture,) in db.execute(query, [article])]
