"""Whether there is nothing to fetch, found out with Python's own SQLite alone: what cron does most of all.

Whoever is in doubt says no; then all is loaded, and finds out again.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

# An archive of this release, whose root is known; nothing due; no article that may want words.
IDLE = """
SELECT (SELECT application_id = 0x74617A61 FROM pragma_application_id)
  AND EXISTS (SELECT 1 FROM pages WHERE kind = 'root' AND heat >= 0)
  AND NOT EXISTS (SELECT 1 FROM versions INDEXED BY versions_lossy WHERE cuts > 0 OR folded = 1)
  AND NOT EXISTS
    (SELECT 1 FROM json_each('[0, 1, 2, 3, 4, 5, 9]') JOIN pages ON priority = value WHERE due <= ?)
"""


def nothing_due(path: Path) -> bool:
    """Whether a crawl of an archive would end at once. False for what is no archive, or none of today's."""
    if not path.is_file():
        return False
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (idle,) = connection.execute(IDLE, [now]).fetchone()
    except sqlite3.Error:
        return False
    return bool(idle)
