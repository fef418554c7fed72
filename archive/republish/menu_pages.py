"""The menus of a republished archive. Their own texts are in the paper's language."""

import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from archive.dump.grammar import clean
from archive.dump.writer import BLANK_LINE
from archive.errors import AbsentError
from archive.export.manifest import LICENCE, TOOL
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
EVENT_LABELS = {"new": "neu", "edited": "geändert", "gone": "nicht mehr da", "back": "wieder da"}


def root(request: PageRequest) -> RepublishedPage:
    """Return the root menu: description, search, sections, newest articles, and those in no other menu."""
    span, prefix, reader = _span(request), request.prefix, request.archive
    newest = reader.menus.newest(request.at, limit=MAX_ROOT_TEASERS)
    shown_above = [shown.article for shown in newest]
    unlisted = reader.menus.unlisted(shown_above, request.at, limit=MAX_UNLISTED_LINKS)
    ways = [
        link("Suche", f"{prefix}/search", "7"),
        *(link(said, prefix + path) for path, said in ROOT_LINKS.items()),
    ]
    sections = [link(found.name, f"{prefix}/!p{found.number}") for found in reader.sections.all(request.at)]
    return menu(
        None,
        paragraph(_claim(span, request)),
        _spaced(ways),
        _spaced(sections),
        teasers(newest, prefix),
        (link(shown.title, prefix + article_path(shown.article)) for shown in unlisted),
    )


ROOT_LINKS = {
    "/about": "Über dieses Archiv",
    "/changes": "Neu und geändert",
    "/days": "Frühere Tage",
    "/topics": "Themen",
    "/authors": "Autor:innen",
    "/all": "Alle Artikel nach Tagen",
}


def about(request: PageRequest) -> RepublishedPage:
    span = _span(request)
    said = [f"{FULL_NAME}: {_claim(span, request)}", LICENCE, f"Made with {TOOL}."]
    return menu("Über dieses Archiv", *map(paragraph, said))


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
    return _names(request, Kind.TOPIC, "Themen", "/topics", "/!t")


def authors(request: PageRequest) -> RepublishedPage:
    return _names(request, Kind.AUTHOR, "Autor:innen", "/authors", "/!a")


def _names(request: PageRequest, kind: Kind, title: str, path: str, key: str) -> RepublishedPage:
    """Return a menu of all names, or of their first letters if there are many."""
    named, letter = request.archive.menus.names(kind, request.at), request.place.detail
    if not letter and len(named) > MAX_NAMES_PER_MENU:
        letters = sorted({_letter(name) for _, name in named})
        return menu(title, (link(found, f"{request.prefix}{path}/{found}") for found in letters))
    within = [row for row in named if letter in ("", _letter(row[1]))]
    return _some(title, [link(name, f"{request.prefix}{key}{number}") for number, name in within])


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
        return menu("Frühere Tage", (link(found, f"/days/{found}") for found in months))
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
        return _some("Alle Artikel", [link(month, f"{request.prefix}/all/{month}") for month in months])
    if len(when) == len("2025-04"):
        found = reader.menus.days_of_publication(when)
        return _some(when, [link(f"{day}: {count}", f"{request.prefix}/all/{day}") for day, count in found])
    shown = reader.menus.of_day(when, request.at, limit=MAX_REPUBLISHED_ENTRIES)
    return _listed(request, when, shown)


def versions(request: PageRequest) -> RepublishedPage:
    """Return a menu of an article's versions, latest first, even if it is gone."""
    reader, number = request.archive, request.place.number
    known = reader.menus.versions(number, request.at, limit=MAX_REPUBLISHED_ENTRIES)
    if not known:
        raise AbsentError("No such page: that article has no version at that time")
    gone = reader.articles.gone_since(number, request.at)
    since = paragraph(f"Nicht mehr da seit {minute_of(gone)}.") if gone else ()
    return menu(f"Fassungen: {known[0].title}", _zone(), since, *(_wording(request, row) for row in known))


def _wording(request: PageRequest, row: MenuVersion) -> Iterator[Line]:
    said = f"Fassung {row.number}: {minute_of(row.first_seen)} – {minute_of(row.last_seen)}"
    yield from _spaced([link(said, request.prefix + article_path(request.place.number, f"/v{row.number}"))])
    yield from paragraph(row.title)


def changes(request: PageRequest) -> RepublishedPage:
    """Return a menu of the events in the last 30 days before the last capture."""
    last = parse_stamp(_span(request).last)
    events = request.archive.events.between(
        since=last - CHANGES_PERIOD, until=request.at, limit=MAX_REPUBLISHED_ENTRIES
    )
    return menu(
        "Neu und geändert",
        _zone(),
        (
            link(
                f"{minute_of(event.at)} {EVENT_LABELS[event.what]}: {event.title}",
                request.prefix + article_path(event.article, "/versions"),
            )
            for event in events
        ),
    )


def search(request: PageRequest) -> RepublishedPage:
    """Return search results, best first, or newest first if there are very many."""
    again = _spaced([link("Suche", f"{request.prefix}/search", "7")])
    if not clean(request.words):
        return menu("Suche", again)
    reader, then = request.archive, request.at is not None
    limit = MAX_SCANNED_HITS if then else MAX_RESULTS
    hits = reader.search.versions(request.words, ArticleFilter(), limit=limit, all_versions=then).hits
    articles = reader.menus.among([hit.article for hit in hits], request.at, limit=len(hits))
    there = {(shown.article, shown.versions): shown for shown in articles}
    found = [(there[hit.article, hit.number], hit) for hit in hits if (hit.article, hit.number) in there]
    entries = (
        teaser(shown, request.prefix, "".join(span.text for span in hit.snippet))
        for shown, hit in found[:MAX_RESULTS]
    )
    return menu(f"Suche: {request.words}", again, *(entries if found else [paragraph("Nichts gefunden.")]))


def outside(request: PageRequest) -> RepublishedPage:
    """Return a page with a link to a URL outside gopherspace, for clients that request it here."""
    url = request.place.detail
    return menu("Eine Adresse im Web", paragraph("Sie liegt nicht in diesem Archiv:"), [link(url, url, "h")])


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
    return (
        f"Ein Archiv, Stand {until}: {span.articles} Artikel in {span.versions} Fassungen,"
        f" gesehen seit {minute_of(span.first)}."
    )


def _zone() -> Iterator[Line]:
    return paragraph(f"Zeitzone: {zone()}.")


def _listed(request: PageRequest, title: str, shown: Sequence[MenuArticle]) -> RepublishedPage:
    if not shown:
        raise AbsentError("No such page: nothing is listed there")
    return menu(title, teasers(shown, request.prefix), _more(len(shown)))


def _some(title: str, links: list[Line]) -> RepublishedPage:
    if not links:
        raise AbsentError("No such page: nothing is listed there")
    return menu(title, links[:MAX_REPUBLISHED_ENTRIES], _more(len(links)))


def _more(shown: int) -> Iterator[Line]:
    """Return a note if a menu is truncated."""
    if shown >= MAX_REPUBLISHED_ENTRIES:
        yield from paragraph(
            f"Das sind die ersten {MAX_REPUBLISHED_ENTRIES}; alle sind nach Tagen zu finden."
        )


def _spaced(links: list[Line]) -> list[Line]:
    return [*links, BLANK_LINE] if links else []
