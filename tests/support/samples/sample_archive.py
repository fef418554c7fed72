"""An archive of the sample newspaper, with edits, absences, a failure, and articles in several spellings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from archive.dump.writer import write_dump, write_menu
from archive.model import Article, Author, Capture, Kind, Menu, Outcome, Page, PageKey, Paragraph, Tag, Teaser
from archive.pagekey import selector
from archive.renditions.forms.gopher import encode
from archive.store import open_writer
from crawler.demo.newspaper.pages.newspaper import Newspaper

PAPER = Newspaper(seed=1, articles=25, daily=10)
VISITS = [PAPER.start + timedelta(hours=hours) for hours in (0, 2, 8, 24, 72)]
# Our own articles, one per spelling, with words the sample newspaper does not have.
SPELT = {
    900001: "Die Quarzstraße ist gesperrt.",
    900002: "Die Quarzstrasse ist gesperrt.",
    900003: "Der Zwölfmühlenweg ist gesperrt.",
    900004: "Der Zwoelfmuehlenweg ist gesperrt.",
}
EDITED, OLD_WORD = 900001, "Kiesgrube"


def wire(page: Page) -> bytes:
    return encode(
        write_dump(page) if isinstance(page, Article) else write_menu(page), host="localhost", port=7070
    )


def visit(key: PageKey, at: datetime, page: Page | None) -> Capture:
    """Return the capture of a page; for a missing one, of the server's error."""
    body = wire(page) if page else b"3Selector not found\terror\terror\t70\r\n.\r\n"
    url = f"gopher://localhost:7070/1{selector(key)}"
    return Capture(source="gopher", url=url, captured_at=at, key=key, body=body, rendition="gopher")


def spelt_article(number: int) -> Article:
    return Article(
        title=f"Verkehr: Meldung {number}",
        blocks=(Paragraph(SPELT[number]),),
        published=PAPER.start.date(),
        authors=(Author("Ännchen Straßer", 77),),
        tags=(Tag("Verkehr", 78),),
        related=(Teaser("Verkehr: Andere", "Ein Anreißer.", f"/Andere/!{900000 + number % 4 + 1}"),),
    )


def captures_of_the_newspaper() -> Iterator[Capture]:
    """Visit the root and every article so far, five times."""
    known: dict[PageKey, None] = {}
    for at in VISITS:
        known |= dict.fromkeys([PageKey(Kind.ROOT, 0), *PAPER.articles_there(at)])
        for key in known:
            yield visit(key, at, PAPER.page(key, at))


def our_own_captures() -> Iterator[Capture]:
    first, last = VISITS[0], VISITS[-1]
    for number in SPELT:
        yield visit(PageKey(Kind.ARTICLE, number), first, spelt_article(number))
    edited = spelt_article(EDITED)
    before = replace(edited, blocks=(Paragraph(f"Die {OLD_WORD} ist gesperrt."),), title="Verkehr: Vorher")
    yield visit(PageKey(Kind.ARTICLE, EDITED), first - timedelta(days=1), before)
    yield visit(PageKey(Kind.ARTICLE, 900004), last, None)
    yield visit(PageKey(Kind.ARTICLE, 900003), VISITS[1], None)
    yield visit(PageKey(Kind.ARTICLE, 900003), VISITS[2], spelt_article(900003))
    lost = visit(PageKey(Kind.ARTICLE, 900009), last, Menu(title=None))
    yield replace(lost, body=None, outcome=Outcome.FAILED, problem="no whole answer within 30 s")


def make_sample_archive(path: Path) -> None:
    """Return what a crawl of five days would record."""
    with open_writer(path) as archive:
        crawl = archive.runs.begin(source="gopher", at=VISITS[0])
        archive.record(captures_of_the_newspaper(), crawl=crawl)
        archive.record(our_own_captures(), crawl=crawl)
        archive.runs.finish(crawl, at=VISITS[-1], reason="finished", stats={"item_scraped_count": 1})
