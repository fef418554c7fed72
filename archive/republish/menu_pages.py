"""The menus of a republished archive."""

import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from archive.dump.grammar import clean
from archive.dump.writer import BLANK_LINE
from archive.errors import AbsentError
from archive.export.manifest import LICENCE, TOOL
from archive.languages import N_, counted, format_number
from archive.model import Kind, Line
from archive.paper import FULL_NAME
from archive.republish.pages import PageRequest, RepublishedPage, link, menu, paragraph, teaser, teasers
from archive.republish.routes import article_path
from archive.store import ArticleFilter, Extent, MenuArticle, MenuVersion
from archive.timestamps import day_of, display_time, minute_of, parse_stamp, zone

MAX_REPUBLISHED_ENTRIES = 1_000  # entries
MAX_ROOT_TEASERS = 40  # on the root
MAX_UNLISTED_LINKS = 500  # on the root, to articles in no other menu
MAX_RESULTS = 50
MAX_SCANNED_HITS = 400  # hits, to find those that matched at an earlier time
MAX_NAMES_PER_MENU = 300  # more are split by their first letter
CHANGES_PERIOD = timedelta(days=30)
EVENT_LABELS = {"new": N_("new"), "edited": N_("edited"), "gone": N_("gone"), "back": N_("back")}


def root(request: PageRequest) -> RepublishedPage:
    """Return the root menu: description, search, sections, newest articles, and those in no other menu."""
    span, prefix, reader = _span(request), request.prefix, request.archive
    newest = reader.menus.newest(request.at, limit=MAX_ROOT_TEASERS)
    shown_above = [shown.article for shown in newest]
    unlisted = reader.menus.unlisted(shown_above, request.at, limit=MAX_UNLISTED_LINKS)
    ways = [
        link(request.gettext("Search"), f"{prefix}/search", "7"),
        *(link(request.gettext(said), prefix + path) for path, said in ROOT_LINKS.items()),
    ]
    sections = [link(found.name, f"{prefix}/!p{found.number}") for found in reader.sections.all(request.at)]
    return menu(
        None,
        paragraph(_claim(span, request)),
        _spaced(ways),
        _spaced(sections),
        teasers(request, newest),
        (link(shown.title, prefix + article_path(shown.article)) for shown in unlisted),
    )


ROOT_LINKS = {
    "/about": N_("About this archive"),
    "/changes": N_("New and edited"),
    "/days": N_("Earlier days"),
    "/topics": N_("Topics"),
    "/authors": N_("Authors"),
    "/all": N_("All articles by day"),
}


def about(request: PageRequest) -> RepublishedPage:
    span = _span(request)
    said = [
        f"{FULL_NAME}: {_claim(span, request)}",
        LICENCE,
        request.gettext("Made with %(tool)s.") % {"tool": TOOL},
    ]
    return menu(request.gettext("About this archive"), *map(paragraph, said))


def section(request: PageRequest) -> RepublishedPage:
    """Return a section's menu: all articles that it ever listed and that are not gone."""
    return _of(request, Kind.SECTION)


def topic(request: PageRequest) -> RepublishedPage:
    return _of(request, Kind.TOPIC)


def author(request: PageRequest) -> RepublishedPage:
    return _of(request, Kind.AUTHOR)


def _of(request: PageRequest, kind: Kind) -> RepublishedPage:
    reader, number = request.archive, request.place.number
    shown = reader.menus.of(kind, number, request.at, limit=MAX_REPUBLISHED_ENTRIES)
    return _listed(request, reader.menus.name(kind, number) or "", shown)


def topics(request: PageRequest) -> RepublishedPage:
    return _names(request, Kind.TOPIC, request.gettext("Topics"), "/topics", "/!t")


def authors(request: PageRequest) -> RepublishedPage:
    return _names(request, Kind.AUTHOR, request.gettext("Authors"), "/authors", "/!a")


def _names(request: PageRequest, kind: Kind, title: str, path: str, key: str) -> RepublishedPage:
    """Return a menu of all names, or of their first letters if there are many."""
    named, letter = request.archive.menus.names(kind, request.at), request.place.detail
    if not letter and len(named) > MAX_NAMES_PER_MENU:
        letters = sorted({_letter(name) for _, name in named})
        return menu(title, (link(found, f"{request.prefix}{path}/{found}") for found in letters))
    within = [row for row in named if letter in ("", _letter(row[1]))]
    return _some(request, title, [link(name, f"{request.prefix}{key}{number}") for number, name in within])


def _letter(name: str) -> str:
    """``Ökologie`` → ``O``; ``0`` for names that do not begin with a letter."""
    first = unicodedata.normalize("NFD", name[:1].upper())[:1]
    return first if first.isalpha() else "0"


def days(request: PageRequest) -> RepublishedPage:
    """Return a menu of the months, or of the days of a month, that can be visited."""
    span, month = _span(request), request.place.detail
    first, last = (day_of(parse_stamp(seen)).isoformat() for seen in (span.first, span.last))
    if not month:
        months = reversed(list(_months(first[:7], last[:7])))
        return menu(request.gettext("Earlier days"), (link(found, f"/days/{found}") for found in months))
    if month not in _months(first[:7], last[:7]):
        raise AbsentError("No such page: the archive has no captures of that month")
    dates = (f"{month}-{day:02}" for day in range(1, 1 + monthrange(*map(int, month.split("-")))[1]))
    return menu(month, (link(day, f"/as-of/{day}/") for day in dates if first <= day <= last))


def _months(first: str, last: str) -> Iterator[str]:
    year, month = map(int, first.split("-"))
    while (found := f"{year:04}-{month:02}") <= last:
        yield found
        year, month = year + month // 12, month % 12 + 1


def every(request: PageRequest) -> RepublishedPage:
    """Return a menu of all articles by day of publication."""
    reader, when = request.archive, request.place.detail
    if not when:
        months = reader.menus.months_of_publication()
        links = [link(month, f"{request.prefix}/all/{month}") for month in months]
        return _some(request, request.gettext("All articles"), links)
    if len(when) == len("2025-04"):
        found = reader.menus.days_of_publication(when)
        links = [link(f"{day}: {count}", f"{request.prefix}/all/{day}") for day, count in found]
        return _some(request, when, links)
    shown = reader.menus.of_day(when, request.at, limit=MAX_REPUBLISHED_ENTRIES)
    return _listed(request, when, shown)


def versions(request: PageRequest) -> RepublishedPage:
    """Return a menu of an article's versions, latest first, even if it is gone."""
    reader, number = request.archive, request.place.number
    known = reader.menus.versions(number, request.at, limit=MAX_REPUBLISHED_ENTRIES)
    if not known:
        raise AbsentError("No such page: that article has no version at that time")
    gone = reader.articles.gone_since(number, request.at)
    since = paragraph(request.gettext("Gone since %(time)s.") % {"time": minute_of(gone)}) if gone else ()
    title = request.gettext("Versions: %(title)s") % {"title": known[0].title}
    return menu(title, _zone(request), since, *(_wording(request, row) for row in known))


def _wording(request: PageRequest, row: MenuVersion) -> Iterator[Line]:
    version = request.gettext("Version %(number)s") % {"number": row.number}
    said = f"{version}: {minute_of(row.first_seen)} – {minute_of(row.last_seen)}"
    yield from _spaced([link(said, request.prefix + article_path(request.place.number, f"/v{row.number}"))])
    yield from paragraph(row.title)


def changes(request: PageRequest) -> RepublishedPage:
    """Return a menu of the events in the last 30 days before the last capture."""
    last = parse_stamp(_span(request).last)
    events = request.archive.events.between(
        since=last - CHANGES_PERIOD, until=request.at, limit=MAX_REPUBLISHED_ENTRIES
    )
    return menu(
        request.gettext("New and edited"),
        _zone(request),
        (
            link(
                f"{minute_of(event.at)} {request.gettext(EVENT_LABELS[event.what])}: {event.title}",
                request.prefix + article_path(event.article, "/versions"),
            )
            for event in events
        ),
    )


def search(request: PageRequest) -> RepublishedPage:
    """Return search results, best first, or newest first if there are very many."""
    name = request.gettext("Search")
    again = _spaced([link(name, f"{request.prefix}/search", "7")])
    if not clean(request.words):
        return menu(name, again)
    reader, then = request.archive, request.at is not None
    limit = MAX_SCANNED_HITS if then else MAX_RESULTS
    hits = reader.search.versions(request.words, ArticleFilter(), limit=limit, all_versions=then).hits
    articles = reader.menus.among([hit.article for hit in hits], request.at, limit=len(hits))
    there = {(shown.article, shown.versions): shown for shown in articles}
    found = [(there[hit.article, hit.number], hit) for hit in hits if (hit.article, hit.number) in there]
    entries = (
        teaser(request, shown, "".join(span.text for span in hit.snippet))
        for shown, hit in found[:MAX_RESULTS]
    )
    title = request.gettext("Search: %(query)s") % {"query": request.words}
    return menu(title, again, *(entries if found else [paragraph(request.gettext("Nothing found."))]))


def outside(request: PageRequest) -> RepublishedPage:
    """Return a page with a link to a URL outside gopherspace, for clients that request it here."""
    url = request.place.detail
    note = paragraph(request.gettext("It is not in this archive:"))
    return menu(request.gettext("An address on the web"), note, [link(url, url, "h")])


MENU_BY_NAME: dict[str, Callable[[PageRequest], RepublishedPage]] = {
    "root": root,
    "about": about,
    "section": section,
    "topic": topic,
    "author": author,
    "topics": topics,
    "authors": authors,
    "days": days,
    "all": every,
    "versions": versions,
    "changes": changes,
    "search": search,
    "outside": outside,
}


def _span(request: PageRequest) -> Extent:
    """Return the extent of the archive. Raises :exc:`AbsentError` before the first capture."""
    span = request.archive.menus.extent(request.at)
    if span is None:
        raise AbsentError("No such page: the archive begins later")
    return span


def _claim(span: Extent, request: PageRequest) -> str:
    until = display_time(request.at or parse_stamp(span.last))
    return counted(
        request.language,
        "An archive as of %(time)s: %(num)s article in %(versions)s, seen since %(first)s.",
        "An archive as of %(time)s: %(num)s articles in %(versions)s, seen since %(first)s.",
        span.articles,
        time=until,
        versions=counted(request.language, "%(num)s version", "%(num)s versions", span.versions),
        first=minute_of(span.first),
    )


def _zone(request: PageRequest) -> Iterator[Line]:
    return paragraph(request.gettext("Time zone: %(zone)s.") % {"zone": zone()})


def _listed(request: PageRequest, title: str, shown: Sequence[MenuArticle]) -> RepublishedPage:
    if not shown:
        raise AbsentError("No such page: nothing is listed there")
    return menu(title, teasers(request, shown), _more(request, len(shown)))


def _some(request: PageRequest, title: str, links: list[Line]) -> RepublishedPage:
    if not links:
        raise AbsentError("No such page: nothing is listed there")
    return menu(title, links[:MAX_REPUBLISHED_ENTRIES], _more(request, len(links)))


def _more(request: PageRequest, shown: int) -> Iterator[Line]:
    """Return a note if a menu is truncated."""
    if shown >= MAX_REPUBLISHED_ENTRIES:
        note = request.gettext("These are the first %(count)s; all can be found by day.")
        yield from paragraph(note % {"count": format_number(MAX_REPUBLISHED_ENTRIES, request.language)})


def _spaced(links: list[Line]) -> list[Line]:
    return [*links, BLANK_LINE] if links else []
