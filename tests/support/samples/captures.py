"""Captures of made-up articles, and what an archive says of them whatever the order they came in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.dump.writer import write_dump, write_menu
from archive.model import Article, Author, Capture, Kind, Link, Menu, PageKey, Paragraph, Subhead, Tag, Teaser
from archive.pagekey import selector
from archive.renditions.forms import gopher
from archive.store import Writer, open_writer

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


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    with open_writer(path) as archive:
        yield archive


# Everything that is derived, without the ids that only say in which order rows were made.
DERIVED = {
    "articles": "SELECT * FROM articles ORDER BY id",
    "versions": "SELECT id, article_id, number, first_seen, last_seen, title, lead, caption, dateline,"
    " published, text, words, truncation_count, search_spellings, paragraphs_inferred,"
    " umlauts_transliterated FROM versions ORDER BY id",
    "bases": "SELECT v.id, captured_at, digest, source, c.url FROM versions v"
    " JOIN captures c ON c.id = v.capture_id JOIN payloads p ON p.id = payload_id ORDER BY 1",
    "cuts": "SELECT version_id, field, offset, max_missing FROM version_truncations ORDER BY 1, rowid",
    "healed": 'SELECT h.version_id, field, start, "end", captured_at, digest FROM version_repairs h'
    " JOIN captures c ON c.id = h.capture_id JOIN payloads p ON p.id = payload_id ORDER BY 1, h.rowid",
    "edits": "SELECT * FROM version_edits ORDER BY version_id, field",
    "captures": "SELECT c.article_id, c.version_id, source, url, captured_at, digest, outcome, problem"
    " FROM captures c LEFT JOIN payloads p ON p.id = payload_id ORDER BY captured_at, digest, source, url",
    "links": "SELECT * FROM links ORDER BY version_id, position, start",
    "authors": "SELECT version_id, v.position, name, number FROM version_authors v JOIN authors a"
    " ON a.id = author_id"
    " ORDER BY 1, 2",
    "tags": "SELECT article_id, name, number, first_seen, last_seen FROM article_tags JOIN tags t"
    " ON t.id = tag_id"
    " ORDER BY 1, 2",
    "related": "SELECT * FROM related_articles ORDER BY article_id, related_number, title",
    "pages": "SELECT kind, number FROM pages ORDER BY 1, 2",
}


def contents(db: Database) -> dict[str, list[tuple[object, ...]]]:
    return {name: [tuple(row) for row in db.execute(query)] for name, query in DERIVED.items()}


def is_sound(db: Database) -> bool:
    """Whole to SQLite, no foreign key dangles, and the search index says what the versions say."""
    db.execute("INSERT INTO versions_fts (versions_fts, rank) VALUES ('integrity-check', 1)")
    return (
        db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        and not db.execute("PRAGMA foreign_key_check").fetchall()
    )
