"""Write the rows derived from captures: articles, versions, and the rows that belong to a version."""

from collections.abc import Sequence

from sqlite_utils import Database

from archive.model import Article
from archive.pagekey import article_url
from archive.reading.date_ranges import article_number, authors_by_name
from archive.reading.edits import history_start
from archive.reading.history import Reading, Version, derive_versions, single_version
from archive.reading.same_wording import body_words
from archive.store.data_dictionary.derived import VersionRow
from archive.store.db.schema import VERSIONS_PER_ARTICLE
from archive.store.ingest.edits import write_edits
from archive.store.ingest.tags_and_related import name_id, write_tags_and_related
from archive.store.query.versions import VERSION, Versions
from archive.text.search_spellings import search_spellings
from archive.timestamps import stamp

# Tables derived from captures. A rebuild fills all of them again, a repair deletes their dangling rows.
TABLES_OF_VERSION = ("links", "version_authors", "version_truncations", "version_repairs", "version_edits")
TABLES_OF_ARTICLE = ("article_tags", "related_articles")
DERIVED_TABLES = (
    *("articles", "versions", "authors", "tags", "sections", "placements"),
    *(*TABLES_OF_VERSION, *TABLES_OF_ARTICLE),
)
MAX_VERSIONS = VERSIONS_PER_ARTICLE - 1


def write_history(
    db: Database, article: int, readings: Sequence[Reading], *, max_versions: int = MAX_VERSIONS
) -> list[Version]:
    """Replace the derived rows of one article by those that follow from all its ``readings``.

    With more than ``max_versions`` versions, the first ones and the latest are kept.
    """
    history = _limited(derive_versions(readings), max_versions)
    ensure_article(db, article)
    clear_from(db, article, len(history) + 1)
    if len(history) == max_versions:
        _clear_version_of_captures(db, article, 1)
    _write_versions(db, article, 1, history)
    for author in authors_by_name(readings).values():
        name_id(db, "authors", author)
    _clear_tables_of_article(db, article)
    write_tags_and_related(db, article, readings)
    summarise(db, article)
    return history


def write_latest(db: Database, article: int, number: int, readings: Sequence[Reading]) -> int | None:
    """Update an article with the last of ``readings``. Returns the number of the version it began, if any.

    The other readings are those of the latest version, which has that ``number``. The result is the same as
    that of :func:`write_history` for all readings, in less time.
    """
    found = derive_versions(readings)
    history = _limited(found, VERSIONS_PER_ARTICLE - number)
    if len(history) < len(found):
        _clear_version_of_captures(db, article, number)
    _write_versions(db, article, number, history)
    for author in readings[-1].article.authors:
        name_id(db, "authors", author)
    write_tags_and_related(db, article, readings[-1:])
    summarise(db, article)
    return number + len(history) - 1 if history[-1].capture_ids[0] == readings[-1].capture_id else None


def _limited(history: list[Version], count: int) -> list[Version]:
    """Return at most ``count`` versions: the first ones and the latest."""
    return history if len(history) <= count else [*history[: count - 1], history[-1]]


def _clear_version_of_captures(db: Database, article: int, number: int) -> None:
    """Clear ``version_id`` of the captures of the versions from ``number`` on."""
    db.execute(
        "UPDATE captures SET version_id = NULL WHERE article_id = ? AND version_id >= ?",
        [article, version_id(article, number)],
    )


def _write_versions(db: Database, article: int, first: int, history: Sequence[Version]) -> None:
    """Write an article's versions from number ``first`` on, and their edits."""
    for number, version in enumerate(history, start=first):
        _clear_tables_of_version(db, version_id(article, number))
        _write_version(db, article, number, version)
    start = history_start(first - 1) + 1  # the number of a version
    before = [Versions(db).wording(row) for row in Versions(db).between(article, start, first - 1)]
    now = [version.article for version in history]
    write_edits(db, version_id(article, start), [*before, *now], skip=len(before))


def append_version(db: Database, article: int, number: int, reading: Reading, before: Article | None) -> None:
    """Write version ``number``, begun by ``reading``. ``before`` is the previous one, if complete."""
    _write_version(db, article, number, single_version(reading))
    if before:
        write_edits(db, version_id(article, number - 1), [before, reading.article])
    write_tags_and_related(db, article, [reading])
    summarise(db, article)


def extend_version(db: Database, article: int, number: int, reading: Reading) -> None:
    """Extend the latest version to ``reading``; tags and related articles may have changed."""
    version = version_id(article, number)
    db.execute("UPDATE versions SET last_seen = ? WHERE id = ?", [stamp(reading.captured_at), version])
    db.execute("UPDATE captures SET version_id = ? WHERE id = ?", [version, reading.capture_id])
    for author in reading.article.authors:
        if author.number is not None:
            name_id(db, "authors", author)
    write_tags_and_related(db, article, [reading])
    db.execute(
        "UPDATE articles SET last_seen = ?, state = 'present' WHERE id = ?",
        [stamp(reading.captured_at), article],
    )


def repeat_capture(db: Database, article: int, version: int, before: str, now: str) -> None:
    """Extend the latest version to ``now``, when the same bytes as ``before`` were captured again."""
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
    """Delete the versions from ``number`` on."""
    first, beyond = version_id(article, number), version_id(article, VERSIONS_PER_ARTICLE)
    _clear_version_of_captures(db, article, number)
    for table in TABLES_OF_VERSION:
        db.execute(f"DELETE FROM {table} WHERE version_id >= ? AND version_id < ?", [first, beyond])  # noqa: S608 - ours
    db.execute("DELETE FROM versions WHERE id >= ? AND id < ?", [first, beyond])


def _clear_tables_of_version(db: Database, version: int) -> None:
    for table in TABLES_OF_VERSION:
        db.execute(f"DELETE FROM {table} WHERE version_id = ?", [version])  # noqa: S608 - ours


def _clear_tables_of_article(db: Database, article: int) -> None:
    for table in TABLES_OF_ARTICLE:
        db.execute(f"DELETE FROM {table} WHERE article_id = ?", [article])  # noqa: S608 - ours


def delete_article(db: Database, article: int) -> None:
    """Delete all rows derived for an id that has no captures any more."""
    clear_from(db, article, 1)
    _clear_tables_of_article(db, article)
    db.execute("DELETE FROM articles WHERE id = ?", [article])


def latest(db: Database, article: int) -> tuple[int, Article | None]:
    """Return the number of the latest version, and its content to compare a new reading with.

    The content is None if it is truncated, transliterated or healed: then its row does not hold all that its
    captures contain.
    """
    *fields, healed = db.execute(
        f"SELECT {VERSION}, healed FROM versions"  # noqa: S608 - the row's own fields
        " WHERE id = (SELECT latest_version_id FROM articles WHERE id = ?)",
        [article],
    ).fetchone()
    row = VersionRow._make(fields)
    is_partial = row.truncation_count or row.umlauts_transliterated or healed
    return row.number, None if is_partial else Versions(db).wording(row)


def version_id(article: int, number: int) -> int:
    """Return the id of an article's ``number``-th version, which is the same in every archive."""
    return article * VERSIONS_PER_ARTICLE + number


def ensure_article(db: Database, article: int) -> None:
    """Insert the article's row, before rows of other tables refer to it.

    Otherwise SQLite would search all these tables for deferred references.
    """
    inserted = db.execute(
        "INSERT INTO articles (id, state, url) VALUES (?, 'present', ?) ON CONFLICT DO NOTHING",
        [article, article_url(article) if article > 0 else None],
    )
    if inserted.rowcount:
        db.execute("UPDATE links SET article_id = ? WHERE article_number = ?", [article, article])
        db.execute("UPDATE related_articles SET related_id = ? WHERE related_number = ?", [article, article])
        db.execute(
            "UPDATE placements SET article_id = ? WHERE article_id IS NULL AND article_number = ?",
            [article, article],
        )


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
    db.execute(_WRITE_VERSION, row)
    _write_links(db, version_row, said)
    _write_truncations(db, version_row, version)
    db.conn.executemany(
        "INSERT INTO version_authors (version_id, author_id, position) VALUES (?, ?, ?)",
        [(version_row, name_id(db, "authors", author), n) for n, author in enumerate(said.authors, start=1)],
    )
    db.conn.executemany(
        "UPDATE captures SET version_id = ? WHERE id = ?",
        [(version_row, capture) for capture in version.capture_ids],
    )


_VERSION_COLUMNS = (
    *("id", "article_id", "number", "first_seen", "last_seen", "title", "lead", "caption", "dateline"),
    *("published", "text", "words", "truncation_count", "paragraphs_inferred", "umlauts_transliterated"),
    *("healed", "capture_id", "search_spellings"),
)
_LISTED = ", ".join(_VERSION_COLUMNS)
_EXCLUDED = ", ".join(f"excluded.{name}" for name in _VERSION_COLUMNS)
_SET = ", ".join(f"{name} = excluded.{name}" for name in _VERSION_COLUMNS[2:])
# Not INSERT OR REPLACE, which skips the triggers that maintain the search index. Identical rows are kept.
_WRITE_VERSION = (
    f"INSERT INTO versions ({_LISTED}) VALUES ({', '.join(f':{name}' for name in _VERSION_COLUMNS)})"  # noqa: S608
    f" ON CONFLICT (id) DO UPDATE SET {_SET} WHERE ({_LISTED}) IS NOT ({_EXCLUDED})"
)


def _write_truncations(db: Database, version_row: int, version: Version) -> None:
    """Write where a version is truncated, and which captures its healed text comes from."""
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
            (version, link.position, link.text, link.start, link.end, link.target, number, number)
            for link in said.links
            for number in [article_number(link.target)]
        ],
    )


def summarise(db: Database, article: int) -> None:
    """Update the article's row from its versions and captures."""
    db.execute(_SUMMARY, {"article": article, "first": version_id(article, 1)})


_SUMMARY = """
UPDATE articles SET (title, published, latest_version_id, version_count, last_seen) =
    (SELECT title, published, id, number, last_seen FROM versions
     WHERE article_id = :article ORDER BY id DESC LIMIT 1),
  first_seen = (SELECT first_seen FROM versions WHERE id = :first),
  state = (SELECT iif(outcome = 'absent', 'gone', 'present') FROM captures
           WHERE article_id = :article AND outcome IN ('ok', 'absent')
           ORDER BY captured_at DESC, outcome DESC LIMIT 1)
WHERE id = :article
"""
