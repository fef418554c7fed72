"""Serves an archive by gopher and gemini: any page at any time, generated on request."""

from datetime import datetime

from archive.dump.grammar import clean
from archive.errors import AbsentError, NothingFound
from archive.languages import N_, translations
from archive.model import Line
from archive.paper import LANGUAGE
from archive.republish import menu_pages, pages
from archive.republish.pages import PageRequest, RepublishedPage
from archive.republish.routes import ARTICLE, VERSION, Route, parse_selector
from archive.servers.site import PageCache, ServedSite
from archive.servers.worker_threads import SlowPageError
from archive.store import Reader, TooLong, translated
from archive.timestamps import display_stamp, parse_stamp

QUICK_PAGE_SECONDS = 0.1  # after which a page moves to the thread for slow pages
SLOW_PAGE_SECONDS = 2.0  # after which a slow page fails
SEARCH_PROMPT = N_("Search the archive")


class ArchiveSite(ServedSite[RepublishedPage]):
    """All of an archive, up to a time if there is one. It may be written to meanwhile.

    ``language`` is that of its own texts. With ``quick`` it raises :exc:`SlowPageError` for pages that take
    more than so many seconds.
    """

    def __init__(
        self,
        archive: Reader,
        as_of: datetime | None = None,
        *,
        language: str = LANGUAGE,
        quick: float | None = None,
    ) -> None:
        self.archive, self.as_of, self.language, self.quick = archive, as_of, language, quick
        self._made = PageCache[RepublishedPage]()
        self._edition = archive.data_version()

    def asks(self, place: str) -> str | None:
        found = parse_selector(place)
        is_search = found is not None and found.name == "search"
        return translations(self.language).gettext(SEARCH_PROMPT) if is_search else None

    def find(self, place: str, words: str) -> RepublishedPage | None:
        with translated(self.archive.path):
            self._notice_changes()
            page = self._made.get((place, words))
            if page is None and (where := parse_selector(place)):
                page = self._made_in_time(where, words)
                self._made.put((place, words), page, page.weight)
        return page

    def _made_in_time(self, where: Route, words: str) -> RepublishedPage:
        seconds = SLOW_PAGE_SECONDS if self.quick is None else self.quick
        try:
            with self.archive.time_limit(seconds), self.archive.snapshot():
                return self._sheet(where, words)
        except TooLong as error:
            if self.quick is None:
                raise
            raise SlowPageError from error

    def languages(self, page: RepublishedPage) -> str:
        """Return the paper's language, after that of the menus if it is another."""
        ours = [self.language] if page.article is None and self.language != LANGUAGE else []
        return ",".join([*ours, LANGUAGE])

    def lines(self, page: RepublishedPage) -> list[Line]:
        return list(pages.lines(page))

    def gemtext(self, page: RepublishedPage) -> str:
        return pages.text(page)

    def _notice_changes(self) -> None:
        edition = self.archive.data_version()
        if edition == self._edition:
            return
        self._edition = edition
        self._made.clear()

    def _sheet(self, place: Route, words: str) -> RepublishedPage:
        """Return the page of a route. Raise :exc:`AbsentError` if there is no such page."""
        times = [time for time in (place.at, self.as_of) if time]
        said = clean(words)  # it is shown on the page
        request = PageRequest(self.archive, place, min(times, default=None), said, self.language)
        if place.name in (ARTICLE, VERSION):
            return _article(request)
        return menu_pages.MENU_BY_NAME[place.name](request)


def _article(request: PageRequest) -> RepublishedPage:
    """Return an article at a time, or one of its versions, even if the article is gone."""
    place, reader = request.place, request.archive
    number = int(place.detail) if place.name == VERSION else None
    try:
        memento = reader.articles.memento(place.number, at=request.at, number=number)
    except NothingFound as error:
        raise AbsentError(f"No such page: {error}") from error
    if memento.gone_since:
        since = display_stamp(memento.gone_since)
        raise AbsentError(f"No such page: gone since {since}; its versions: /!{place.number}/versions")
    if request.at and parse_stamp(memento.row.first_seen) > request.at:
        raise AbsentError("No such page: that version is newer")
    return RepublishedPage(article=memento.article, prefix=request.prefix)
