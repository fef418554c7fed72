"""The menus of a republished archive. Its own words are in the paper's language."""

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
from archive.republish.pages import Sheet, link, menu, paragraph, teaser, teasers
from archive.republish.request import Asked
from archive.republish.routes import path_of
from archive.store import ArticleFilter, Extent, MenuArticle, MenuVersion
from archive.timestamps import parse_stamp

LONGEST_MENU = 1_000  # entries
NEWEST = 40  # articles on the root, with what they are about
UNLISTED = 500  # articles on the root that no other menu has
FOUND = 50
LOOKED_AT = 400  # hits, for those that were so at an earlier time
LETTERS_FROM = 300  # names in one menu; more are split by their first letter
LATELY = timedelta(days=30)
EVENTS = {"new": "neu", "edited": "geändert", "gone": "nicht mehr da", "back": "wieder da"}


def root(asked: Asked) -> Sheet:
    """As the paper's: a claim, the search, sections, articles. Then those that no menu leads to."""
    span, prefix, reader = _span(asked), asked.prefix, asked.archive
    newest = reader.menus.newest(asked.at, limit=NEWEST)
    in_menus = [*_in_sections(asked), *(shown.article for shown in newest)]
    unlisted = reader.menus.unlisted(in_menus, asked.at, limit=UNLISTED)
    ways = [
        link("Suche", f"{prefix}/search", "7"),
        *(link(said, prefix + path) for path, said in WAYS.items()),
    ]
    sections = [link(name, f"{prefix}/!p{number}") for number, name in _sections_there(asked)]
    return menu(
        None,
        paragraph(_claim(span, asked)),
        _spaced(ways),
        _spaced(sections),
        teasers(newest, prefix),
        (link(shown.title, prefix + path_of(shown.article)) for shown in unlisted),
    )


WAYS = {
    "/about": "Über dieses Archiv",
    "/changes": "Neu und geändert",
    "/days": "Frühere Tage",
    "/topics": "Themen",
    "/authors": "Autor:innen",
    "/all": "Alle Artikel nach Tagen",
}


def about(asked: Asked) -> Sheet:
    span = _span(asked)
    said = [f"{FULL_NAME}: {_claim(span, asked)}", LICENCE, f"Made with {TOOL}."]
    return menu("Über dieses Archiv", *map(paragraph, said))


def section(asked: Asked) -> Sheet:
    """What its menu has ever listed, and was there."""
    found = next((found for found in asked.sections if found.number == asked.place.number), None)
    if found is None:
        raise AbsentError("No such page: no such section")
    shown = asked.archive.menus.among(found.articles(asked.stamp), asked.at, limit=LONGEST_MENU)
    return _listed(asked, found.name, shown)


def topic(asked: Asked) -> Sheet:
    return _of(asked, Kind.TOPIC)


def author(asked: Asked) -> Sheet:
    return _of(asked, Kind.AUTHOR)


def _of(asked: Asked, kind: Kind) -> Sheet:
    reader, number = asked.archive, asked.place.number
    shown = reader.menus.of(kind, number, asked.at, limit=LONGEST_MENU)
    return _listed(asked, reader.menus.name(kind, number) or "", shown)


def topics(asked: Asked) -> Sheet:
    return _names(asked, Kind.TOPIC, "Themen", "/topics", "/!t")


def authors(asked: Asked) -> Sheet:
    return _names(asked, Kind.AUTHOR, "Autor:innen", "/authors", "/!a")


def _names(asked: Asked, kind: Kind, title: str, path: str, key: str) -> Sheet:
    """All names, or, where they are many, their first letters."""
    named, letter = asked.archive.menus.names(kind, asked.at), asked.place.detail
    if not letter and len(named) > LETTERS_FROM:
        letters = sorted({_letter(name) for _, name in named})
        return menu(title, (link(found, f"{asked.prefix}{path}/{found}") for found in letters))
    within = [row for row in named if letter in ("", _letter(row[1]))]
    return _some(title, [link(name, f"{asked.prefix}{key}{number}") for number, name in within])


def _letter(name: str) -> str:
    """``Ökologie`` → ``O``; all that begins with no letter is one."""
    first = unicodedata.normalize("NFD", name[:1].upper())[:1]
    return first if first.isalpha() else "0"


def days(asked: Asked) -> Sheet:
    """Each day there is anything of, by months: what came after it is not told there."""
    span, month = _span(asked), asked.place.detail
    first, last = span.first[:10], span.last[:10]
    if not month:
        months = reversed(list(_months(first[:7], last[:7])))
        return menu("Frühere Tage", (link(found, f"/days/{found}") for found in months))
    if month not in _months(first[:7], last[:7]):
        raise AbsentError("No such page: the archive has nothing of that month")
    dates = (f"{month}-{day:02}" for day in range(1, 1 + monthrange(*map(int, month.split("-")))[1]))
    return menu(month, (link(day, f"/as-of/{day}/") for day in dates if first <= day <= last))


def _months(first: str, last: str) -> Iterator[str]:
    year, month = map(int, first.split("-"))
    while (found := f"{year:04}-{month:02}") <= last:
        yield found
        year, month = year + month // 12, month % 12 + 1


def every(asked: Asked) -> Sheet:
    """All articles by the day they carry, whether in any other menu or not."""
    reader, when = asked.archive, asked.place.detail
    if not when:
        months = reader.menus.months_of_publication()
        return _some("Alle Artikel", [link(month, f"{asked.prefix}/all/{month}") for month in months])
    if len(when) == len("2025-04"):
        found = reader.menus.days_of_publication(when)
        return _some(when, [link(f"{day}: {count}", f"{asked.prefix}/all/{day}") for day, count in found])
    shown = reader.menus.of_day(when, asked.at, limit=LONGEST_MENU)
    return _listed(asked, when, shown)


def versions(asked: Asked) -> Sheet:
    """How an article read, the latest first, whether it is gone or not."""
    reader, number = asked.archive, asked.place.number
    known = reader.menus.versions(number, asked.at, limit=LONGEST_MENU)
    if not known:
        raise AbsentError("No such page: no version of that article by then")
    gone = reader.articles.gone_since(number, asked.at)
    since = paragraph(f"Nicht mehr da seit {_time(gone)} UTC.") if gone else ()
    return menu(f"Fassungen: {known[0].title}", since, *(_wording(asked, row) for row in known))


def _wording(asked: Asked, row: MenuVersion) -> Iterator[Line]:
    said = f"Fassung {row.number}: {_time(row.first_seen)} – {_time(row.last_seen)} UTC"
    yield from _spaced([link(said, asked.prefix + path_of(asked.place.number, f"/v{row.number}"))])
    yield from paragraph(row.title)


def changes(asked: Asked) -> Sheet:
    """What happened in the last thirty days there is anything of."""
    last = parse_stamp(_span(asked).last)
    events = asked.archive.events.between(since=last - LATELY, until=asked.at, limit=LONGEST_MENU)
    return menu(
        "Neu und geändert",
        (
            link(
                f"{_time(event.at)} {EVENTS[event.what]}: {event.title}",
                asked.prefix + path_of(event.article, "/versions"),
            )
            for event in events
        ),
    )


def search(asked: Asked) -> Sheet:
    """What matches, the best first, or of very many the newest; at an earlier time what matched then."""
    again = _spaced([link("Suche", f"{asked.prefix}/search", "7")])
    if not clean(asked.words):
        return menu("Suche", again)
    reader, then = asked.archive, asked.at is not None
    limit = LOOKED_AT if then else FOUND
    hits = reader.search.versions(
        asked.words, ArticleFilter(), limit=limit, best=True, all_versions=then
    ).hits
    articles = reader.menus.among([hit.article for hit in hits], asked.at, limit=len(hits))
    there = {(shown.article, shown.versions): shown for shown in articles}
    found = [(there[hit.article, hit.number], hit) for hit in hits if (hit.article, hit.number) in there]
    entries = (
        teaser(shown, asked.prefix, "".join(span.text for span in hit.snippet))
        for shown, hit in found[:FOUND]
    )
    return menu(f"Suche: {asked.words}", again, *(entries if found else [paragraph("Nichts gefunden.")]))


def outside(asked: Asked) -> Sheet:
    """An address that is not in gopherspace, for clients that ask us for it."""
    url = asked.place.detail
    return menu("Eine Adresse im Web", paragraph("Sie liegt nicht in diesem Archiv:"), [link(url, url, "h")])


LISTS: dict[str, Callable[[Asked], Sheet]] = {
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


def _span(asked: Asked) -> Extent:
    """What there is by then. Raises :exc:`AbsentError` before the first capture."""
    span = asked.archive.menus.extent(asked.at)
    if span is None:
        raise AbsentError("No such page: the archive begins later")
    return span


def _claim(span: Extent, asked: Asked) -> str:
    until = f"{asked.at:%Y-%m-%d %H:%M}" if asked.at else _time(span.last)
    return (
        f"Ein Archiv, Stand {until} UTC: {span.articles} Artikel in {span.versions} Fassungen,"
        f" gesehen seit {_time(span.first)}."
    )


def _in_sections(asked: Asked) -> set[int]:
    return {article for found in asked.sections for article in found.articles(asked.stamp)}


def _sections_there(asked: Asked) -> Iterator[tuple[int, str]]:
    """Sections that had listed something; all of it may be gone again."""
    return ((found.number, found.name) for found in asked.sections if found.articles(asked.stamp))


def _listed(asked: Asked, title: str, shown: Sequence[MenuArticle]) -> Sheet:
    if not shown:
        raise AbsentError("No such page: nothing is listed there")
    return menu(title, teasers(shown, asked.prefix), _more(len(shown)))


def _some(title: str, links: list[Line]) -> Sheet:
    if not links:
        raise AbsentError("No such page: nothing is listed there")
    return menu(title, links[:LONGEST_MENU], _more(len(links)))


def _more(shown: int) -> Iterator[Line]:
    """That a menu ends before what it lists does."""
    if shown >= LONGEST_MENU:
        yield from paragraph(f"Das sind die ersten {LONGEST_MENU}; alle sind nach Tagen zu finden.")


def _spaced(links: list[Line]) -> list[Line]:
    return [*links, BLANK_LINE] if links else []


def _time(stamped: str) -> str:
    return f"{stamped[:10]} {stamped[11:16]}"
