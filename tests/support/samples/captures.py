"""Captures of made-up articles."""

from datetime import UTC, datetime, timedelta
from typing import Any

from archive.dump.writer import write_dump, write_menu
from archive.model import Article, Author, Capture, Kind, Link, Menu, PageKey, Paragraph, Subhead, Tag, Teaser
from archive.pagekey import selector
from archive.renditions.forms import gopher

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
