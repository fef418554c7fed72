"""A large archive made from a thousand recorded articles, copied with other numbers.

Every row, payloads included, is what recording the copies would give, so `verify --all` finds no fault.
Articles are short, so that a million versions fit on a disk; the frequency of words follows Zipf's law.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from archive.dump.writer import write_dump
from archive.model import Article, Author, Capture, Kind, PageKey, Paragraph, Tag
from archive.pagekey import selector
from archive.renditions.forms import gopher
from archive.store import digest_of, open_writer
from archive.store.ingest.derived_rows import version_id
from archive.store.payloads.compression import FAST_LEVEL, compress
from archive.store.sql_functions import register_sql_functions

FIRST, PER_BLOCK = 6_000_000, 1_000
VERSIONS = 2 * PER_BLOCK  # per block: each article is edited once
START = datetime(2020, 1, 1, 6, tzinfo=UTC)
VOCABULARY, WORDS, PARAGRAPHS = 30_000, 40, 3
SYLLABLES = (
    *("be", "ge", "ver", "stadt", "wahl", "brück", "straß", "haus", "recht", "ung"),
    *("lich", "en", "er", "ten", "schaft", "markt", "über", "fluss"),
)
# Columns that depend on the article's number, with the factor by which they grow; the others are copied.
SHIFTED = {
    "articles": {"id": 1, "latest_version_id": version_id(1, 0)},
    "versions": {"id": version_id(1, 0), "article_id": 1},
    "captures": {"article_id": 1, "version_id": version_id(1, 0)},
    "version_authors": {"version_id": version_id(1, 0)},
    "version_edits": {"version_id": version_id(1, 0), "before_id": version_id(1, 0)},
    "article_tags": {"article_id": 1},
}
COUNTED = {
    "captures": {"id": "captures", "payload_id": "payloads", "page_id": "pages"},
    "versions": {"capture_id": "captures"},
}
NAMED = {"articles": ("title", "url"), "versions": ("title",), "captures": ("url",)}


def fill(path: Path, versions: int) -> None:
    """Create an archive of about ``versions`` versions."""
    with open_writer(path) as archive:
        archive.record(_captures(Random(1)))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -200000"):
            db.execute(f"PRAGMA {pragma}")
        register_sql_functions(db)
        last = {table: _last(db, table) for table in ("captures", "payloads", "pages")}
        for block in range(1, versions // VERSIONS):
            db.execute("BEGIN")
            _copy_block(db, block, last)
            db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# -- Recorded ---------------------------------------------------------------------------------------------


def _captures(dice: Random) -> Iterator[Capture]:
    words = ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 4))) for _ in range(VOCABULARY)]
    for number in range(FIRST, FIRST + PER_BLOCK):
        at = START + timedelta(minutes=dice.randrange(2_000_000))
        said = [_text(dice, words, WORDS) for _ in range(PARAGRAPHS)]
        for edit in range(2):
            blocks = tuple(Paragraph(text) for text in [*said[edit:], f"Stand {edit}."])
            yield _capture(number, at + timedelta(hours=edit), blocks, dice)


def _text(dice: Random, words: list[str], count: int) -> str:
    """Return a sentence by Zipf's law: the n-th word is 1/n as common as the first."""
    return " ".join(words[int(len(words) ** dice.random()) - 1] for _ in range(count)).capitalize() + "."


def _capture(number: int, at: datetime, blocks: tuple[Paragraph, ...], dice: Random) -> Capture:
    key = PageKey(Kind.ARTICLE, number)
    article = Article(
        title=f"Meldung Nr. {number}: {blocks[0].text[:30].strip()}",
        blocks=blocks,
        published=at.date(),
        authors=(Author(f"Erika Muster {number % 97}", 20_000 + number % 97),),
        tags=tuple(Tag(f"Thema {n}", 5_000_000 + n) for n in {int(300 ** dice.random()) for _ in range(2)}),
    )
    body = gopher.encode(write_dump(article), host="taz.de", port=70)
    url = f"gopher://taz.de/1{selector(key)}"
    return Capture(source="gopher", url=url, captured_at=at, key=key, body=body, rendition="gopher")


# -- Copied -----------------------------------------------------------------------------------------------


def _copy_block(db: sqlite3.Connection, block: int, last: dict[str, int]) -> None:
    """Copy the recorded articles. ``last`` holds the highest recorded ids by table."""
    shift = block * PER_BLOCK
    db.executemany(
        "INSERT INTO payloads (id, digest, size, encoding, level, body) VALUES (?, ?, ?, 'zstd', 3, ?)",
        _payloads(db, shift, block * last["payloads"]),
    )
    db.execute(
        "INSERT INTO pages (id, kind, number, priority, due_at, discovered_at, checked_at,"
        " changed_at, failure_count)"
        " SELECT id + ?, kind, number + ?, priority, due_at, discovered_at, checked_at, changed_at,"
        " failure_count"
        " FROM pages WHERE kind = 'article' AND id <= ?",
        [block * last["pages"], shift, last["pages"]],
    )
    for table, factors in SHIFTED.items():
        added = {column: block * last[of] for column, of in COUNTED.get(table, {}).items()}
        added |= {column: factor * shift for column, factor in factors.items()}
        _copy_table(db, table, shift, added)


def _last(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT max(id) FROM {table}").fetchone()[0])


def _payloads(db: sqlite3.Connection, shift: int, added: int) -> Iterator[tuple[int, bytes, int, bytes]]:
    rows = db.execute(
        "SELECT payload_id, article_id, payload_bytes(payload_id) FROM captures WHERE article_id < ?",
        [FIRST + PER_BLOCK],
    ).fetchall()
    for payload, article, body in rows:
        copied = body.replace(b"%d" % article, b"%d" % (article + shift))
        yield payload + added, digest_of(copied), len(copied), compress(copied, FAST_LEVEL)


def _copy_table(db: sqlite3.Connection, table: str, shift: int, added: dict[str, int]) -> None:
    columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
    article = next(name for name in ("article_id", "version_id / 10000", "id") if name.split()[0] in columns)
    shown = [_copied(table, column, article, shift, added) for column in columns]
    db.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(shown)} FROM {table}"
        f" WHERE {article} < {FIRST + PER_BLOCK}"
    )


def _copied(table: str, column: str, article: str, shift: int, added: dict[str, int]) -> str:
    if column in added:
        return f"{column} + {added[column]}"
    if column in NAMED.get(table, ()):
        return f"replace({column}, {article}, {article} + {shift})"
    return column
