"""Match all captures of pages without an article number to articles again, independent of their order.

When such a page is recorded, it is matched to the articles archived by then. After a merge the result would
depend on the order of merging. So all of them are matched again by title and date: to the only article whose
other captures have that title and date; otherwise, for none or several, to a provisional number, together
with the other pages of that title and date. Rows that are correct already are not written.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from itertools import islice
from typing import Any

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Article, Capture
from archive.reading.history import derive_versions
from archive.reading.title_match import is_truncated_title, titles_fit
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.store.db.transactions import attempt, transaction
from archive.store.ingest.article_matching import provisional_id
from archive.store.ingest.deriving import derive_whole, exists, forget, readings_of
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp

_ARTICLES_PER_TRANSACTION = 20
_CAPTURES_PER_QUERY = 500

_TEMP_TABLES = {
    "matching": "(capture INTEGER PRIMARY KEY, title, published, outcome, problem, was, article)",
    "named": "(article, title, published)",
}


def are_any(db: Database) -> bool:
    """Return whether there are captures to match."""
    return db.execute(_UNNUMBERED, {"last": 0, "count": 1}).fetchone() is not None


def match_unnumbered(db: Database) -> Counter[str]:
    """Match all pages without a number to articles. Returns how many ``moved``, and ``articles new``."""
    if not are_any(db):
        return Counter()
    with _tables(db):
        _read_all(db)
        db.execute("CREATE INDEX temp.matching_published ON matching (published, title)")
        _name_all(db)
        db.execute("CREATE INDEX temp.named_published ON named (published)")
        _choose_all(db)
        db.execute("CREATE INDEX temp.matching_article ON matching (article)")
        return _move_all(db)


@contextmanager
def _tables(db: Database) -> Iterator[None]:
    """Create temporary tables, and drop them in the end."""
    _drop(db)
    for name, columns in _TEMP_TABLES.items():
        db.execute(f"CREATE TEMP TABLE {name} {columns}")
    try:
        yield
    finally:
        _drop(db)


def _drop(db: Database) -> None:
    for table in _TEMP_TABLES:
        db.execute(f"DROP TABLE IF EXISTS temp.{table}")


# -- Reading -----------------------------------------------------------------------------------------------

_UNNUMBERED = """
SELECT id, article_id, source, url, captured_at, payload_id, rendition FROM captures
WHERE page_id IS NULL AND payload_id IN (SELECT id FROM payloads) AND outcome IN ('ok',
  'unreadable', 'absent')
  AND id > :last ORDER BY id LIMIT :count
"""


def _read_all(db: Database) -> None:
    last = 0
    while rows := db.execute(_UNNUMBERED, {"last": last, "count": _CAPTURES_PER_QUERY}).fetchall():
        last = rows[-1][0]
        with transaction(db):
            db.conn.executemany("INSERT INTO matching VALUES (?, ?, ?, ?, ?, ?, NULL)", _parsed(db, rows))


def _parsed(db: Database, rows: Iterable[tuple[Any, ...]]) -> Iterator[list[object]]:
    """Yield rows of table ``matching``. Damaged captures are skipped, so their article does not change."""
    for id_, article, *stored in rows:
        with suppress(DamagedArchive):
            found = _read(db, *stored)
            page = found.page if isinstance(found.page, Article) else None
            published = page and page.published and page.published.isoformat()
            yield [id_, page and page.title, published, found.outcome.value, found.problem, article]


def _read(db: Database, source: str, url: str, at: str, payload: int, rendition: str | None) -> ParsedCapture:
    body = payloads.load(db, payload)
    return read_capture(
        Capture(source=source, url=url, captured_at=parse_stamp(at), body=body, rendition=rendition)
    )


def find_unmatched(db: Database) -> Iterator[int]:
    """Yield captures that contain an article but belong to none, as after an interrupted merge."""
    for id_, *stored in db.execute(_UNASSIGNED):
        with suppress(DamagedArchive):
            if isinstance(_read(db, *stored).page, Article):
                yield id_


_UNASSIGNED = """
SELECT id, source, url, captured_at, payload_id, rendition FROM captures
WHERE page_id IS NULL AND article_id IS NULL AND payload_id IN (SELECT id FROM payloads)
  AND outcome = 'ok' ORDER BY id
"""


# -- Titles and dates of articles -------------------------------------------------------------------------


def _name_all(db: Database) -> None:
    """Fill table ``named`` with the titles and dates of articles, without those of unnumbered captures."""
    dates = {published for (published,) in db.execute("SELECT DISTINCT published FROM matching")}
    with transaction(db):
        db.execute(_NAME)
        for (article,) in db.execute("SELECT DISTINCT was FROM matching WHERE was > 0").fetchall():
            names = [(article, *name) for name in _names(db, article) if name[1] in dates]
            db.conn.executemany("INSERT INTO named VALUES (?, ?, ?)", names)


_NAME = """
INSERT INTO named SELECT DISTINCT article_id, title, published FROM versions WHERE article_id > 0
  AND published IN (SELECT published FROM matching) AND article_id NOT IN
    (SELECT was FROM matching WHERE was IS NOT NULL)
"""


def _names(db: Database, article: int) -> set[tuple[str, str]]:
    try:
        return _own_names(db, article)
    except DamagedArchive:  # then all of its titles count as its own
        query = "SELECT title, published FROM versions WHERE article_id = ? AND published IS NOT NULL"
        return set(db.execute(query, [article]))


def _own_names(db: Database, article: int) -> set[tuple[str, str]]:
    """Return the titles and dates that an article has without its unnumbered captures."""
    query = "SELECT id FROM captures WHERE article_id = ? AND page_id IS NOT NULL"
    keyed = {capture for (capture,) in db.execute(query, [article])}
    own = derive_versions([one for one in readings_of(db, article) if one.capture_id in keyed])
    dated = [version.article for version in own if version.article.published]
    return {(said.title, said.published.isoformat()) for said in dated if said.published}


# -- Choosing articles ------------------------------------------------------------------------------------


def _choose_all(db: Database) -> None:
    """Choose articles date by date, since all captures of an article have the same date."""
    taken: set[int] = set()
    dates = db.execute(
        "SELECT DISTINCT published FROM matching WHERE title IS NOT NULL ORDER BY 1"
    ).fetchall()
    with transaction(db):
        for (published,) in dates:
            query = "SELECT DISTINCT title FROM matching WHERE published IS ? AND title IS NOT NULL"
            titles = [title for (title,) in db.execute(query, [published])]
            chosen = _choose(titles, _named(db, published), published, taken)
            db.conn.executemany(
                "UPDATE matching SET article = ? WHERE published IS ? AND title = ?",
                [(article, published, title) for title, article in chosen.items()],
            )


def _named(db: Database, published: str | None) -> list[tuple[int, str]]:
    return db.execute("SELECT article, title FROM named WHERE published = ?", [published]).fetchall()


def _choose(
    titles: Sequence[str], named: Sequence[tuple[int, str]], published: str | None, taken: set[int]
) -> dict[str, int]:
    """Return the article of each title. Complete titles come first, so that truncated ones can match them."""
    chosen: dict[str, int] = {}
    provisional: dict[str, int] = {}
    for title in sorted(titles, key=lambda title: (is_truncated_title(title), -len(title), title)):
        articles = {article for article, name in named if titles_fit(name, title)}
        groups = {number for name, number in provisional.items() if published and titles_fit(name, title)}
        if len(articles) == 1:
            chosen[title] = articles.pop()
        elif len(groups) == 1:
            chosen[title] = groups.pop()
        else:
            chosen[title] = provisional[title] = _free(title, published, taken)
    return chosen


def _free(title: str, published: str | None, taken: set[int]) -> int:
    number = provisional_id(title, date.fromisoformat(published) if published else None)
    while number in taken:
        number -= 1
    taken.add(number)
    return number


# -- Moving captures --------------------------------------------------------------------------------------


def _move_all(db: Database) -> Counter[str]:
    """Move captures to their articles. Each transaction leaves the archive consistent."""
    moved: Counter[str] = Counter()
    articles = iter(db.execute(_ARTICLES_WITH_MOVES).fetchall())
    while batch := list(islice(articles, _ARTICLES_PER_TRANSACTION)):
        with transaction(db):
            for (article,) in batch:
                with suppress(DamagedArchive), attempt(db):  # damaged articles stay unchanged
                    moved += _move(db, article)
    return moved


_IS_MISPLACED = (
    "EXISTS (SELECT 1 FROM captures c WHERE c.id = capture AND (c.article_id IS NOT matching.article"
    " OR (c.outcome, c.problem) IS NOT (matching.outcome, matching.problem)))"
)
_ARTICLES_WITH_MOVES = f"SELECT DISTINCT article FROM matching WHERE {_IS_MISPLACED} ORDER BY article"  # noqa: S608 - ours


def _move(db: Database, article: int | None) -> Counter[str]:
    """Move captures to an article, or to none; derive it again, and the articles they were moved from."""
    query = f"SELECT capture, was FROM matching WHERE article IS ? AND {_IS_MISPLACED}"  # noqa: S608 - ours
    misplaced = dict(db.execute(query, [article]).fetchall())
    new = article is not None and not exists(db, article)
    db.execute(_MOVE, [article, json.dumps(list(misplaced))])
    for one in {*misplaced.values(), article} - {None}:
        if readings_of(db, one):
            derive_whole(db, one)
        else:
            forget(db, one)
    moved = sum(was not in (None, article) for was in misplaced.values())
    return Counter({"moved": moved, "articles new": int(new)})


_MOVE = """
UPDATE captures SET article_id = ?, version_id = NULL, (outcome, problem) =
  (SELECT outcome, problem FROM matching WHERE capture = id)
WHERE id IN (SELECT value FROM json_each(?))
"""
