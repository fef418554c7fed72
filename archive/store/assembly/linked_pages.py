"""Pages that parts link to: those that no part has captures of, and those that were discovered earlier."""

from collections.abc import Iterable

from sqlite_utils import Database

from archive.policy.revisit import ChangeRates
from archive.store.assembly.page_schedule import schedule_of
from archive.store.bulk.part_rows import PartPage
from archive.store.frontier.known_pages import INITIAL_PRIORITIES

_INITIAL_PRIORITY = " ".join(
    f"WHEN '{kind.value}' THEN {priority:d}" for kind, priority in INITIAL_PRIORITIES.items()
)


def note_linked(db: Database, linked: Iterable[tuple[str, int, str]]) -> None:
    """Note pages of other parts, each with its kind, its number and when it was discovered."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS linked (kind, number, discovered_at)")
    db.conn.executemany("INSERT INTO temp.linked VALUES (?, ?, ?)", linked)


def write_linked(db: Database, rates: ChangeRates) -> None:
    """Add the pages that were noted, and lower the times at which known ones were discovered."""
    for statement in _EARLIEST:
        db.execute(statement)
    earlier = db.execute(_EARLIER_CHECKED).fetchall()
    db.execute(_ADD_OR_LOWER)
    pages = [(id_, PartPage(*row)) for id_, *row in earlier]
    db.conn.executemany(
        "UPDATE pages SET (priority, due_at) = (?, ?) WHERE id = ?",
        [(*schedule_of(page, rates), id_) for id_, page in pages],
    )
    db.execute("DROP TABLE temp.earliest")


_EARLIEST = (
    "CREATE TEMP TABLE IF NOT EXISTS linked (kind, number, discovered_at)",
    """
    CREATE TEMP TABLE earliest AS SELECT kind, number, min(discovered_at) AS discovered_at
    FROM temp.linked GROUP BY kind, number
    """,
    "DROP TABLE temp.linked",
)
# The schedule of an article that was read does not depend on when its page was discovered.
_EARLIER_CHECKED = """
SELECT p.id, kind, number, e.discovered_at, p.checked_at, p.changed_at, p.check_count, p.change_count,
  p.failure_count, p.change_score, NULL, NULL
FROM temp.earliest e CROSS JOIN pages p USING (kind, number)
WHERE p.checked_at IS NOT NULL AND e.discovered_at < p.discovered_at
  AND NOT (kind = 'article' AND EXISTS (SELECT 1 FROM articles a WHERE a.id = number))
"""
_ADD_OR_LOWER = f"""
INSERT INTO pages (kind, number, priority, due_at, discovered_at)
SELECT kind, number, CASE kind {_INITIAL_PRIORITY} END, discovered_at, discovered_at
FROM temp.earliest ORDER BY kind, number
ON CONFLICT (kind, number) DO UPDATE SET discovered_at = excluded.discovered_at,
  due_at = iif(checked_at IS NULL, excluded.due_at, due_at)
WHERE excluded.discovered_at < discovered_at
"""  # noqa: S608 - ours
