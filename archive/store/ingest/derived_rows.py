"""Writing what captures amount to: versions and all that hangs on them."""

from collections.abc import Sequence

from sqlite_utils import Database

from archive.model import Article
from archive.pagekey import article_url
from archive.reading.date_ranges import article_number, authors_by_name
from archive.reading.edits import history_start
from archive.reading.history import Reading, Version, derive_versions, single_version
from archive.reading.same_wording import body_words
from archive.store.db.schema import VERSIONS_PER_ARTICLE
from archive.store.ingest.edits import write_edits
from archive.store.ingest.tags_and_related import name_id, see_drift
from archive.store.query.versions import VERSION, VersionRow, Versions
from archive.text.search_spellings import search_spellings
from archive.timestamps import stamp

PARTS = (
    "links",
    "version_authors",
    "version_truncations",
    "version_repairs",
    "version_edits",
)  # what hangs on a version
MOST_VERSIONS = VERSIONS_PER_ARTICLE - 1


def write_history(
    db: Database, article: int, readings: Sequence[Reading], *, most: int = MOST_VERSIONS
) -> list[Version]:
    """Make the derived rows of one article what all its ``readings`` say, whatever was there before.

    Of more versions than ``most``, the last is the latest one, and those between are not kept.
    """
    history = _bounded(derive_versions(readings), most)
    ensure_article(db, article)
    clear_from(db, article, len(history) + 1)
    if len(history) == most:
        _disown_captures(db, article, 1)
    _write_versions(db, article, 1, history)
    for author in authors_by_name(readings).values():
        name_id(db, "authors", author)
    db.execute("DELETE FROM article_tags WHERE article_id = ?", [article])
    db.execute("DELETE FROM related_articles WHERE article_id = ?", [article])
    see_drift(db, article, readings)
    summarise(db, article)
    return history


def write_latest(db: Database, article: int, number: int, readings: Sequence[Reading]) -> int | None:
    """Bring an article up to the last of ``readings``; return the number of the version it began, if any.

    The others are those that its latest version, of that ``number``, is made of. The rows are those that
    :func:`write_history` writes of all its readings, in less time.
    """
    found = derive_versions(readings)
    history = _bounded(found, VERSIONS_PER_ARTICLE - number)
    if len(history) < len(found):
        _disown_captures(db, article, number)
    _write_versions(db, article, number, history)
    for author in readings[-1].article.authors:
        name_id(db, "authors", author)
    see_drift(db, article, readings[-1:])
    summarise(db, article)
    return number + len(history) - 1 if history[-1].capture_ids[0] == readings[-1].capture_id else None


def _bounded(history: list[Version], most: int) -> list[Version]:
    """Return no more than ``most`` versions of a history: the first ones, and as the last its latest."""
    return history if len(history) <= most else [*history[: most - 1], history[-1]]


def _disown_captures(db: Database, article: int, number: int) -> None:
    """Let captures be of no version, which were of one from ``number`` on that may no longer be kept."""
    db.execute(
        "UPDATE captures SET version_id = NULL WHERE article_id = ? AND version_id >= ?",
        [article, version_id(article, number)],
    )


def _write_versions(db: Database, article: int, first: int, history: Sequence[Version]) -> None:
    """Write an article's versions from number ``first`` on, and what they edited."""
    for number, version in enumerate(history, start=first):
        _clear_parts(db, version_id(article, number))
        _write_version(db, article, number, version)
    start = history_start(first - 1) + 1  # a number
    before = [Versions(db).wording(row) for row in Versions(db).between(article, start, first - 1)]
    now = [version.article for version in history]
    write_edits(db, version_id(article, start), [*before, *now], skip=len(before))


def append_version(db: Database, article: int, number: int, reading: Reading, before: Article | None) -> None:
    """Write version ``number``, which a new latest ``reading`` began. ``before`` is the last, and whole."""
    _write_version(db, article, number, single_version(reading))
    if before:
        write_edits(db, version_id(article, number - 1), [before, reading.article])
    see_drift(db, article, [reading])
    summarise(db, article)


def extend_version(db: Database, article: int, number: int, reading: Reading) -> None:
    """The latest version was seen once more; tags and related articles may have drifted."""
    version = version_id(article, number)
    db.execute("UPDATE versions SET last_seen = ? WHERE id = ?", [stamp(reading.captured_at), version])
    db.execute("UPDATE captures SET version_id = ? WHERE id = ?", [version, reading.capture_id])
    for author in reading.article.authors:
        if author.number is not None:
            name_id(db, "authors", author)
    see_drift(db, article, [reading])
    db.execute(
        "UPDATE articles SET last_seen = ?, state = 'present' WHERE id = ?",
        [stamp(reading.captured_at), article],
    )


def repeat_capture(db: Database, article: int, version: int, before: str, now: str) -> None:
    """The page came again as it was ``before``, byte for byte: all that was on it is there ``now``."""
    db.execute("UPDATE versions SET last_seen = ? WHERE id = ?", [now, version])
    db.execute(
        "UPDATE article_tags SET last_seen = ? WHERE article_id = ? AND last_seen = ?", [now, article, before]
    )
    db.execute(
        "UPDATE related_articles SET last_seen = ? WHERE article_id = ? AND last_seen = ?",
        [now, article, before],
    )
    db.execute("UPDATE articles SET last_seen = ?, state = 'present' WHERE id = ?", [now, article])


def clear_from(db: Database, article: int, number: int) -> None:
    """Drop the versions from ``number`` on."""
    first, beyond = version_id(article, number), version_id(article, VERSIONS_PER_ARTICLE)
    _disown_captures(db, article, number)
    for table in PARTS:
        db.execute(f"DELETE FROM {table} WHERE version_id >= ? AND version_id < ?", [first, beyond])  # noqa: S608 - ours
    db.execute("DELETE FROM versions WHERE id >= ? AND id < ?", [first, beyond])


def _clear_parts(db: Database, version: int) -> None:
    for table in PARTS:
        db.execute(f"DELETE FROM {table} WHERE version_id = ?", [version])  # noqa: S608 - ours


def forget_article(db: Database, article: int) -> None:
    """Drop all that was derived for an id whose captures went to another."""
    clear_from(db, article, 1)
    for table in ("article_tags", "related_articles"):
        db.execute(f"DELETE FROM {table} WHERE article_id = ?", [article])  # noqa: S608 - ours
    db.execute("DELETE FROM articles WHERE id = ?", [article])


def latest(db: Database, article: int) -> tuple[int, Article | None]:
    """The latest version's number and what it says, enough to compare by.

    None if part of it is cut or folded: what all its captures tell of it is more than its row holds. Nor
    if it was mended: the next capture may be the better one to begin with.
    """
    *fields, mended = db.execute(
        f"SELECT {VERSION}, healed FROM versions"  # noqa: S608 - the row's own fields
        " WHERE id = (SELECT latest_version_id FROM articles WHERE id = ?)",
        [article],
    ).fetchone()
    row = VersionRow._make(fields)
    return row.number, None if row.truncation_count or row.umlauts_transliterated or mended else Versions(
        db
    ).wording(row)


def version_id(article: int, number: int) -> int:
    """The id of an article's ``number``-th version, the same in every archive."""
    return article * VERSIONS_PER_ARTICLE + number


def ensure_article(db: Database, article: int) -> None:
    """Give the article a row, before any of another table names it.

    Were it named first, SQLite would look through all these tables for whoever waits for it.
    """
    made = db.execute(
        "INSERT INTO articles (id, state, url) VALUES (?, 'present', ?) ON CONFLICT DO NOTHING",
        [article, article_url(article) if article > 0 else None],
    )
    if made.rowcount:
        db.execute("UPDATE links SET article_id = ? WHERE article_number = ?", [article, article])
        db.execute("UPDATE related_articles SET related_id = ? WHERE related_number = ?", [article, article])


def _write_version(db: Database, article: int, number: int, version: Version) -> None:
    said, text = version.article, version.article.text
    version_row = version_id(article, number)
    row = {
        "id": version_row,
        "article_id": article,
        "number": number,
        "first_seen": stamp(version.first_seen),
        "last_seen": stamp(version.last_seen),
        "title": said.title,
        "lead": said.lead,
        "caption": said.caption,
        "dateline": said.dateline,
        "published": said.published and said.published.isoformat(),
        "text": text,
        "words": len(body_words(text)),
        "truncation_count": len(said.truncations),
        "paragraphs_inferred": said.paragraphs_inferred,
        "umlauts_transliterated": said.transliterated,
        "healed": version.is_healed,
        "capture_id": version.capture_id,
        "search_spellings": search_spellings(
            " ".join(filter(None, (said.title, said.lead, said.caption, text)))
        ),
    }
    db.execute(WRITE_VERSION, row)
    _write_links(db, version_row, said)
    _write_losses(db, version_row, version)
    db.conn.executemany(
        "INSERT INTO version_authors (version_id, author_id, position) VALUES (?, ?, ?)",
        [(version_row, name_id(db, "authors", author), n) for n, author in enumerate(said.authors, start=1)],
    )
    db.conn.executemany(
        "UPDATE captures SET version_id = ? WHERE id = ?",
        [(version_row, capture) for capture in version.capture_ids],
    )


_COLUMNS = (
    *("id", "article_id", "number", "first_seen", "last_seen", "title", "lead", "caption", "dateline"),
    *("published", "text", "words", "truncation_count", "paragraphs_inferred", "umlauts_transliterated"),
    *("healed", "capture_id", "search_spellings"),
)
# Not INSERT OR REPLACE, which skips the triggers that keep the search index; and what is there already is not
# written again.
WRITE_VERSION = (
    f"INSERT INTO versions ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[2:])}"
    f" WHERE ({', '.join(_COLUMNS)}) IS NOT ({', '.join(f'excluded.{name}' for name in _COLUMNS)})"
)


def _write_losses(db: Database, version_row: int, version: Version) -> None:
    """What is missing of a version, and where what was missing came from."""
    db.conn.executemany(
        "INSERT INTO version_truncations (version_id, field, offset, max_missing) VALUES (?, ?, ?, ?)",
        [(version_row, cut.field, cut.offset, cut.max_missing) for cut in version.article.truncations],
    )
    db.conn.executemany(
        'INSERT INTO version_repairs (version_id, field, start, "end", capture_id) VALUES (?, ?, ?, ?, ?)',
        [
            (version_row, words.field, words.start, words.end, version.capture_ids[words.reading_index])
            for words in version.healed_ranges
        ],
    )


def _write_links(db: Database, version: int, said: Article) -> None:
    db.conn.executemany(
        'INSERT INTO links (version_id, position, text, start, "end", target, article_number, article_id)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT id FROM articles WHERE id = ?))",
        [
            (version, link.n, link.text, link.start, link.end, link.target, number, number)
            for link in said.links
            for number in [article_number(link.target)]
        ],
    )


def summarise(db: Database, article: int) -> None:
    """Bring the article's own row up to its versions and captures."""
    db.execute(SUMMARY, {"article": article, "first": version_id(article, 1)})


SUMMARY = """
UPDATE articles SET (title, published, latest_version_id, version_count, last_seen) =
    (SELECT title, published, id, number, last_seen FROM versions
     WHERE article_id = :article ORDER BY id DESC LIMIT 1),
  first_seen = (SELECT first_seen FROM versions WHERE id = :first),
  state = (SELECT iif(outcome = 'absent', 'gone', 'present') FROM captures
           WHERE article_id = :article AND outcome IN ('ok', 'absent')
           ORDER BY captured_at DESC, outcome DESC LIMIT 1)
WHERE id = :article
"""
