"""A large synthetic archive, written directly into the tables. A crawl would take days."""

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import ascii_uppercase

from archive.store import open_writer
from archive.store.db.schema import VERSIONS_PER_ARTICLE
from archive.timestamps import stamp

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 700
FIRST_ARTICLE = 6_000_000
TAGS, AUTHORS = 100_000, 1500
SECTIONS, PLACES = 20, 8  # the front page and sections, each with so many articles
WORDS = 120  # per version
# Roughly Zipf's law: the first words are in nearly every text, the last in few.
VOCABULARY = [
    f"{stem}{ending}"
    for ending in ("", "en", "ung", "lich", "keit")
    for stem in (
        "stadt",
        "rat",
        "brücke",
        "streit",
        "wetter",
        "verein",
        "bahn",
        "straße",
        "haus",
        "klima",
        "geld",
        "schule",
        "theater",
        "fluss",
        "wald",
        "recht",
        "markt",
        "luft",
        "arbeit",
        "wahl",
    )
]
LONG_LIVED = FIRST_ARTICLE  # an article with 500 versions
VERSIONS_OF_LONG_LIVED = 500

ARTICLE = "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
VERSION = """INSERT INTO versions (id, article_id, number, first_seen, last_seen, title, lead,
  published, text, words, truncation_count, paragraphs_inferred, umlauts_transliterated, healed,
  search_spellings, digest, capture_id)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '', randomblob(32), ?)"""
EDIT = "INSERT INTO version_edits VALUES (?, ?, ?, 0)"
CAPTURE = """INSERT INTO captures (id, article_id, version_id, crawl_id, source, url, captured_at, outcome)
  VALUES (?, ?, ?, 1, 'gopher', ?, ?, ?)"""

PLACEMENT = "INSERT INTO placements VALUES (?, ?, ?, ?, ?, ?)"


def fill(path: Path, versions: int) -> None:
    """Create an archive of ``versions`` versions: half of the articles edited, one in a hundred gone."""
    with open_writer(path) as archive:
        archive.runs.begin(source="gopher", at=START)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        db.executemany("INSERT INTO tags VALUES (?, ?, ?)", _names(topic_name, TAGS))
        db.executemany("INSERT INTO authors VALUES (?, ?, ?)", _names(author_name, AUTHORS))
        _fill(db, versions, random.Random(1))
        _place_articles(db, versions)
        db.execute("COMMIT")
        db.execute("ANALYZE")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _names(name: Callable[[int], str], count: int) -> Iterator[tuple[int, str, int]]:
    return ((at, name(at), 5_000_000 + at) for at in range(1, count + 1))


def topic_name(number: int) -> str:
    """Return the name of a topic: ``B-Thema 1``. Names begin with all letters."""
    return f"{ascii_uppercase[number % len(ascii_uppercase)]}-Thema {number}"


def author_name(number: int) -> str:
    return f"{ascii_uppercase[number % len(ascii_uppercase)]}. Muster {number}"


def _fill(db: sqlite3.Connection, versions: int, chance: random.Random) -> None:
    written, article = 0, FIRST_ARTICLE
    articles = versions / 2
    while written < versions:
        count = VERSIONS_OF_LONG_LIVED if article == LONG_LIVED else chance.choice((1, 1, 2, 4))
        day = (article - FIRST_ARTICLE) / articles * DAYS
        _write(db, article, START + timedelta(days=day), count, written, chance)
        written, article = written + count, article + 1


def _write(
    db: sqlite3.Connection, article: int, at: datetime, count: int, capture: int, chance: random.Random
) -> None:
    """Insert an article with ``count`` versions, a capture of each, tags and authors."""
    times = [stamp(at + timedelta(hours=3 * number)) for number in range(count + 1)]
    first = article * VERSIONS_PER_ARTICLE
    gone = article % 100 == 1
    url = f"https://taz.de/!{article}/"
    title = f"{_text(chance, 2).title()}: {_text(chance, 5)}"
    texts = _texts(chance, count)
    day = times[0][:10]
    db.execute(
        ARTICLE,
        (article, title, day, times[0], times[-1], first + count, count, "gone" if gone else "present", url),
    )
    for number in range(1, count + 1):
        seen = (times[number - 1], times[number])
        body = (title, _text(chance, 12), day, texts[number - 1], WORDS, capture + number)
        db.execute(VERSION, (first + number, article, number, *seen, *body))
        if number > 1:
            field = "title" if number % 4 == 0 else "text"
            db.execute(EDIT, (first + number, field, first + number - 1))
        db.execute(CAPTURE, (capture + number, article, first + number, url, seen[0], "ok"))
        db.execute("INSERT INTO version_authors VALUES (?, ?, 1)", (first + number, _zipf(chance, AUTHORS)))
    if gone:
        db.execute(CAPTURE, (100_000_000 + article, article, None, url, times[-1], "absent"))
    tags = {_zipf(chance, TAGS) for _ in range(3)}
    db.executemany(
        "INSERT INTO article_tags VALUES (?, ?, ?, ?)", [(article, tag, times[0], times[-1]) for tag in tags]
    )


def _place_articles(db: sqlite3.Connection, versions: int) -> None:
    """Fill the front page (every article) and the sections: new articles at the top, the others move down."""
    names = ((at + 1, at, f"Ressort {at}" if at else "front page") for at in range(SECTIONS))
    db.executemany("INSERT INTO sections VALUES (?, ?, ?)", names)
    articles = [row for (row,) in db.execute("SELECT id FROM articles ORDER BY id")]
    hours = DAYS * 24 / (versions / 2)
    for section in range(SECTIONS):
        listed = articles if section == 0 else articles[section :: SECTIONS - 1]
        pause = max(hours * len(articles) / len(listed), 1)
        db.executemany(PLACEMENT, _placements(section + 1, listed, pause))


def _placements(section: int, articles: Sequence[int], pause: float) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a section that gets an article every ``pause`` hours."""
    for turn, article in enumerate(articles):
        for place in range(1, min(PLACES, len(articles) - turn) + 1):
            begin = START + timedelta(hours=pause * (turn + place))
            end = begin + timedelta(hours=pause / 2)
            yield section, place, article, article, stamp(begin), stamp(end)


def _texts(chance: random.Random, count: int) -> Sequence[str]:
    """Return ``count`` texts; each changes a few words of the one before."""
    words = [_word(chance) for _ in range(WORDS)]
    texts = []
    for _ in range(count):
        texts.append(" ".join(words[: WORDS // 2]) + "\n\n" + " ".join(words[WORDS // 2 :]))
        for at in chance.sample(range(WORDS), 4):
            words[at] = _word(chance)
    return texts


def _text(chance: random.Random, count: int) -> str:
    return " ".join(_word(chance) for _ in range(count))


def _word(chance: random.Random) -> str:
    return (
        VOCABULARY[_zipf(chance, len(VOCABULARY)) - 1]
        if chance.random() > 0.02
        else f"wort{chance.randrange(50_000)}"
    )


def _zipf(chance: random.Random, count: int) -> int:
    """Return a random number from 1 to ``count``, mostly small ones."""
    return min(int(count ** chance.random()), count)
