"""Which article a page without a number is of, told from all that is known at once and so in no order.

When such a page is recorded, it is matched with what is there then. After a merge that would depend on what
was merged into what. So all of them are filed anew, by their titles and dates: with the one article that its
own captures name so; else, if there is none or more than one, under a provisional number, together with
the others of that name. Nothing is written of those that are filed so already.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from itertools import islice
from typing import Any

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Article, Capture
from archive.paper import TITLE_MARK
from archive.reading.history import derive_versions
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.renditions.text import is_truncated
from archive.store.db.transactions import attempt, transaction
from archive.store.ingest.article_matching import provisional_id, titles_fit
from archive.store.ingest.deriving import derive_whole, exists, forget, readings_of
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp

_ARTICLES_PER_TRANSACTION = 20  # articles in one transaction
CAPTURES_PER_QUERY = 500  # captures read in one go

TEMPORARY_TABLES = {
    "filing": "(capture INTEGER PRIMARY KEY, title, published, outcome, problem, was, article)",
    "named": "(article, title, published)",
}
Advance = Callable[[int], object]


def count(db: Database) -> int:
    """How many pages there are to be filed."""
    return int(db.execute(f"SELECT count(*) FROM ({UNNUMBERED})", {"last": 0, "most": -1}).fetchone()[0])  # noqa: S608


def match_unnumbered(db: Database, advance: Advance) -> Counter[str]:
    """File all pages without a number; how many ``moved``."""
    if not count(db):
        return Counter()
    with _tables(db):
        _read_all(db, advance)
        db.execute("CREATE INDEX temp.filing_published ON filing (published, title)")
        _name_all(db)
        db.execute("CREATE INDEX temp.named_published ON named (published)")
        _choose_all(db)
        db.execute("CREATE INDEX temp.filing_article ON filing (article)")
        return _move_all(db)


@contextmanager
def _tables(db: Database) -> Iterator[None]:
    """Tables of this connection's own, in a file if they are large."""
    _drop(db)
    for name, columns in TEMPORARY_TABLES.items():
        db.execute(f"CREATE TEMP TABLE {name} {columns}")
    try:
        yield
    finally:
        _drop(db)


def _drop(db: Database) -> None:
    for table in TEMPORARY_TABLES:
        db.execute(f"DROP TABLE IF EXISTS temp.{table}")


# -- What they say ----------------------------------------------------------------------------------------

UNNUMBERED = """
SELECT id, article_id, source, url, captured_at, payload_id, rendition FROM captures
WHERE page_id IS NULL AND payload_id IN (SELECT id FROM payloads) AND outcome IN ('ok',
  'unreadable', 'absent')
  AND id > :last ORDER BY id LIMIT :most
"""


def _read_all(db: Database, advance: Advance) -> None:
    last = 0
    while rows := db.execute(UNNUMBERED, {"last": last, "most": CAPTURES_PER_QUERY}).fetchall():
        last = rows[-1][0]
        with transaction(db):
            db.conn.executemany("INSERT INTO filing VALUES (?, ?, ?, ?, ?, ?, NULL)", _said(db, rows))
        advance(len(rows))


def _said(db: Database, rows: Iterable[tuple[Any, ...]]) -> Iterator[list[object]]:
    """What each says. Of damaged ones nobody knows: they stay where they are."""
    for id_, article, *stored in rows:
        with suppress(DamagedArchive):
            found = _read(db, *stored)
            said = found.page if isinstance(found.page, Article) else None
            published = said and said.published and said.published.isoformat()
            yield [id_, said and said.title, published, found.outcome.value, found.problem, article]


def _read(db: Database, source: str, url: str, at: str, payload: int, rendition: str | None) -> ParsedCapture:
    body = payloads.load(db, payload)
    return read_capture(
        Capture(source=source, url=url, captured_at=parse_stamp(at), body=body, rendition=rendition)
    )


def stray(db: Database) -> Iterator[int]:
    """Captures that are of some article, and of none so far: a merge was stopped before it filed them."""
    for id_, *stored in db.execute(CAPTURES_WITHOUT_ARTICLE):
        with suppress(DamagedArchive):
            if isinstance(_read(db, *stored).page, Article):
                yield id_


CAPTURES_WITHOUT_ARTICLE = """
SELECT id, source, url, captured_at, payload_id, rendition FROM captures
WHERE page_id IS NULL AND article_id IS NULL AND payload_id IN (SELECT id FROM payloads)
  AND outcome = 'ok' ORDER BY id
"""


# -- What articles are named, by their own captures alone ----------------------------------------------------


def _name_all(db: Database) -> None:
    """The names of all articles that a page may be of. Where one was filed, what it brought is left out."""
    dates = {published for (published,) in db.execute("SELECT DISTINCT published FROM filing")}
    with transaction(db):
        db.execute(_NAME)
        for (article,) in db.execute("SELECT DISTINCT was FROM filing WHERE was > 0").fetchall():
            names = [(article, *name) for name in _names(db, article) if name[1] in dates]
            db.conn.executemany("INSERT INTO named VALUES (?, ?, ?)", names)


_NAME = """
INSERT INTO named SELECT DISTINCT article_id, title, published FROM versions WHERE article_id > 0
  AND published IN (SELECT published FROM filing) AND article_id NOT IN
    (SELECT was FROM filing WHERE was IS NOT NULL)
"""


def _names(db: Database, article: int) -> set[tuple[str, str]]:
    try:
        return _own_names(db, article)
    except DamagedArchive:  # nobody can tell what it brought: all of its names are its own
        query = "SELECT title, published FROM versions WHERE article_id = ? AND published IS NOT NULL"
        return set(db.execute(query, [article]))


def _own_names(db: Database, article: int) -> set[tuple[str, str]]:
    """The titles and dates it would have had without the pages that were filed with it."""
    query = "SELECT id FROM captures WHERE article_id = ? AND page_id IS NOT NULL"
    keyed = {capture for (capture,) in db.execute(query, [article])}
    own = derive_versions([one for one in readings_of(db, article) if one.capture_id in keyed])
    dated = [version.article for version in own if version.article.published]
    return {(said.title, said.published.isoformat()) for said in dated if said.published}


# -- Where they belong ------------------------------------------------------------------------------------


def _choose_all(db: Database) -> None:
    """One day's pages after the other; only pages of one day can be of one article."""
    taken: set[int] = set()
    dates = db.execute("SELECT DISTINCT published FROM filing WHERE title IS NOT NULL ORDER BY 1").fetchall()
    with transaction(db):
        for (published,) in dates:
            query = "SELECT DISTINCT title FROM filing WHERE published IS ? AND title IS NOT NULL"
            titles = [title for (title,) in db.execute(query, [published])]
            chosen = _choose(titles, _named(db, published), published, taken)
            db.conn.executemany(
                "UPDATE filing SET article = ? WHERE published IS ? AND title = ?",
                [(article, published, title) for title, article in chosen.items()],
            )


def _named(db: Database, published: str | None) -> list[tuple[int, str]]:
    return db.execute("SELECT article, title FROM named WHERE published = ?", [published]).fetchall()


def _choose(
    titles: Sequence[str], named: Sequence[tuple[int, str]], published: str | None, taken: set[int]
) -> dict[str, int]:
    """The article of each title. Whole titles first, so that what was cut finds them."""
    chosen: dict[str, int] = {}
    filed: dict[str, int] = {}
    for title in sorted(titles, key=lambda title: (is_truncated(TITLE_MARK + title), -len(title), title)):
        articles = {article for article, name in named if titles_fit(name, title)}
        groups = {number for name, number in filed.items() if published and titles_fit(name, title)}
        if len(articles) == 1:
            chosen[title] = articles.pop()
        elif len(groups) == 1:
            chosen[title] = groups.pop()
        else:
            chosen[title] = filed[title] = _free(title, published, taken)
    return chosen


def _free(title: str, published: str | None, taken: set[int]) -> int:
    number = provisional_id(title, date.fromisoformat(published) if published else None)
    while number in taken:
        number -= 1
    taken.add(number)
    return number


# -- Bringing them there ----------------------------------------------------------------------------------


def _move_all(db: Database) -> Counter[str]:
    """In steps that leave the archive as it should be, each: nothing has to be done again."""
    moved: Counter[str] = Counter()
    goals = iter(db.execute(GOALS).fetchall())
    while step := list(islice(goals, _ARTICLES_PER_TRANSACTION)):
        with transaction(db):
            for (article,) in step:
                with suppress(DamagedArchive), attempt(db):  # what is damaged is left as it is
                    moved += _move(db, article)
    return moved


ASTRAY = (
    "EXISTS (SELECT 1 FROM captures c WHERE c.id = capture AND (c.article_id IS NOT filing.article"
    " OR (c.outcome, c.problem) IS NOT (filing.outcome, filing.problem)))"
)


GOALS = f"SELECT DISTINCT article FROM filing WHERE {ASTRAY} ORDER BY article"  # noqa: S608 - ours


def _move(db: Database, article: int | None) -> Counter[str]:
    """Bring to an article, or to none, all that belongs there; derive it, and whatever it was taken from."""
    query = f"SELECT capture, was FROM filing WHERE article IS ? AND {ASTRAY}"  # noqa: S608 - ours
    astray = dict(db.execute(query, [article]).fetchall())
    new = article is not None and not exists(db, article)
    db.execute(MOVE, [article, json.dumps(list(astray))])
    for one in {*astray.values(), article} - {None}:
        if readings_of(db, one):
            derive_whole(db, one, 0)
        else:
            forget(db, one)
    moved = sum(was not in (None, article) for was in astray.values())
    return Counter({"moved": moved, "articles new": int(new)})


MOVE = """
UPDATE captures SET article_id = ?, version_id = NULL, (outcome, problem) =
  (SELECT outcome, problem FROM filing WHERE capture = id)
WHERE id IN (SELECT value FROM json_each(?))
"""
