"""``verify --repair``: whatever is derived and is not what it should be, anew. Facts are never touched."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Kind, PageKey
from archive.pagekey import key_in
from archive.store.db.errors import translated
from archive.store.db.row_rules import IMPLAUSIBLE_VALUE, PAGE_FAULT, PLAUSIBLE_VALUES
from archive.store.db.transactions import transaction
from archive.store.frontier import known_pages
from archive.store.ingest import unnumbered
from archive.store.ingest.derived_rows import MAX_VERSIONS, version_id
from archive.store.ingest.deriving import derive_whole, forget, readings_of
from archive.store.maintenance.verifying import Fault, FaultKind
from archive.store.payloads import dictionaries
from archive.timestamps import stamp

_ARTICLES_PER_TRANSACTION = 20  # articles in one transaction

# Whatever of these names something that is not there says nothing any more.
LINKS = {("links", "article_id"), ("related_articles", "related_id")}  # these say less, but something
_DERIVED_TABLES = (
    *("links", "version_authors", "version_truncations", "version_repairs", "version_edits"),
    *("article_tags", "related_articles"),
)


def repair(db: Database, faults: Sequence[Fault], advance: Callable[[int], object]) -> Counter[str]:
    """Make anew what can be made anew; what was done, and how often. Whether it helped, `verify` tells."""
    parts = {fault.part for fault in faults}
    steps: list[Callable[[], Counter[str]]] = []
    if FaultKind.DICTIONARIES in parts:  # before anything is unpacked
        steps.append(lambda: _dictionaries(db))
    if FaultKind.SEARCH in parts:  # before anything is derived: triggers write to it
        steps.append(lambda: _search(db))
    if parts & {FaultKind.KEYS, FaultKind.FRONTIER}:
        steps.append(lambda: _tidy(db))
        steps.append(lambda: unnumbered.match_unnumbered(db, lambda _: None))
    steps.append(lambda: _derive(db, _articles(db, faults), advance))
    steps.append(lambda: _link(db))  # last: it is told which articles are there
    done: Counter[str] = Counter()
    for step in steps:
        with suppress(DamagedArchive), translated(Path()):  # damage may forbid one step, and allow another
            done += step()
    return done


def _dictionaries(db: Database) -> Counter[str]:
    with transaction(db):
        return Counter({"dictionaries restored from their spares": dictionaries.restore_damaged(db)})


def _search(db: Database) -> Counter[str]:
    with transaction(db):
        db.execute("INSERT INTO versions_fts (versions_fts) VALUES ('rebuild')")
    return Counter({"search index rebuilt": 1})


def _tidy(db: Database) -> Counter[str]:
    """Rows that lead nowhere, and captures whose page says which article they are of."""
    done: Counter[str] = Counter()
    with transaction(db):
        for table in _DERIVED_TABLES:
            for key in db.table(table).foreign_keys:
                if (table, key.column) in LINKS:
                    continue
                there = f"(SELECT id FROM {key.other_table})"  # noqa: S608 - ours
                cursor = db.execute(f"DELETE FROM {table} WHERE {key.column} NOT IN {there}")  # noqa: S608 - ours
                done["rows that led nowhere dropped"] += cursor.rowcount
        done["crawls told from their captures"] += db.execute(LOST_CRAWLS).rowcount
        done["pages told from their captures"] += _lost_pages(db)
        done["captures filed under their own article"] += db.execute(FILE_BY_PAGE).rowcount
        done["captures of no article unfiled"] += db.execute(UNFILE).rowcount
        done["pages of the frontier put right"] += db.execute(
            PUT_RIGHT, {"now": stamp(datetime.now(UTC))}
        ).rowcount
    return +done


PUT_RIGHT = f"""
UPDATE pages SET ({", ".join(PLAUSIBLE_VALUES)}) = ({", ".join(PLAUSIBLE_VALUES.values())})
WHERE {PAGE_FAULT} IS NULL AND {IMPLAUSIBLE_VALUE} IS NOT NULL
"""  # noqa: S608 - ours
LOST_CRAWLS = """
INSERT INTO crawls (id, started_at, finished_at, reason, sources, page_count)
SELECT crawl_id, min(captured_at), max(captured_at), 'lost', min(source), count(*) FROM captures
WHERE crawl_id IS NOT NULL AND crawl_id NOT IN (SELECT id FROM crawls) GROUP BY crawl_id
"""


def _lost_pages(db: Database) -> int:
    """Pages that captures name, and the frontier does not know: known again, and due."""
    found = db.execute(LOST_PAGES).fetchall()
    keys = [
        PageKey(Kind.ARTICLE, article) if article else key_in(unquote(url)) for _, article, url, *_ in found
    ]
    rows = [
        (page, key.kind, key.number, known_pages.INITIAL_PRIORITIES[key.kind], due, since)
        for (page, _, _, since, due), key in zip(found, keys, strict=True)
        if key
    ]
    return sum(db.execute(KNOW_PAGE, row).rowcount for row in rows)


LOST_PAGES = """
SELECT page_id, max(article_id), max(url), min(captured_at), max(captured_at) FROM captures
WHERE page_id IS NOT NULL AND page_id NOT IN (SELECT id FROM pages) GROUP BY page_id
"""
KNOW_PAGE = """
INSERT INTO pages (id, kind, number, priority, due_at, discovered_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
# An article it is only if one of its captures could be read; then its failures are its own too.
FILE_BY_PAGE = """
UPDATE captures SET article_id = p.number, version_id = NULL FROM pages p
WHERE p.id = page_id AND p.kind = 'article' AND article_id IS NOT p.number
  AND (article_id IS NOT NULL OR page_id IN (SELECT page_id FROM captures WHERE outcome = 'ok'))
"""
UNFILE = """
UPDATE captures SET article_id = NULL, version_id = NULL FROM pages p
WHERE p.id = page_id AND p.kind <> 'article' AND article_id IS NOT NULL
"""


def _articles(db: Database, faults: Iterable[Fault]) -> list[int]:
    """Those that were found wrong; and all, where rows that no single article told of were."""
    told = {fault.id for fault in faults if fault.part is FaultKind.ARTICLES and fault.id is not None}
    if any(fault.part in {FaultKind.KEYS, FaultKind.FRONTIER} for fault in faults):
        told |= {article for (article,) in db.execute(INCOMPLETE_ARTICLES)}
    return sorted(told)


# Articles whose rows may be half gone: versions without an article, articles without a capture, and so on.
INCOMPLETE_ARTICLES = """
SELECT article_id FROM versions WHERE article_id NOT IN (SELECT id FROM articles)
UNION SELECT article_id FROM captures WHERE article_id IS NOT NULL AND article_id NOT IN (SELECT id
  FROM articles)
UNION SELECT id FROM articles WHERE latest_version_id NOT IN (SELECT id FROM versions)
UNION SELECT article_id FROM captures WHERE version_id NOT IN (SELECT id FROM versions)
  AND article_id IS NOT NULL
UNION SELECT article_id FROM captures WHERE outcome = 'ok' AND version_id IS NULL AND article_id IS NOT NULL
UNION SELECT article_id FROM versions WHERE capture_id NOT IN (SELECT id FROM captures)
"""


def _derive(db: Database, articles: Sequence[int], advance: Callable[[int], object]) -> Counter[str]:
    done: Counter[str] = Counter()
    waiting = iter(articles)
    while batch := list(islice(waiting, _ARTICLES_PER_TRANSACTION)):
        with transaction(db):
            for article in batch:
                with suppress(DamagedArchive):  # facts are: `verify` has told so, and what stands may stand
                    done[_anew(db, article)] += 1
        advance(len(batch))
    return done


def _anew(db: Database, article: int) -> str:
    """Derive an article as if nothing had stood there; or :exc:`DamagedArchive` before anything is done."""
    if not readings_of(db, article):
        forget(db, article)
        return "articles without a reading dropped"
    db.execute(
        "UPDATE captures SET version_id = NULL WHERE article_id = ? AND version_id IS NOT NULL", [article]
    )
    first = version_id(article, 0)  # those with other ids are none of ours
    db.execute(
        "DELETE FROM versions WHERE article_id = ? AND id - ? NOT BETWEEN 1 AND ?",
        [article, first, MAX_VERSIONS],
    )
    derive_whole(db, article, 0)
    return "articles derived anew"


def _link(db: Database) -> Counter[str]:
    """Which articles are there, as links and related articles tell it."""
    done: Counter[str] = Counter()
    with transaction(db):
        for statement in LINK:
            done["links told anew"] += db.execute(statement).rowcount
    return +done


LINK = (
    (
        "UPDATE links SET article_id = (SELECT id FROM articles WHERE id = article_number)"
        " WHERE article_id IS NOT (SELECT id FROM articles WHERE id = article_number)"
    ),
    (
        "UPDATE related_articles SET related_id = (SELECT id FROM articles WHERE id = related_number)"
        " WHERE related_id IS NOT (SELECT id FROM articles WHERE id = related_number)"
    ),
)
