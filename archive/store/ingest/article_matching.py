"""Match pages without an article number to articles, by title and date."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from sqlite_utils import Database

from archive.model import Article
from archive.reading.title_match import titles_fit

# A provisional id times the versions per article fits the 53 bits of JavaScript's exact integers.
PROVISIONAL_BITS = 39


def find_article(db: Database, article: Article) -> int:
    """Return the id for an article without a number.

    If exactly one article has its title and date, that is its id; else it is a provisional, negative id,
    hashed from both and so the same in every archive.
    """
    candidates = _same_title(db, article, "a.id IS NOT NULL")
    return candidates[0] if len(candidates) == 1 else _free_id(db, article)


def any_provisional(db: Database) -> bool:
    """Return whether any article has a provisional id."""
    return db.execute("SELECT 1 FROM articles WHERE id < 0 LIMIT 1").fetchone() is not None


def find_provisional(db: Database, article: Article) -> Sequence[int]:
    """Return the provisional ids of ``article``, whose number is now known."""
    if not any_provisional(db):
        return []
    return _same_title(db, article, "a.id < 0")


def _same_title(db: Database, article: Article, which: str) -> list[int]:
    if article.published is None:
        return []
    rows = db.execute(
        f"SELECT DISTINCT a.id, v.title FROM articles a JOIN versions v ON v.article_id = a.id"  # noqa: S608 - ours
        f" WHERE a.published = ? AND {which} ORDER BY a.id",
        [article.published.isoformat()],
    )
    return list(dict.fromkeys(number for number, title in rows if titles_fit(title, article.title)))


def _free_id(db: Database, article: Article) -> int:
    """Return the provisional id of an article, or the next lower id that no other title has."""
    number = provisional_id(article.title, article.published)
    query = "SELECT title, published FROM articles WHERE id = ?"
    published = article.published and article.published.isoformat()
    while (row := db.execute(query, [number]).fetchone()) and tuple(row) != (article.title, published):
        number -= 1
    return number


def provisional_id(title: str, published: date | None) -> int:
    """Return the id that title and date hash to, whether or not another article has it."""
    name = f"{published}\n{title}".encode()
    return -1 - int.from_bytes(sha256(name).digest()[:8]) % (1 << PROVISIONAL_BITS)
