"""Derive an article again in a scratch archive, and compare the rows with those in the archive."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from sqlite_utils import Database

from archive.reading.history import Reading
from archive.store.data_dictionary.tables import TABLES
from archive.store.db.migrations import migrations
from archive.store.db.schema import VERSIONS_PER_ARTICLE
from archive.store.db.transactions import snapshot
from archive.store.ingest.derived_rows import version_id, whole_history
from archive.store.ingest.row_writer import write

# The columns of this release: a reader may have added others.
_VERSION_COLUMNS, _ARTICLE_COLUMNS = (", ".join(TABLES[name].columns) for name in ("versions", "articles"))
_OF_ARTICLES = "article_id BETWEEN :article AND :until"
# One query per kind of derived rows, of articles :article to :until, whose versions are :first to :last. Ids
# that depend on the order of insertion are left out, and so are columns that depend on other articles
# (:data:`archive.store.maintenance.frontier_check.CLAIMS`).
DERIVED_QUERIES = {
    "versions": f"SELECT {_VERSION_COLUMNS} FROM versions WHERE {_OF_ARTICLES} ORDER BY id",  # noqa: S608 - our columns
    "summary": f"SELECT {_ARTICLE_COLUMNS} FROM articles WHERE id BETWEEN :article AND :until ORDER BY id",  # noqa: S608 - our columns
    "captures": f"SELECT id, version_id FROM captures WHERE {_OF_ARTICLES} ORDER BY id",  # noqa: S608 - ours
    "links": """
        SELECT version_id, position, text, start, "end", target, article_number FROM links
        WHERE version_id BETWEEN :first AND :last ORDER BY 1, 2, rowid
    """,
    "authors": """
        SELECT version_id, v.position, name FROM version_authors v JOIN authors a ON a.id = author_id
        WHERE version_id BETWEEN :first AND :last ORDER BY 1, 2
    """,
    "tags": """
        SELECT article_id, name, first_seen, last_seen FROM article_tags JOIN tags t ON t.id = tag_id
        WHERE article_id BETWEEN :article AND :until ORDER BY 1, 2
    """,
    "related": """
        SELECT article_id, related_number, title, text, first_seen, last_seen FROM related_articles
        WHERE article_id BETWEEN :article AND :until ORDER BY 1, 2, 3, 4, 5, 6
    """,
    "cuts": """
        SELECT version_id, field, offset, max_missing FROM version_truncations
        WHERE version_id BETWEEN :first AND :last ORDER BY 1, rowid
    """,
    "healed": """
        SELECT version_id, field, start, "end", capture_id FROM version_repairs
        WHERE version_id BETWEEN :first AND :last ORDER BY 1, rowid
    """,
    "edits": """
        SELECT version_id, field, before_id, typography FROM version_edits
        WHERE version_id BETWEEN :first AND :last ORDER BY 1, 2
    """,
}
_LARGEST = 2**63 - 1  # integer of SQLite
# The columns of captures that `summarise` needs.
_CAPTURES = "SELECT id, article_id, source, url, captured_at, outcome FROM captures WHERE article_id = ?"


@contextmanager
def scratch() -> Iterator[Database]:
    """Create an empty archive in memory, without a search index, to derive articles in."""
    with closing(Database(memory=True, execute_plugins=False)) as db:
        migrations.apply(db)
        for trigger in ("versions_insert", "versions_delete", "versions_update"):
            db.execute(f"DROP TRIGGER {trigger}")
        db.conn.commit()
        yield db


def differences(db: Database, article: int, readings: Sequence[Reading], empty: Database) -> list[str]:
    """Return the names in :data:`DERIVED_QUERIES` whose rows differ from what this release derives.

    ``readings`` are all readings of the article; ``empty`` is a :func:`scratch`, which stays empty.
    """
    if not readings:
        return [name for name in DERIVED_QUERIES if name != "captures" and _rows(db, name, article)]
    with snapshot(empty):
        empty.conn.executemany(
            "INSERT INTO captures (id, article_id, source, url, captured_at, outcome) VALUES (?, ?,"
            " ?, ?, ?, ?)",
            db.execute(_CAPTURES, [article]),
        )
        write(empty, [whole_history(article, readings)])
        return [name for name in DERIVED_QUERIES if _rows(db, name, article) != _rows(empty, name, article)]


def _rows(db: Database, name: str, article: int) -> list[tuple[object, ...]]:
    return db.execute(DERIVED_QUERIES[name], range_values(article, article)).fetchall()


def range_values(first: int, last: int) -> dict[str, int]:
    """Return the parameters of :data:`DERIVED_QUERIES` for articles ``first`` to ``last``."""
    end = version_id(last, 0) + VERSIONS_PER_ARTICLE - 1
    values = {"article": first, "until": last, "first": version_id(first, 0), "last": end}
    return {name: max(-_LARGEST, min(value, _LARGEST)) for name, value in values.items()}
