"""Made-up articles, captures of them, and archives of those."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.dump.writer import write_dump, write_menu
from archive.model import (
    Article,
    Author,
    Capture,
    Kind,
    Link,
    Menu,
    Outcome,
    PageKey,
    Paragraph,
    Subhead,
    Tag,
    Teaser,
)
from archive.pagekey import selector
from archive.renditions.forms import gopher
from archive.store import open_writer

START = datetime(2025, 4, 10, 6, tzinfo=UTC)
NUMBER = 6081430
BASE = Article(
    title="Wetter in der Stadt: Großer Regen über der Hafenstraße",
    lead="Am Dienstag stand das Wasser bis an die Türen.",
    caption="Pfützen vor dem Rathaus",
    dateline="Bremen taz",
    blocks=(
        Paragraph("Es regnete den ganzen Tag, sagten die Häuser der Straße."),
        Subhead("Später"),
        Paragraph("Dann nicht mehr."),
    ),
    published=START.date(),
    links=(Link(1, "/Regen/!6080001", "regnete", 3, 10),),
    authors=(Author("Änne Groß", 22001),),
    tags=(Tag("Wetter", 5008001), Tag("Bremen", 5008002)),
    related=(Teaser("Vom Winde: Der Sturm", "Er kam.", "/Sturm/!6080002"),),
)

TOPIC = PageKey(Kind.TOPIC, 5008001)
MENU = Menu(title="Wetter", entries=(Teaser("Vom Winde: Der Sturm", "Er kam.", "/Sturm/!6080002"),))

NOON = datetime(2025, 4, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

BLOCKS = (
    Paragraph("Die Brücke über die Murr bleibt gesperrt. Das teilte die Stadt am Montag mit."),
    Subhead("Zweite Meinung"),
    Paragraph("Der Verein „Rot-grüne Wege“ will klagen; die Häuser am Ufer seien in Gefahr."),
    Paragraph("Im Herbst soll der Rat entscheiden, ob gebaut wird."),
)


def link(n: int, target: str, text: str) -> Link:
    """A link that underlines ``text`` in BLOCKS."""
    start = Article(title="", blocks=BLOCKS).text.index(text)
    return Link(n, target, text, start, start + len(text))


BRIDGE = Article(
    title="Brücke in Großau: Neue Straße, alter Streit",
    lead="Die Bürger*innen streiten seit Jahren. Nun liegt ein Plan vor.",
    caption="Noch gesperrt: die Brücke über die Murr",
    dateline="Großau taz",
    blocks=BLOCKS,
    published=date(2025, 4, 10),
    links=(
        link(1, "/Sperrung/!700002", "bleibt gesperrt"),
        link(2, "https://example.org/plan", "will klagen"),
    ),
    authors=(Author("Anna Äpfel", 31), Author("Bert Baum", 32)),
    tags=(Tag("Verkehr", 51), Tag("Großau", 52)),
    related=(Teaser("Murr: Ein Fluss steigt", "Das Wasser kommt näher.", "/!700002"),),
)


def key(number: int = NUMBER) -> PageKey:
    return PageKey(Kind.ARTICLE, number)


def capture(article: Article, hours: float, number: int | None = NUMBER, **changes: Any) -> Capture:
    """The article's page, fetched by gopher ``hours`` after START; from a file if it has no number."""
    page = key(number) if number else None
    values: dict[str, Any] = {
        "source": "gopher" if page else "import",
        "url": f"gopher://taz.de/1{selector(page)}" if page else "page.txt",
        "captured_at": START + timedelta(hours=hours),
        "key": page,
        "body": gopher.encode(write_dump(article), host="taz.de", port=70),
    }
    return Capture(**(values | changes))


def page_of(menu: Menu, hours: float) -> Capture:
    """The page of a topic, fetched by gopher ``hours`` after START."""
    body = gopher.encode(write_menu(menu), host="taz.de", port=70)
    return capture(BASE, hours, key=TOPIC, url="gopher://taz.de/1/!t5008001", body=body)


def capture_of(
    article: Article, number: int | None = 700001, at: datetime = NOON, source: str = "taz.de"
) -> Capture:
    """The article's page as taz serves it."""
    url = f"gopher://taz.de/1/!{number}"
    return capture(article, (at - START) / HOUR, number, source=source, url=url)


def absence_of(number: int = 700001, at: datetime = NOON) -> Capture:
    """A capture of a page that is not there."""
    key = PageKey(Kind.ARTICLE, number)
    body = b"3Seite nicht gefunden\t\ttaz.de\t70\r\n.\r\n"
    return Capture(source="taz.de", url=f"gopher://taz.de/1/!{number}", captured_at=at, key=key, body=body)


def failure_of(number: int, problem: str, at: datetime = NOON) -> Capture:
    """A fetch that brought nothing."""
    key = PageKey(Kind.ARTICLE, number)
    url = f"gopher://taz.de/1/!{number}"
    outcome = Outcome.FAILED
    return Capture(source="taz.de", url=url, captured_at=at, key=key, outcome=outcome, problem=problem)


def archive_of(path: Path, captures: Iterable[Capture]) -> Path:
    """An archive that holds ``captures``."""
    with open_writer(path) as archive:
        archive.record(captures)
    return path
