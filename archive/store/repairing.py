"""``verify --repair``: whatever is derived and is not what it should be, anew. Facts are never touched."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.deriving import derive_whole, readings_of
from archive.store.opening import transaction, translated
from archive.store.rereading import forget
from archive.store.verifying import Fault, Part

STEP = 20  # articles in one transaction

# Whatever of these names something that is not there says nothing any more.
DERIVED = ("links", "version_authors", "version_cuts", "version_healed", "article_tags", "related")


def repair(db: Database, faults: Sequence[Fault], advance: Callable[[int], object]) -> Counter[str]:
    """Make anew what can be made anew; what was done, and how often. Whether it helped, `verify` tells."""
    parts = {fault.part for fault in faults}
    steps: list[Callable[[], Counter[str]]] = []
    if Part.FILE in parts:
        steps.append(lambda: _index(db))
    if parts & {Part.SEARCH, Part.FILE}:  # before anything is derived: triggers write to it
        steps.append(lambda: _search(db))
    if parts & {Part.KEYS, Part.FRONTIER}:
        steps.append(lambda: _tidy(db))
    steps.append(lambda: _derive(db, _articles(db, faults), advance))
    steps.append(lambda: _link(db))  # last: it is told which articles are there
    done: Counter[str] = Counter()
    for step in steps:
        with suppress(DamagedArchive), translated(Path()):  # the file may forbid one step, and allow another
            done += step()
    return done


def _index(db: Database) -> Counter[str]:
    db.execute("REINDEX")
    return Counter({"indexes rebuilt": 1})


def _search(db: Database) -> Counter[str]:
    with transaction(db):
        db.execute("INSERT INTO versions_fts (versions_fts) VALUES ('rebuild')")
    return Counter({"search index rebuilt": 1})


def _tidy(db: Database) -> Counter[str]:
    """Rows that lead nowhere, and captures whose page says which article they are of."""
    done: Counter[str] = Counter()
    with transaction(db):
        for table in DERIVED:
            for key in db.table(table).foreign_keys:
                there = f"(SELECT id FROM {key.other_table})"  # noqa: S608 - ours
                cursor = db.execute(f"DELETE FROM {table} WHERE {key.column} NOT IN {there}")  # noqa: S608 - ours
                done["rows that led nowhere dropped"] += cursor.rowcount
        done["captures filed under their own article"] += db.execute(FILE_BY_PAGE).rowcount
        done["captures of no article unfiled"] += db.execute(UNFILE).rowcount
    return +done


# An article it is only if one of its captures could be read; failures alone make none.
FILE_BY_PAGE = """
UPDATE captures SET article = p.number, version = NULL FROM pages p
WHERE p.id = page AND p.kind = 'article' AND article IS NOT p.number
  AND (article IS NOT NULL OR outcome = 'ok')
"""
UNFILE = """
UPDATE captures SET article = NULL, version = NULL FROM pages p
WHERE p.id = page AND p.kind <> 'article' AND article IS NOT NULL
"""


def _articles(db: Database, faults: Iterable[Fault]) -> list[int]:
    """Those that were found wrong; and all, where rows that no single article told of were."""
    told = {fault.id for fault in faults if fault.part is Part.ARTICLES and fault.id is not None}
    if any(fault.part in {Part.KEYS, Part.FRONTIER} for fault in faults):
        told |= {article for (article,) in db.execute(STRAY)}
    return sorted(told)


# Articles whose rows may be half gone: versions without an article, articles without a capture, and so on.
STRAY = """
SELECT article FROM versions WHERE article NOT IN (SELECT id FROM articles)
UNION SELECT article FROM captures WHERE article NOT IN (SELECT id FROM articles)
UNION SELECT id FROM articles WHERE latest_version NOT IN (SELECT id FROM versions)
UNION SELECT article FROM captures WHERE version NOT IN (SELECT id FROM versions) AND article IS NOT NULL
UNION SELECT article FROM captures WHERE outcome = 'ok' AND version IS NULL AND article IS NOT NULL
UNION SELECT article FROM versions WHERE capture NOT IN (SELECT id FROM captures)
"""


def _derive(db: Database, articles: Sequence[int], advance: Callable[[int], object]) -> Counter[str]:
    done: Counter[str] = Counter()
    waiting = iter(articles)
    while batch := list(islice(waiting, STEP)):
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
    db.execute("UPDATE captures SET version = NULL WHERE article = ? AND version IS NOT NULL", [article])
    derive_whole(db, article, 0)
    return "articles derived anew"


def _link(db: Database) -> Counter[str]:
    """Which articles are there, as links and related articles tell it."""
    done: Counter[str] = Counter()
    named = "(SELECT id FROM articles a WHERE a.id = number)"
    with transaction(db):
        for table, column in (("links", "article"), ("related", "related")):
            cursor = db.execute(f"UPDATE {table} SET {column} = {named} WHERE {column} IS NOT {named}")  # noqa: S608 - ours
            done["links told anew"] += cursor.rowcount
    return +done
