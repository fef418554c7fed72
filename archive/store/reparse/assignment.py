"""Which captures belong to an article when they are parsed again, and the rows that follow from them."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date

from sqlite_utils import Database

from archive.model import Article, PageKey
from archive.reading.history import Reading
from archive.reading.title_match import titles_fit
from archive.store.frontier import known_pages
from archive.store.ingest import article_matching
from archive.store.ingest.capture_batch import claim_captures
from archive.store.ingest.derived_rows import DerivedRows, whole_history
from archive.store.ingest.deriving import adopt, derive_whole, exists, forget
from archive.store.reparse.stored import Reads, Stored, Subject
from archive.timestamps import parse_stamp

Name = tuple[str, date | None]  # title and date, which identify a page without a number


def assign(
    db: Database, subject: Subject, key: PageKey | None, stored: Sequence[Stored], reads: Reads
) -> tuple[DerivedRows | None, Counter[str], list[Reading]]:
    """Return the rows of an article that follow from its readings, counts, and readings of other articles."""
    article = subject.article
    readings = [
        Reading(
            captured_at=parse_stamp(capture.captured_at),
            capture_id=capture.id,
            article=page,
            form=capture.form,
        )
        for capture in stored
        if isinstance(page := reads[capture.id].page, Article)
    ]
    keyed = {capture.id for capture in stored if capture.page is not None}
    known = _names(db, article)
    fitting = known | {_name(one.article) for one in readings if one.capture_id in keyed}
    own = [one for one in readings if one.capture_id in keyed or _fits(one.article, fitting)]
    kept = {one.capture_id for one in own}
    others = [one for one in readings if one.capture_id not in kept]
    if article is None:
        return None, Counter(), others
    rows, counts = _rows(db, article, key, own)
    adopted = _adopt(db, article, [one for one in own if _name(one.article) not in known])
    return None if adopted else rows, counts + Counter({"moved": adopted}), others


def _name(article: Article) -> Name:
    return article.title, article.published


def _names(db: Database, article: int | None) -> set[Name]:
    """Return the titles and dates of all versions of an article."""
    rows = db.execute("SELECT DISTINCT title, published FROM versions WHERE article_id = ?", [article])
    return {(title, published and date.fromisoformat(published)) for title, published in rows}


def _fits(article: Article, names: Collection[Name]) -> bool:
    """Return whether a page without a number can belong to an article with one of these titles and dates."""
    return _name(article) in names or any(
        published == article.published and titles_fit(title, article.title) for title, published in names
    )


def _rows(
    db: Database, article: int, key: PageKey | None, readings: Sequence[Reading]
) -> tuple[DerivedRows | None, Counter[str]]:
    """Return the rows of an article from its readings; delete it without any."""
    was = exists(db, article)
    _let_go(db, article, [one.capture_id for one in readings])
    if not readings:
        forget(db, article)
        return None, Counter({"articles lost": int(was)})
    if key:
        page = known_pages.page_id(db, key)
        claim_captures(db, [(article, page)])
    return whole_history(article, readings), Counter({"articles new": int(not was)})


def _let_go(db: Database, article: int, kept: Sequence[int]) -> None:
    """Detach captures without a number that do not contain this article any more."""
    db.execute(
        "UPDATE captures SET article_id = NULL, version_id = NULL WHERE article_id = ? AND page_id IS NULL"
        " AND id NOT IN (SELECT value FROM json_each(?))",
        [article, json.dumps(kept)],
    )


def _adopt(db: Database, article: int, readings: Sequence[Reading]) -> int:
    """Move captures from provisional ids to the article with these titles and dates. Return how many ids."""
    adopted = sum(
        adopt(db, article, said) for said in {_name(one.article): one.article for one in readings}.values()
    )
    if adopted:
        derive_whole(db, article)
    return adopted


def match(db: Database, before: int | None, reading: Reading) -> Counter[str]:
    """Match a page without a number to an article, as when it is imported."""
    article = article_matching.find_article(db, reading.article)
    was = exists(db, article)
    db.execute("UPDATE captures SET article_id = ? WHERE id = ?", [article, reading.capture_id])
    derive_whole(db, article)
    return Counter({"articles new": int(not was), "moved": int(before not in (None, article))})
