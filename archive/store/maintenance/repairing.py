"""``verify --repair``: derive faulty rows again. Facts are never changed."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Kind, PageKey
from archive.pagekey import key_in, page_key
from archive.progress import Advance
from archive.store.db.errors import translated
from archive.store.db.row_rules import IMPLAUSIBLE_VALUE, PAGE_FAULT, PLAUSIBLE_VALUES
from archive.store.db.transactions import transaction
from archive.store.frontier import known_pages
from archive.store.ingest import unnumbered
from archive.store.ingest.derived_rows import MAX_VERSIONS, version_id
from archive.store.ingest.row_writer import TABLES_OF_ARTICLE, TABLES_OF_VERSION
from archive.store.ingest.sections import derive_section, section_numbers
from archive.store.payloads import dictionaries
from archive.store.rederivation import pending
from archive.store.soundness.faults import Fault, FaultKind
from archive.timestamps import stamp

# References that are cleared if their article is missing. Rows with any other dangling reference are deleted.
_OPTIONAL_REFERENCES = {
    *(("links", "article_id"), ("related_articles", "related_id"), ("placements", "article_id"))
}


def repair(db: Database, path: Path, faults: Sequence[Fault], advance: Advance) -> Counter[str]:
    """Repair what is derived. Returns a count per kind of repair; run `verify` again to check the result."""
    parts = {fault.part for fault in faults}
    steps: list[Callable[[], Counter[str]]] = []
    if FaultKind.DICTIONARIES in parts:  # before payloads are decompressed
        steps.append(lambda: _dictionaries(db))
    if FaultKind.SEARCH in parts:  # before anything is derived: triggers write to it
        steps.append(lambda: _search(db))
    if parts & {FaultKind.KEYS, FaultKind.FRONTIER}:
        steps.append(lambda: _tidy(db))
        steps.append(lambda: unnumbered.match_unnumbered(db))
    steps.append(lambda: _derive(db, path, _articles(db, faults), advance))
    steps.append(lambda: _sections(db, faults))
    steps.append(lambda: _link(db))  # last: depends on which articles exist
    done: Counter[str] = Counter()
    for step in steps:
        with suppress(DamagedArchive), translated(Path()):  # one step may fail, and others succeed
            done += step()
    return done


def _dictionaries(db: Database) -> Counter[str]:
    with transaction(db):
        return Counter({"dictionaries restored from their copies": dictionaries.restore_damaged(db)})


def _search(db: Database) -> Counter[str]:
    with transaction(db):
        db.execute("INSERT INTO versions_fts (versions_fts) VALUES ('rebuild')")
    return Counter({"search index rebuilt": 1})


def _tidy(db: Database) -> Counter[str]:
    """Delete dangling rows, and repair captures, crawls and pages that do not match."""
    done: Counter[str] = Counter()
    with transaction(db):
        for table in (*TABLES_OF_VERSION, *TABLES_OF_ARTICLE, "placements"):
            for key in db.table(table).foreign_keys:
                if (table, key.column) in _OPTIONAL_REFERENCES:
                    continue
                there = f"(SELECT id FROM {key.other_table})"  # noqa: S608 - ours
                cursor = db.execute(f"DELETE FROM {table} WHERE {key.column} NOT IN {there}")  # noqa: S608 - ours
                done["dangling rows deleted"] += cursor.rowcount
        done["crawls restored from their captures"] += db.execute(_LOST_CRAWLS).rowcount
        done["pages restored from their captures"] += _lost_pages(db)
        done["captures moved to their own article"] += db.execute(_MOVE_BY_PAGE).rowcount
        done["captures of no article detached"] += db.execute(_DETACH).rowcount
        done["pages of the frontier corrected"] += db.execute(
            _CORRECT_PAGES, {"now": stamp(datetime.now(UTC))}
        ).rowcount
    return +done


_CORRECT_PAGES = f"""
UPDATE pages SET ({", ".join(PLAUSIBLE_VALUES)}) = ({", ".join(PLAUSIBLE_VALUES.values())})
WHERE {PAGE_FAULT} IS NULL AND {IMPLAUSIBLE_VALUE} IS NOT NULL
"""  # noqa: S608 - ours
_LOST_CRAWLS = """
INSERT INTO crawls (id, started_at, finished_at, reason, sources, page_count)
SELECT crawl_id, min(captured_at), max(captured_at), 'lost', min(source), count(*) FROM captures
WHERE crawl_id IS NOT NULL AND crawl_id NOT IN (SELECT id FROM crawls) GROUP BY crawl_id
"""


def _lost_pages(db: Database) -> int:
    """Insert pages that captures refer to and the frontier lacks, due at once. Returns how many."""
    found = db.execute(_LOST_PAGES).fetchall()
    keys = [
        PageKey(Kind.ARTICLE, article) if article else key_in(unquote(url)) or page_key(url)
        for _, article, url, *_ in found
    ]
    rows = [
        (page, key.kind, key.number, known_pages.INITIAL_PRIORITIES[key.kind], due, since)
        for (page, _, _, since, due), key in zip(found, keys, strict=True)
        if key
    ]
    return sum(db.execute(_INSERT_PAGE, row).rowcount for row in rows)


_LOST_PAGES = """
SELECT page_id, max(article_id), max(url), min(captured_at), max(captured_at) FROM captures
WHERE page_id IS NOT NULL AND page_id NOT IN (SELECT id FROM pages) GROUP BY page_id
"""
_INSERT_PAGE = """
INSERT INTO pages (id, kind, number, priority, due_at, discovered_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
# A page belongs to an article only if one of its captures could be parsed; then its failed captures do too.
# An article that is missing gets its captures when it is derived.
_MOVE_BY_PAGE = """
UPDATE captures SET article_id = (SELECT id FROM articles WHERE id = p.number), version_id = NULL FROM pages p
WHERE p.id = page_id AND p.kind = 'article' AND article_id IS NOT p.number
  AND article_id IS NOT (SELECT id FROM articles WHERE id = p.number)
  AND (article_id IS NOT NULL OR page_id IN (SELECT page_id FROM captures WHERE outcome = 'ok'))
"""
_DETACH = """
UPDATE captures SET article_id = NULL, version_id = NULL FROM pages p
WHERE p.id = page_id AND p.kind <> 'article' AND article_id IS NOT NULL
"""


def _articles(db: Database, faults: Iterable[Fault]) -> list[int]:
    """Return the articles to derive again: faulty ones, and those with missing rows."""
    faulty = {fault.id for fault in faults if fault.part is FaultKind.ARTICLES and fault.id is not None}
    if any(fault.part in {FaultKind.KEYS, FaultKind.FRONTIER} for fault in faults):
        faulty |= {article for (article,) in db.execute(_INCOMPLETE_ARTICLES)}
    return sorted(faulty)


# Articles with missing rows: versions without an article, articles without a version, and so on.
_INCOMPLETE_ARTICLES = """
SELECT article_id FROM versions WHERE article_id NOT IN (SELECT id FROM articles)
UNION SELECT article_id FROM captures WHERE article_id IS NOT NULL AND article_id NOT IN (SELECT id
  FROM articles)
UNION SELECT id FROM articles WHERE latest_version_id NOT IN (SELECT id FROM versions)
UNION SELECT article_id FROM captures WHERE version_id NOT IN (SELECT id FROM versions)
  AND article_id IS NOT NULL
UNION SELECT article_id FROM captures WHERE outcome = 'ok' AND version_id IS NULL AND article_id IS NOT NULL
UNION SELECT article_id FROM versions WHERE capture_id NOT IN (SELECT id FROM captures)
UNION SELECT p.number FROM captures c JOIN pages p ON p.id = c.page_id
  WHERE c.outcome = 'ok' AND c.article_id IS NULL AND p.kind = 'article'
"""


def _derive(db: Database, path: Path, articles: Sequence[int], advance: Advance) -> Counter[str]:
    """Derive articles again. Those whose facts are damaged, which `verify` reports, stay as they are."""
    with transaction(db):
        pending.mark_articles(db, articles)
    done = pending.derive_pending(db, path, advance)
    with transaction(db):  # no capture or version of any article has such ids
        db.conn.executemany(_UNASSIGN_DANGLING, [(article, article) for article in articles])
        db.conn.executemany(_DELETE_BEYOND, [(one, version_id(one, 0), MAX_VERSIONS) for one in articles])
    lost = done.counts["articles lost"]
    return Counter(
        {
            "articles without a reading deleted": lost,
            "articles derived again": len(articles) - lost - len(done.damaged),
        }
    )


_UNASSIGN_DANGLING = """
UPDATE captures SET version_id = NULL WHERE article_id = ? AND version_id IS NOT NULL
  AND (outcome <> 'ok' OR version_id NOT IN (SELECT id FROM versions WHERE article_id = ?))
"""
_DELETE_BEYOND = "DELETE FROM versions WHERE article_id = ? AND id - ? NOT BETWEEN 1 AND ?"


def _sections(db: Database, faults: Iterable[Fault]) -> Counter[str]:
    """Derive faulty sections again, all of them if placements may have been deleted."""
    numbers = {fault.id for fault in faults if fault.part is FaultKind.SECTIONS and fault.id is not None}
    if any(fault.part is FaultKind.KEYS for fault in faults):
        numbers |= set(section_numbers(db))
    done: Counter[str] = Counter()
    for number in sorted(numbers):
        with suppress(DamagedArchive), transaction(db):  # damage in facts, which `verify` reports
            derive_section(db, number)
            done["sections derived again"] += 1
    return done


def _link(db: Database) -> Counter[str]:
    """Correct the references of links and related articles to articles."""
    done: Counter[str] = Counter()
    with transaction(db):
        for statement in _CORRECT_LINKS:
            done["links corrected"] += db.execute(statement).rowcount
    return +done


_CORRECT_LINKS = (
    (
        "UPDATE links SET article_id = (SELECT id FROM articles WHERE id = article_number)"
        " WHERE article_id IS NOT (SELECT id FROM articles WHERE id = article_number)"
    ),
    (
        "UPDATE related_articles SET related_id = (SELECT id FROM articles WHERE id = related_number)"
        " WHERE related_id IS NOT (SELECT id FROM articles WHERE id = related_number)"
    ),
    (
        "UPDATE placements SET article_id = (SELECT id FROM articles WHERE id = article_number)"
        " WHERE article_id IS NOT (SELECT id FROM articles WHERE id = article_number)"
    ),
)
