"""Archives as a stranger may hand them over: each is the sample archive with one thing in it that harms.

What SQLite itself refuses to make is written into its schema.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import zstandard

Craft = str | Callable[[sqlite3.Connection], object]
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
AN_ARTICLE = "(SELECT min(id) FROM captures WHERE outcome = 'ok' AND article_id IS NOT NULL)"
FUTURE = "9999-12-31T23:59:59.999Z"


def craft(base: Path, path: Path, how: Craft) -> Path:
    """Copy an archive to ``path``, make the copy harmful, and return it."""
    shutil.copy(base, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("journal_mode = DELETE", "foreign_keys = OFF", "legacy_alter_table = ON"):
            db.execute(f"PRAGMA {pragma}")
        if callable(how):
            how(db)
        else:
            db.executescript(how)
    return path


def loose(table: str, *changes: str) -> Craft:
    """Replace a table by one whose columns accept any type, and insert wrong values."""

    def change(db: sqlite3.Connection) -> None:
        names = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", [table])]
        columns = ", ".join(f'"{name}"' + " INTEGER PRIMARY KEY" * (name == "id") for name in names)
        db.executescript(
            f"ALTER TABLE {table} RENAME TO old; CREATE TABLE {table} ({columns});"
            f"INSERT INTO {table} SELECT * FROM old; DROP TABLE old"
        )
        for statement in changes:
            db.execute(f"UPDATE {table} SET {statement}")

    return change


def disguised(table: str, *changes: str) -> Craft:
    """Insert wrong values and let the table claim to be STRICT: SQLite checks types only when it writes."""

    def change(db: sqlite3.Connection) -> None:
        (sql,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
        loose_sql = sql.rsplit(")", 1)[0].replace(" TEXT", "").replace(" NOT NULL", "") + ")"
        _rewrite(db, table, loose_sql)
        for statement in changes:
            db.execute(f"UPDATE {table} SET {statement}")
        _rewrite(db, table, sql)

    return change


def _rewrite(db: sqlite3.Connection, table: str, sql: str) -> None:
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ? AND type = 'table'", [sql, table])
    db.execute("PRAGMA writable_schema = RESET")


def in_schema(*statements: str) -> Craft:
    def change(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            db.execute(statement)

    return change


def without_key(db: sqlite3.Connection) -> None:
    """Move pages to a table that is not ordered by id."""
    for (view,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'view'").fetchall():
        db.execute(f"DROP VIEW {view}")
    db.executescript("CREATE TABLE p AS SELECT * FROM pages; DROP TABLE pages; ALTER TABLE p RENAME TO pages")
    db.execute("UPDATE pages SET id = 'zz' WHERE number = (SELECT max(number) FROM pages)")


def bomb(db: sqlite3.Connection) -> None:
    """Make pages patches against one that unpacks to 512 MiB."""
    size = 2**29
    packer, digest, packed = zstandard.ZstdCompressor(level=3).compressobj(size=size), sha256(), b""
    zeros = bytes(2**20)
    for _ in range(size // len(zeros)):
        packed += packer.compress(zeros)
        digest.update(zeros)
    _store(db, 100_000, digest.digest(), size, "zstd", None, packed + packer.flush())
    for number in range(3):
        page = b"iHallo %d\t\th\t70\r\n" % number
        patch = zstandard.ZstdCompressor(write_dict_id=False).compress(page)
        _store(db, 100_001 + number, sha256(page).digest(), len(page), "zstd+base", 100_000, patch)
        _capture_of(db, 100_001 + number, f"2025-04-1{number}T00:00:00.000Z")


def chain(db: sqlite3.Connection) -> None:
    """Put a page at the end of a chain of sixty large patches that do not compress."""
    page = bytes(range(256)) * 2**14  # 4 MiB
    for number in range(60):
        body = sha256(bytes([number])).digest() + page
        base, encoding = (None, "zstd") if number == 0 else (100_000 + number - 1, "zstd+base")
        raw = zstandard.ZstdCompressor(level=-100).compress(body)
        _store(db, 100_000 + number, sha256(body).digest(), len(body), encoding, base, raw)
    _capture_of(db, 100_059, "2025-04-10T00:00:00.000Z")


def _store(
    db: sqlite3.Connection, id_: int, digest: bytes, size: int, encoding: str, base: int | None, body: bytes
) -> None:
    db.execute(
        "INSERT INTO payloads (id, digest, size, encoding, base_id, body, level) VALUES (?, ?, ?,"
        " ?, ?, ?, 3)",
        [id_, digest, size, encoding, base, body],
    )


def _capture_of(db: sqlite3.Connection, payload: int, at: str) -> None:
    db.execute(
        "INSERT INTO captures (page_id, article_id, source, url, captured_at, payload_id, outcome)"
        " SELECT page_id, article_id, source, url, ?, ?, 'ok' FROM captures WHERE id = " + AN_ARTICLE,
        [at, payload],
    )


def _again(changes: dict[str, str]) -> str:
    """Return SQL that copies rows of parsed articles with other values in some columns."""
    names = ("article_id", "page_id", "source", "url", "captured_at", "payload_id", "outcome", "rendition")
    values = ", ".join(changes.get(name, name) for name in names)
    where = "outcome = 'ok' AND article_id IS NOT NULL GROUP BY article_id"
    return f"INSERT INTO captures ({', '.join(names)}) SELECT {values} FROM captures WHERE {where}"


TRIGGER = "CREATE TRIGGER evil AFTER INSERT ON captures BEGIN {} END"
SCHEMA: dict[str, Craft] = {
    "an endless view as certificates": "DROP TABLE certificates; CREATE VIEW certificates AS"
    f" {ENDLESS} SELECT 'h' || x AS host, 'f' AS fingerprint, '2025-01-01T00:00:00.000Z' AS first_seen,"
    " '2025-01-01T00:00:00.000Z' AS last_seen FROM n",
    "an endless view with a capital": "DROP TABLE certificates; CREATE VIEW Certificates AS"
    f" {ENDLESS} SELECT 'h' || x AS host, 'f' AS fingerprint, 'x' AS first_seen, 'x' AS last_seen FROM n",
    "an endless view as migrations": "ALTER TABLE _sqlite_migrations RENAME TO m; CREATE VIEW"
    f" _sqlite_migrations AS {ENDLESS} SELECT x AS id, 'taz-archive' AS migration_set, 'n' || x AS name,"
    " 'x' AS applied_at FROM n",
    "an endless view as dictionaries": f"DROP TABLE dictionaries; CREATE VIEW dictionaries AS {ENDLESS}"
    " SELECT x AS id, 'd' AS digest, 't' AS trained_at, 'n' AS note, 1 AS evaluated_at_payload,"
    " x'00' AS body FROM n",
    "an endless view as reparses": f"DROP TABLE reparses; CREATE VIEW reparses AS {ENDLESS} SELECT x AS id,"
    " 'x' AS started_at, NULL AS finished_at, 'x' AS phase, 1 AS cursor, 1 AS done_count,"
    " '{}' AS result FROM n",
    "a virtual table of no module": in_schema(
        "INSERT INTO sqlite_schema VALUES ('table', 'evil', 'evil', 0,"
        " 'CREATE VIRTUAL TABLE evil USING nosuchmodule(x)')"
    ),
    "broken SQL": in_schema(
        "INSERT INTO sqlite_schema VALUES ('table', 'evil', 'evil', 0, 'CREATE GARBAGE')"
    ),
    "captures as a virtual table of no module": in_schema(
        "DELETE FROM sqlite_schema WHERE tbl_name = 'captures'",
        "INSERT INTO sqlite_schema VALUES ('table', 'captures', 'captures', 0,"
        " 'CREATE VIRTUAL TABLE captures USING nosuchmodule(x)')",
    ),
    "captures as a search index": "DROP TABLE captures; CREATE VIRTUAL TABLE captures USING fts5 (article_id,"
    " version_id, crawl_id, page_id, source, rendition, url, captured_at, payload_id, outcome, problem);"
    "INSERT INTO captures (page_id, source, url, captured_at, outcome)"
    " VALUES (1, 'gopher', 'u', '2025-01-01T00:00:00.000Z', 'failed')",
    "captures without columns": "DROP TABLE captures; CREATE TABLE captures (id INTEGER PRIMARY KEY, x)",
    "no captures": "DROP TABLE captures",
    "no hosts": "DROP TABLE hosts",
    "computed bodies": "DROP TABLE payloads; CREATE TABLE payloads (id INTEGER PRIMARY KEY, digest BLOB,"
    " size INTEGER, encoding TEXT, base_id INTEGER, dictionary_id INTEGER, level INTEGER,"
    " body GENERATED ALWAYS AS (zeroblob(900000000)) VIRTUAL);"
    "INSERT INTO payloads (id, digest, size, encoding) SELECT DISTINCT payload_id,"
    " CAST(payload_id AS BLOB), 10, 'zstd' FROM captures WHERE payload_id IS NOT NULL",
    "a search index of an endless view": "DROP TABLE versions_fts; CREATE VIEW texts AS"
    f" {ENDLESS} SELECT x AS id, 'a' AS title, 'a' AS lead, 'a' AS caption, 'a' AS text,"
    " 'a' AS search_spellings FROM n; CREATE VIRTUAL TABLE versions_fts"
    " USING fts5 (title, lead, caption, text, search_spellings,"
    " content='texts', content_rowid='id')",
    "a trigger that forges": TRIGGER.format("UPDATE captures SET source = 'evil'; DELETE FROM payloads;"),
    "a trigger that never ends": TRIGGER.format(
        "INSERT INTO change_rates SELECT 1e9 + x, 1, 1 FROM (" + ENDLESS + " SELECT x FROM n);"
    ),
    "a trigger that swallows": "CREATE TRIGGER evil BEFORE INSERT ON captures"
    " BEGIN SELECT raise(IGNORE); END",
    "our trigger, changed": "DROP TRIGGER versions_insert; CREATE TRIGGER versions_insert"
    " AFTER INSERT ON versions BEGIN DELETE FROM captures; END",
    "an endless view": f"CREATE VIEW evil AS {ENDLESS} SELECT * FROM n",
    "an endless view as latest": "DROP VIEW latest;"
    f"CREATE VIEW latest AS {ENDLESS} SELECT x AS article FROM n",
}
TYPES: dict[str, Craft] = {
    f"{table}: {change.partition(' WHERE ')[0]}, {make.__name__}": make(table, change)
    for make in (loose, disguised)
    for table, changes in {
        "pages": (
            *("number = 'abc' WHERE id = 3", "number = NULL WHERE id = 3", "number = 1.5 WHERE id = 3"),
            *("kind = x'ff' WHERE id = 3", "priority = 'x' WHERE id = 3", "change_score = 'x' WHERE id = 3"),
            *(
                "due_at = 5 WHERE id = 3",
                "due_at = x'00ff' WHERE id = 3",
                "discovered_at = NULL WHERE id = 3",
            ),
        ),
        "captures": (
            *("captured_at = 5 WHERE id = 3", "captured_at = x'00' WHERE id = 3"),
            *(
                "captured_at = NULL WHERE id = 3",
                "source = NULL WHERE id = 3",
                "source = x'ff00' WHERE id = 3",
            ),
            *("url = x'ff00' WHERE id = 3", "outcome = x'ff' WHERE id = 3", "payload_id = 'x' WHERE id = 3"),
            *(
                "problem = x'ff' WHERE id = 3",
                "rendition = x'ff' WHERE id = 3",
                "source = x'ff00' WHERE id = 3",
            ),
            "url = CAST(x'ff00' AS TEXT) WHERE id = 3",
        ),
        "payloads": (
            *("size = 'x' WHERE id = 3", "body = 'text' WHERE id = 3", "body = NULL WHERE id = 3"),
            *(
                "base_id = 'x', encoding = 'zstd+base' WHERE id = 3",
                "digest = hex(zeroblob(16)) WHERE id = 3",
            ),
        ),
    }.items()
    for change in changes
}
ROWS: dict[str, Craft] = {
    "ids that are text": without_key,
    "counts without bounds": "UPDATE pages SET failure_count = 9223372036854775807, check_count ="
    " 9223372036854775807,"
    " change_count = 9223372036854775807, change_score = 9e999",
    "an unknown priority": "UPDATE pages SET priority = 77 WHERE kind = 'article'",
    "due in 9999": f"UPDATE pages SET checked_at = '2025-04-10T00:00:00.000Z', due_at = '{FUTURE}'",
    "looked at in 9999": f"UPDATE pages SET checked_at = '{FUTURE}', due_at = '{FUTURE}',"
    f" discovered_at = '{FUTURE}'",
    "a root with a number": "INSERT INTO pages (kind, number, priority, due_at, discovered_at)"
    " VALUES ('root', 7, 1, '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z')",
    "a url half an address": f"UPDATE captures SET url = 'gopher://[broken/1/!5' WHERE id = {AN_ARTICLE}",
    "a url with an odd port": f"UPDATE captures SET url = 'gopher://h:99999999/1/!5' WHERE id = {AN_ARTICLE}",
    "an unknown outcome": "UPDATE captures SET outcome = 'boo' WHERE id = 3",
    "an unknown rendition": f"UPDATE captures SET rendition = 'nosuch' WHERE id = {AN_ARTICLE}",
    "a negative size": "UPDATE payloads SET size = -1 WHERE id = 3",
    "an unknown encoding": "UPDATE payloads SET encoding = 'gzip' WHERE id = 3",
    "read without bytes": _again({"payload_id": "NULL", "captured_at": "'2025-04-10T00:00:00.000Z'"}),
    "read in 9999": _again({"captured_at": f"'{FUTURE}'"}),
    "absent in 9999": _again({"captured_at": f"'{FUTURE}'", "outcome": "'absent'"}),
    "a menu read without bytes": "INSERT INTO captures (page_id, source, url, captured_at, outcome)"
    " SELECT id,"
    " 'gopher', 'gopher://x/', '2025-04-10T00:00:00.000Z', 'ok' FROM pages WHERE kind = 'root'",
    "terminal controls": "UPDATE captures SET url = url || char(27) || '[31m',"
    " source = 'go' || char(27, 7, 155)",
    "a page of 512 MiB as a base": bomb,
    "a chain of large pages": chain,
}
CRAFTED = {**SCHEMA, **TYPES, **ROWS}
