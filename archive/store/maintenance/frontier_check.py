"""Check relations between captures, pages and links that foreign keys do not cover."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlite_utils import Database

from archive.store.db.row_rules import CAPTURE_FAULT, IMPLAUSIBLE_VALUE, PAGE_FAULT
from archive.store.db.transactions import snapshot
from archive.store.ingest import unnumbered
from archive.timestamps import stamp

# The message for a row that breaks a rule, and the query for such rows.
CLAIMS = {
    "page {0} {1}": f"SELECT id, {PAGE_FAULT} FROM pages WHERE {PAGE_FAULT} IS NOT NULL",  # noqa: S608 - ours
    "capture {0} {1}": f"SELECT id, {CAPTURE_FAULT} FROM captures WHERE {CAPTURE_FAULT} IS NOT NULL",  # noqa: S608 - ours
    "page {0} cannot have {1}": (
        f"SELECT id, {IMPLAUSIBLE_VALUE} FROM pages WHERE {PAGE_FAULT} IS NULL"  # noqa: S608 - ours
        f" AND {IMPLAUSIBLE_VALUE} IS NOT NULL"
    ),
    "capture {0} is of !{1}, and filed under another article": (
        "SELECT c.id, p.number FROM captures c JOIN pages p ON p.id = c.page_id"
        " WHERE p.kind = 'article' AND c.article_id <> p.number"
    ),
    "capture {0} is of !{1}, which could be read, and belongs to no article": (
        "SELECT c.id, p.number FROM captures c JOIN pages p ON p.id = c.page_id"
        " WHERE p.kind = 'article' AND c.article_id IS NULL"
        " AND (c.outcome = 'ok' OR p.number IN (SELECT id FROM articles))"
        " AND p.number NOT IN (SELECT id FROM pending WHERE subject = 'article')"
    ),
    "capture {0} is of no article, and said to be of article {1}": (
        "SELECT c.id, c.article_id FROM captures c JOIN pages p ON p.id = c.page_id"
        " WHERE p.kind <> 'article' AND c.article_id IS NOT NULL"
    ),
    "version {0} links to !{1}, but its article_id does not match": (
        "SELECT version_id, article_number FROM links"
        " WHERE article_id IS NOT (SELECT id FROM articles a WHERE a.id = article_number)"
    ),
    "article {0} is related to !{1}, but its related_id does not match": (
        "SELECT article_id, related_number FROM related_articles"
        " WHERE related_id IS NOT (SELECT id FROM articles a WHERE a.id = related_number)"
    ),
    "section {0} lists !{1}, but its article_id does not match": (
        "SELECT DISTINCT section_id, article_number FROM placements"
        " WHERE article_id IS NOT (SELECT id FROM articles a WHERE a.id = article_number)"
    ),
}


def frontier_faults(db: Database) -> Iterator[str]:
    """Yield one line per fault."""
    with snapshot(db):
        db.execute("SELECT count(*) FROM crawls").fetchone()  # begins the snapshot
        values = {"now": stamp(datetime.now(UTC))}
        for line, query in CLAIMS.items():
            yield from (line.format(*row) for row in db.execute(query, values))
    is_pending = "SELECT 1 FROM pending WHERE subject = 'unnumbered'"
    for capture in () if db.execute(is_pending).fetchone() else unnumbered.find_unmatched(db):
        yield f"capture {capture} came without a number, was read, and is filed nowhere"
