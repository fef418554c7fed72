"""An archive as a site for gopher and gemini: any page of it, as of any time, made when it is asked for."""

from datetime import datetime
from time import monotonic

from archive.dump.grammar import clean
from archive.errors import AbsentError, NothingFound
from archive.model import Line
from archive.republish import menus, pages
from archive.republish.pages import Sheet
from archive.republish.request import Asked
from archive.republish.routes import ARTICLE, VERSION, Place, place_of
from archive.servers.site import PageCache, ServedSite
from archive.servers.worker_threads import SlowPageError
from archive.store import Reader, Section, TooLong, translated
from archive.timestamps import parse_stamp

QUICK = 0.1  # seconds that a page may take to make while others wait
SECONDS = 2.0  # that any page may take to make: other slow ones wait as long
FRESH = 60.0  # seconds between two looks at the sections' menus of an archive that is written to
SEARCH = "Suche im Archiv"


class ArchiveSite(ServedSite[Sheet]):
    """All of an archive, up to a time if there is one. It may be written to meanwhile.

    With ``quick`` it raises :exc:`SlowPageError` for pages that take more than so many seconds.
    """

    def __init__(self, archive: Reader, as_of: datetime | None = None, *, quick: float | None = None) -> None:
        self.archive, self.as_of, self.quick = archive, as_of, quick
        self._made = PageCache[Sheet]()
        self._edition = archive.data_version()
        self._sections = list[Section]()
        self._read = 0  # the last capture whose menu they know
        self._read_menus()

    def asks(self, place: str) -> str | None:
        found = place_of(place)
        return SEARCH if found and found.name == "search" else None

    def find(self, place: str, words: str) -> Sheet | None:
        with translated(self.archive.path):
            self._notice_changes()
            sheet = self._made.get((place, words))
            if sheet is None and (where := place_of(place)):
                sheet = self._made_in_time(where, words)
                self._made.put((place, words), sheet, sheet.weight)
        return sheet

    def _made_in_time(self, where: Place, words: str) -> Sheet:
        seconds = SECONDS if self.quick is None else self.quick
        try:
            with self.archive.time_limit(seconds), self.archive.snapshot():
                return self._sheet(where, words)
        except TooLong as error:
            if self.quick is None:
                raise
            raise SlowPageError from error

    def lines(self, page: Sheet) -> list[Line]:
        return list(pages.lines(page))

    def gemtext(self, page: Sheet) -> str:
        return pages.text(page)

    def _notice_changes(self) -> None:
        edition = self.archive.data_version()
        if edition == self._edition:
            return
        self._edition = edition
        self._made.clear()
        if monotonic() - self._looked >= FRESH:
            self._read_menus()

    def _read_menus(self) -> None:
        reader, last = self.archive, self.archive.sections.last_capture()
        self._sections = reader.sections.all(until=self.as_of, known=self._sections, after=self._read)
        self._read, self._looked = last, monotonic()

    def _sheet(self, place: Place, words: str) -> Sheet:
        """Raises :exc:`AbsentError` if there is nothing at that place."""
        times = [time for time in (place.at, self.as_of) if time]
        said = clean(words)  # it is shown as it was asked for
        asked = Asked(self.archive, place, min(times, default=None), self._sections, said)
        if place.name in (ARTICLE, VERSION):
            return _article(asked)
        return menus.LISTS[place.name](asked)


def _article(asked: Asked) -> Sheet:
    """An article as it read then, or one of its versions, which may be had when the article is gone."""
    place, reader = asked.place, asked.archive
    number = int(place.detail) if place.name == VERSION else None
    try:
        memento = reader.articles.memento(place.number, at=asked.at, number=number)
    except NothingFound as error:
        raise AbsentError(f"No such page: {error}") from error
    if memento.gone_since:
        since = f"{memento.gone_since[:16].replace('T', ' ')} UTC"
        raise AbsentError(f"No such page: gone since {since}; /!{place.number}/versions has how it read")
    if asked.at and parse_stamp(memento.row.first_seen) > asked.at:
        raise AbsentError("No such page: that version is of a later time")
    return Sheet(article=memento.article, prefix=asked.prefix)
